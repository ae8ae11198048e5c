"""Eligibility: paint first, filter after. Timelines are painted from drafts, without a database."""

import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from policies.change import Change, Erase, Publish, Restrict, Withdraw
from policies.errors import ChangeRefused, UnknownPolicy, UnknownRevision
from policies.instant import parse_instant
from policies.proposal import propose
from policies.revision import Draft, VersionId
from policies.timeline import Timeline
from retriever.asking.eligible import Nothing, Scope, explain_nothing, may_read, resolve

US = {"region": ("CA", "US")}
US_WEB = {"region": ("US",), "channel": ("web",)}
FIRST, SECOND = VersionId("P-7", 1), VersionId("P-7", 2)


def recorded(timeline: Timeline, at: str, *changes: Change) -> Timeline:
    """The timeline after a commit at an instant."""
    return propose(timeline, changes, {}, {}, parse_instant(at)).after


def put(
    effective: str,
    until: str | None = None,
    policy: str = "P-7",
    applies_to: Mapping[str, tuple[str, ...]] | None = None,
    audience: tuple[str, ...] = ("public",),
) -> Publish:
    return Publish(
        Draft(
            policy_id=policy,
            title=policy,
            text=f"{policy} from {effective}",
            where=policy,
            valid_from=parse_instant(effective),
            valid_to=None if until is None else parse_instant(until),
            applies_to=applies_to or {},
            audience=audience,
        )
    )


def scope(as_of: str, known_at: str = "2025-12-31", **fields: Any) -> Scope:
    given = {"policies": None, "facts": {}, "audience": ("public",), "strict": False, **fields}
    return Scope(parse_instant(as_of), parse_instant(known_at), **given)


def versions(timeline: Timeline, asked: Scope) -> list[str]:
    return [str(version) for version in resolve(timeline, asked).versions]


@pytest.fixture
def two() -> Timeline:
    """P-7@1 from 2024-01-01 and P-7@2 from 2025-03-01, both recorded on 2025-01-01."""
    return recorded(Timeline(), "2025-01-01", put("2024-01-01"), put("2025-03-01"))


def test_revision_in_force_at_the_instant_is_eligible_from_its_start_until_the_next(two: Timeline) -> None:
    assert versions(two, scope("2023-12-31T23:59:59.999999Z")) == []
    assert versions(two, scope("2024-01-01")) == ["P-7@1"]
    assert versions(two, scope("2025-02-28T23:59:59.999999Z")) == ["P-7@1"]
    assert versions(two, scope("2025-03-01")) == ["P-7@2"]


def test_nothing_is_eligible_before_it_was_recorded(two: Timeline) -> None:
    assert versions(two, scope("2024-06-01", known_at="2024-12-31")) == []
    assert versions(two, scope("2024-06-01", known_at="2025-01-01")) == ["P-7@1"]


def test_revisions_are_in_the_order_of_their_version_ids_and_not_of_their_publication() -> None:
    timeline = recorded(
        Timeline(), "2025-01-01", put("2024-01-01", policy="P-9"), put("2024-01-01"), put("2024-01-01", policy="A-1")
    )
    assert versions(timeline, scope("2025-01-01")) == ["A-1@1", "P-7@1", "P-9@1"]


def test_each_version_comes_with_the_tx_that_published_it() -> None:
    timeline = recorded(
        Timeline(), "2025-01-01", put("2024-01-01", policy="P-9"), put("2024-01-01"), put("2024-01-01", policy="A-1")
    )
    assert resolve(timeline, scope("2025-01-01")).txs.tolist() == [3, 2, 1]
    assert resolve(timeline, scope("2025-01-01", policies=("P-9", "P-7"))).txs.tolist() == [2, 1]
    assert resolve(timeline, scope("2023-01-01")).txs.tolist() == []


def test_scope_of_policies_leaves_the_others_out() -> None:
    timeline = recorded(Timeline(), "2025-01-01", put("2024-01-01"), put("2024-01-01", policy="P-9"))
    assert versions(timeline, scope("2025-01-01", policies=("P-9", "P-404"))) == ["P-9@1"]


class TestAudience:
    """Who may read."""

    def test_one_shared_label_is_enough(self) -> None:
        timeline = recorded(Timeline(), "2025-01-01", put("2024-01-01", audience=("legal", "staff")))
        assert may_read(timeline, FIRST, ("public", "staff"))
        assert not may_read(timeline, FIRST, ("public",))
        assert not may_read(timeline, FIRST, ())

    def test_unreadable_revision_in_force_yields_nothing_and_the_one_it_covers_is_not_in_force(self) -> None:
        timeline = recorded(Timeline(), "2025-01-01", put("2024-01-01"), put("2025-03-01", audience=("legal",)))
        assert versions(timeline, scope("2025-02-01")) == ["P-7@1"]
        assert versions(timeline, scope("2025-04-01")) == []
        assert versions(timeline, scope("2025-04-01", audience=("legal", "public"))) == ["P-7@2"]

    def test_restriction_counts_for_every_earlier_known_at_too(self, two: Timeline) -> None:
        after = recorded(two, "2025-06-01", Restrict(FIRST, ("legal",)))
        for known_at in ("2025-01-01", "2025-06-01"):
            assert versions(after, scope("2024-06-01", known_at)) == []
            assert versions(after, scope("2024-06-01", known_at, audience=("legal",))) == ["P-7@1"]

    def test_restriction_lifted_counts_for_every_earlier_known_at_too(self, two: Timeline) -> None:
        hidden = recorded(two, "2025-06-01", Restrict(FIRST, ("legal",)))
        after = recorded(hidden, "2025-07-01", Restrict(FIRST, ("public",)))
        assert versions(after, scope("2024-06-01", "2025-06-15")) == ["P-7@1"]


class TestFacts:
    """What applies."""

    @pytest.mark.parametrize(
        ("applies_to", "facts", "strict", "expected"),
        [
            ({}, {}, True, "applies"),
            ({}, {"region": "NO"}, True, "applies"),
            (US, {"region": "US"}, True, "applies"),
            (US, {"region": "NO"}, False, "out"),
            (US, {"region": "us"}, False, "out"),
            (US, {}, False, "unconfirmed"),
            (US, {"channel": "web"}, False, "unconfirmed"),
            (US, {}, True, "out"),
            (US_WEB, {"region": "US", "channel": "web"}, True, "applies"),
            (US_WEB, {"region": "US"}, False, "unconfirmed"),
            (US_WEB, {"region": "US"}, True, "out"),
            (US_WEB, {"channel": "shop"}, False, "out"),
            (US_WEB, {"region": "US", "channel": "shop"}, False, "out"),
        ],
    )
    def test_facet_with_a_contradicting_fact_excludes_and_one_with_a_missing_fact_is_unconfirmed(
        self, applies_to: Mapping[str, tuple[str, ...]], facts: Mapping[str, str], strict: bool, expected: str
    ) -> None:
        timeline = recorded(Timeline(), "2025-01-01", put("2024-01-01", applies_to=applies_to))
        found = resolve(timeline, scope("2025-01-01", facts=facts, strict=strict))
        wanted = {
            "applies": ((FIRST,), frozenset()),
            "unconfirmed": ((FIRST,), frozenset({FIRST})),
            "out": ((), frozenset()),
        }
        assert (found.versions, found.unconfirmed) == wanted[expected]

    def test_revision_in_force_that_does_not_apply_does_not_let_the_one_it_covers_through(self) -> None:
        timeline = recorded(Timeline(), "2025-01-01", put("2024-01-01"), put("2025-03-01", applies_to=US))
        assert versions(timeline, scope("2025-04-01", facts={"region": "NO"})) == []


class TestNothing:
    """Why there is no evidence, and when the next rule starts."""

    def test_unknown_policy(self, two: Timeline) -> None:
        found = explain_nothing(two, scope("2025-01-01", policies=("P-404",)))
        assert found == Nothing("unknown_policy", "There is no policy P-404", None)

    def test_no_policy_at_all(self) -> None:
        assert explain_nothing(Timeline(), scope("2025-01-01")).reason == "no_policy_in_force"

    def test_policy_that_the_audience_may_not_read_is_unknown_and_has_no_date(self) -> None:
        timeline = recorded(
            Timeline(), "2025-01-01", put("2026-01-01", audience=("legal",)), put("2026-01-01", policy="P-404")
        )
        hidden = explain_nothing(timeline, scope("2025-02-01", policies=("P-7",)))
        assert hidden == Nothing("unknown_policy", "There is no policy P-7", None)
        legal = explain_nothing(timeline, scope("2025-02-01", policies=("P-7",), audience=("legal",)))
        assert (legal.reason, legal.next_valid_from) == ("no_policy_in_force", parse_instant("2026-01-01"))

    def test_policy_not_yet_recorded_is_unknown(self, two: Timeline) -> None:
        asked = scope("2025-01-01", known_at="2024-12-31", policies=("P-7",))
        assert explain_nothing(two, asked) == Nothing("unknown_policy", "There is no policy P-7", None)

    def test_before_the_first_revision_the_next_start_is_its(self, two: Timeline) -> None:
        found = explain_nothing(two, scope("2023-06-01", policies=("P-7",)))
        assert (found.reason, found.next_valid_from) == ("no_policy_in_force", parse_instant("2024-01-01"))

    def test_after_a_withdrawal_the_next_start_is_that_of_the_revision_scheduled_later(self, two: Timeline) -> None:
        gone = recorded(
            two, "2025-02-01", Withdraw("P-7", parse_instant("2024-06-01"), parse_instant("2024-07-01"), None, None)
        )
        found = explain_nothing(gone, scope("2024-06-15", policies=("P-7",)))
        assert (found.reason, found.next_valid_from) == ("withdrawn", parse_instant("2024-07-01"))

    def test_withdrawn_for_good_has_no_next_start(self, two: Timeline) -> None:
        gone = recorded(two, "2025-02-01", Withdraw("P-7", parse_instant("2025-06-01")))
        found = explain_nothing(gone, scope("2025-07-01"))
        assert (found.reason, found.next_valid_from) == ("withdrawn", None)

    def test_not_applicable_names_the_next_revision_that_would_apply(self) -> None:
        timeline = recorded(
            Timeline(),
            "2025-01-01",
            put("2024-01-01", applies_to={"region": ("US",)}),
            put("2025-03-01", applies_to={"region": ("SE",)}),
            put("2025-06-01", applies_to={"region": ("NO",)}),
        )
        found = explain_nothing(timeline, scope("2024-02-01", facts={"region": "NO"}))
        assert (found.reason, found.next_valid_from) == ("not_applicable", parse_instant("2025-06-01"))

    def test_missing_fact_excludes_only_where_asked_strictly(self) -> None:
        timeline = recorded(Timeline(), "2025-01-01", put("2024-01-01", applies_to={"region": ("US",)}))
        assert explain_nothing(timeline, scope("2025-01-01", strict=True)).reason == "not_applicable"

    def test_next_start_of_a_revision_that_may_not_be_read_is_not_told(self, two: Timeline) -> None:
        timeline = recorded(two, "2025-02-01", Restrict(FIRST, ("legal",)), Restrict(SECOND, ("staff",)))
        found = explain_nothing(timeline, scope("2023-01-01", audience=("staff",)))
        assert found.next_valid_from == parse_instant("2025-03-01")

    def test_erased(self, two: Timeline) -> None:
        gone = recorded(two, "2025-02-01", Erase(FIRST, "court order"))
        asked = scope("2024-06-01", known_at="2025-01-15", policies=("P-7",))
        assert versions(gone, asked) == []
        found = explain_nothing(gone, asked)
        assert (found.reason, found.next_valid_from) == ("erased", parse_instant("2025-03-01"))

    def test_unreadable_revision_in_force_is_not_told_apart_from_none(self) -> None:
        timeline = recorded(Timeline(), "2025-01-01", put("2024-01-01"), put("2025-03-01", audience=("legal",)))
        found = explain_nothing(timeline, scope("2025-04-01", policies=("P-7",)))
        assert found == Nothing("no_policy_in_force", "Nothing of P-7 is in force at that instant", None)

    def test_facts_that_exclude_are_told_before_a_withdrawal_elsewhere(self, two: Timeline) -> None:
        timeline = recorded(two, "2025-02-01", put("2024-01-01", policy="P-9", applies_to={"region": ("US",)}))
        gone = recorded(timeline, "2025-02-02", Withdraw("P-7", parse_instant("2024-01-01")))
        found = explain_nothing(gone, scope("2025-04-01", facts={"region": "NO"}))
        assert found.reason == "not_applicable"

    @pytest.mark.parametrize("seed", range(12))
    def test_all_policies_are_told_of_as_if_each_had_been_named(self, seed: int) -> None:
        chance = random.Random(seed)
        timeline = Timeline()
        for day in range(1, 29):
            with suppress(ChangeRefused, UnknownPolicy, UnknownRevision):
                timeline = recorded(timeline, f"2025-01-{day:02}", some_change(timeline, chance))
        told = set()
        for _ in range(60):
            asked = scope(
                f"2025-{chance.randrange(1, 13):02}-15",
                known_at=f"2025-01-{chance.choice((1, 5, 15, 30)):02}",
                facts=chance.choice(({}, {"region": "US"}, {"region": "NO"})),
                audience=chance.choice((("public",), ("legal",), ("nobody",))),
                strict=chance.random() < 0.5,
            )
            if versions(timeline, asked):
                continue
            found = explain_nothing(timeline, asked)
            named = explain_nothing(timeline, replace(asked, policies=tuple(timeline.policies)))
            expected = "no_policy_in_force" if named.reason == "unknown_policy" else named.reason
            assert (found.reason, found.next_valid_from) == (expected, named.next_valid_from)
            told.add(found.reason)
        assert len(told) > 1


def some_change(timeline: Timeline, chance: random.Random) -> Change:
    """A change of one of three policies; it may be refused."""
    policy = f"P-{chance.randrange(3)}"
    start, end = sorted(chance.sample(range(1, 13), 2))
    until = f"2025-{end:02}-01" if chance.random() < 0.6 else None
    kind, version = chance.random(), VersionId(policy, chance.randrange(1, 4))
    if kind < 0.2:
        return Withdraw(policy, parse_instant(f"2025-{start:02}-01"), None if until is None else parse_instant(until))
    if kind < 0.3:
        return Restrict(version, (chance.choice(("public", "legal")),))
    if kind < 0.4:
        return Erase(version, "court order")
    applies_to = chance.choice(({}, {"region": ("US",)}, {"region": ("SE",)}))
    return put(f"2025-{start:02}-01", until, policy, applies_to, (chance.choice(("public", "legal")),))
