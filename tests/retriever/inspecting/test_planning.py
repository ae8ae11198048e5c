"""What publishing would change: the timelines, the passages, the warnings; and that planning changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import IndexMismatch
from policies.change import Erase, Publish, Restrict, Withdraw
from policies.errors import ChangeRefused, DraftError
from policies.instant import parse_instant
from policies.revision import VersionId
from policies.sources.draft import read_draft
from retriever.inspecting.planning import planned_timelines
from tests.fakes import FakeEncoder
from tests.retriever.homes import Home, draft

Cells = list[tuple[int | str | None, str, str | None]]

TODAY = "2025-06-15"


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def home(tmp_path: Path, encoder: FakeEncoder) -> Iterator[Home]:
    made = Home(tmp_path / "home", encoder)
    made.clock.set(TODAY)
    yield made
    made.close()


def publishing(
    body: str, effective: str, policy: str = "P-7", *, replace_scheduled: bool = False, **fields: str
) -> Publish:
    return Publish(draft(policy, body, effective, **fields), replace_scheduled)


def planned(home: Home, *changes: Publish) -> dict[str, Any]:
    return home.asof.plan(list(changes)).content()


def one(home: Home, *changes: Publish) -> dict[str, Any]:
    """The one policy of a plan."""
    [policy] = planned(home, *changes)["policies"]
    found: dict[str, Any] = policy
    return found


def warnings(home: Home, *changes: Publish) -> list[str]:
    found: list[str] = planned(home, *changes)["warnings"]
    return found


def cells(periods: list[dict[str, Any]]) -> Cells:
    """Each period as (revision, from, to), to the day."""
    ends = [period["valid_to"] and period["valid_to"][:10] for period in periods]
    return [
        (period.get("revision", "gap"), period["valid_from"][:10], end)
        for period, end in zip(periods, ends, strict=True)
    ]


def counts(home: Home, *changes: Publish) -> list[tuple[int, int, int, int, int, int]]:
    """(passages, reused, reworded, added, removed, to embed) of each revision planned."""
    names = ("passages", "reused", "reworded", "added", "removed", "to_embed")
    policies = planned(home, *changes)["policies"]
    return [tuple(found[name] for name in names) for policy in policies for found in policy["revisions"]]


# What planning leaves behind


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_plan_records_nothing(home: Home, encoder: FakeEncoder) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    head, index, encoded = home.asof.ledger.head(), files(home.path / "index"), list(encoder.encoded)
    planned(home, publishing("Thirty days.", "2025-03-01"), publishing("New.", "2025-03-01", "P-8"))
    assert home.asof.ledger.head() == head
    assert files(home.path / "index") == index
    assert encoder.encoded == encoded
    assert home.asof.ledger.titles().keys() == {VersionId("P-7", 1)}


def test_plan_into_a_home_that_is_not_there_makes_none(home: Home) -> None:
    policy = one(home, publishing("Seven days.", "2024-01-01"))
    assert (policy["before"], cells(policy["after"])) == ([], [(1, "2024-01-01", None)])
    assert policy["revisions"][0]["compared_with"] is None
    assert not home.path.exists()


def test_plan_is_refused_where_publishing_would_be(home: Home) -> None:
    home.publish("P-7", "Holiday.", "2025-12-01", until="2026-01-01")
    home.publish("P-7", "Ninety days.", "2026-01-01")
    with pytest.raises(ChangeRefused, match="would never be in force from 2025-12-01"):
        planned(home, publishing("Thirty days.", "2025-12-01"))
    late = Publish(replace(draft("P-8", "Late.", "2024-01-01", until="2024-06-01"), valid_from=None))
    with pytest.raises(DraftError, match="is not after its start"):
        planned(home, late)


def test_plan_over_an_index_that_another_model_built_is_refused_as_publishing_is(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    other = home.open()
    other.encoder = FakeEncoder("other", "0" * 64)
    with pytest.raises(IndexMismatch, match="Rebuild it with"):
        other.plan([publishing("Thirty days.", "2025-03-01")])


def test_file_that_is_already_published_is_unchanged(home: Home, tmp_path: Path) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    made = planned(home, publishing("Seven days.", "2024-01-01"))
    assert made == {"policies": [], "unchanged": ["P-7@1"], "warnings": [], "approval_required": []}


def test_plan_foretells_what_publishing_does(home: Home, tmp_path: Path) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    file = tmp_path / "p.md"
    file.write_text("---\npolicy: P-7\ntitle: Title of P-7\neffective: 2025-03-01\n---\nThirty days.\n")
    policy = one(home, Publish(read_draft(file)))
    assert home.write(Publish(read_draft(file))) == [policy["revisions"][0]["version"]]
    assert policy["revisions"][0]["where"] == str(file)
    top = home.asof.ledger.timeline().policies["P-7"].top
    assert [cell.revision for cell in top] == [period["revision"] for period in policy["after"]]
    assert [cell.valid.start for cell in top] == [parse_instant(period["valid_from"]) for period in policy["after"]]


# Timelines


def test_timeline_before_and_after_with_what_is_superseded(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    policy = one(home, publishing("Thirty days.", "2025-03-01"))
    assert cells(policy["before"]) == [(1, "2024-01-01", None)]
    assert cells(policy["after"]) == [(1, "2024-01-01", "2025-03-01"), (2, "2025-03-01", None)]
    assert cells(policy["superseded"]) == [(1, "2025-03-01", None)]
    assert (policy["gaps"], policy["overlays"]) == ([], [])
    assert policy["in_force_now"] == "P-7@2"
    assert warnings(home, publishing("Thirty days.", "2025-03-01")) == []


def test_scheduled_revision_stays_when_an_earlier_one_is_planned(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Ninety days.", "2026-01-01")
    policy = one(home, publishing("Thirty days.", "2025-07-01"))
    assert cells(policy["after"]) == [
        (1, "2024-01-01", "2025-07-01"),
        (3, "2025-07-01", "2026-01-01"),
        (2, "2026-01-01", None),
    ]
    assert cells(policy["superseded"]) == [(1, "2025-07-01", "2026-01-01")]
    assert policy["in_force_now"] == "P-7@1"
    assert warnings(home, publishing("Thirty days.", "2025-07-01")) == []


def test_overlay_is_listed_and_surprises_nobody(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    holiday = publishing("Until January.", "2025-12-01", until="2026-01-01")
    policy = one(home, holiday)
    assert cells(policy["after"]) == [
        (1, "2024-01-01", "2025-12-01"),
        (2, "2025-12-01", "2026-01-01"),
        (1, "2026-01-01", None),
    ]
    assert cells(policy["overlays"]) == [(2, "2025-12-01", "2026-01-01")]
    assert cells(policy["superseded"]) == [(1, "2025-12-01", "2026-01-01")]
    assert warnings(home, holiday) == []


def test_base_published_around_an_overlay_leaves_it_on_top_without_a_warning(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Until January.", "2025-12-01", until="2026-01-01")
    base = publishing("Thirty days.", "2025-07-01")
    assert cells(one(home, base)["after"]) == [
        (1, "2024-01-01", "2025-07-01"),
        (3, "2025-07-01", "2025-12-01"),
        (2, "2025-12-01", "2026-01-01"),
        (3, "2026-01-01", None),
    ]
    assert warnings(home, base) == []


def test_revisions_of_one_policy_in_one_plan_follow_each_other(home: Home) -> None:
    first, second = publishing("Seven days.", "2024-01-01"), publishing("Thirty days.", "2025-03-01")
    policy = one(home, first, second)
    assert (policy["before"], cells(policy["after"])) == (
        [],
        [(1, "2024-01-01", "2025-03-01"), (2, "2025-03-01", None)],
    )
    assert [found["compared_with"] for found in policy["revisions"]] == [None, "P-7@1"]
    assert policy["superseded"] == []


def test_withdrawn_periods_are_said_so(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.write(Withdraw("P-7", parse_instant("2025-06-01")))
    policy = one(home, publishing("Thirty days.", "2025-09-01"))
    assert cells(policy["after"]) == [
        (1, "2024-01-01", "2025-06-01"),
        (None, "2025-06-01", "2025-09-01"),
        (2, "2025-09-01", None),
    ]
    assert (policy["in_force_now"], policy["gaps"]) == (None, [])
    assert cells(policy["superseded"]) == [(None, "2025-09-01", None)]


# Warnings: hidden


def test_replacing_what_is_scheduled_is_warned_of(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Ninety days.", "2026-01-01")
    assert warnings(home, publishing("Thirty days.", "2025-07-01", replace_scheduled=True)) == [
        "P-7@2, from 2026-01-01, would never be in force any more"
    ]


def test_publishing_from_the_start_of_a_scheduled_revision_is_warned_of(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Ninety days.", "2026-01-01")
    assert warnings(home, publishing("Sixty days.", "2026-01-01")) == [
        "P-7@2, from 2026-01-01, would never be in force any more"
    ]
    assert warnings(home, publishing("Sixty days.", "2026-02-01")) == []


def test_overlay_over_the_start_of_a_scheduled_revision_is_warned_of(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Ninety days.", "2026-01-01")
    assert warnings(home, publishing("Holiday.", "2025-12-01", until="2026-02-01")) == [
        "P-7@2, from 2026-01-01, would be hidden from 2026-01-01 through 2026-01-31"
    ]
    assert warnings(home, publishing("Holiday.", "2025-12-01", until="2026-01-01")) == []
    assert warnings(home, publishing("Later.", "2026-03-01", until="2026-04-01")) == []


def test_correction_of_what_is_in_force_from_its_very_start_surprises_nobody(home: Home) -> None:
    home.publish("P-7", "Seven dayz.", "2024-01-01")
    home.publish("P-7", "Ninety days.", "2026-01-01")
    correction = publishing("Seven days.", "2024-01-01")
    assert warnings(home, correction) == []
    assert cells(one(home, correction)["superseded"]) == [(1, "2024-01-01", "2026-01-01")]


def test_backdated_replacement_of_later_revisions_is_warned_of_even_where_they_are_in_force(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Thirty days.", "2025-03-01")
    assert warnings(home, publishing("All along.", "2024-01-01", replace_scheduled=True)) == [
        "P-7@2, from 2025-03-01, would never be in force any more"
    ]


def test_replacing_a_scheduled_withdrawal_is_warned_of(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.write(Withdraw("P-7", parse_instant("2026-01-01")))
    assert warnings(home, publishing("Thirty days.", "2025-07-01")) == []
    assert warnings(home, publishing("Thirty days.", "2025-07-01", replace_scheduled=True)) == [
        "The withdrawal of P-7, from 2026-01-01, would never be in force any more"
    ]
    assert warnings(home, publishing("Holiday.", "2025-12-01", until="2026-02-01")) == [
        "The withdrawal of P-7, from 2026-01-01, would be hidden from 2026-01-01 through 2026-01-31"
    ]


def test_publishing_what_is_withdrawn_surprises_nobody(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.write(Withdraw("P-7", parse_instant("2025-06-01")))
    assert warnings(home, publishing("Back again.", "2025-07-01")) == []


def test_file_that_another_of_the_same_plan_covers_is_warned_of(home: Home) -> None:
    both = publishing("One.", "2026-01-01"), publishing("Two.", "2026-01-01")
    assert warnings(home, *both) == ["P-7@1, from 2026-01-01, would never be in force any more"]
    assert warnings(home, publishing("Late.", "2026-02-01"), publishing("Early.", "2026-01-01")) == []


# Warnings: cut short


def test_overlay_that_a_new_base_cuts_short_is_warned_of(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Until January.", "2025-12-01", until="2026-01-01")
    assert warnings(home, publishing("Thirty days.", "2025-12-10")) == [
        "P-7@2 would be cut short: no longer in force from 2025-12-10 through 2025-12-31"
    ]


def test_overlay_cut_in_its_middle_is_warned_of(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Until January.", "2025-12-01", until="2026-01-01")
    assert warnings(home, publishing("Two days off.", "2025-12-24", until="2025-12-26")) == [
        "P-7@2 would be cut short: no longer in force from 2025-12-24 through 2025-12-25"
    ]


def test_overlay_covered_whole_is_warned_of(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Until January.", "2025-12-01", until="2026-01-01")
    assert warnings(home, publishing("Longer.", "2025-11-01", until="2026-02-01")) == [
        "P-7@2, from 2025-12-01, would never be in force any more"
    ]


# Warnings: gaps


def test_bounded_base_that_is_followed_later_leaves_a_gap(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01", until="2025-07-01")
    later = publishing("Thirty days.", "2025-09-01")
    assert cells(one(home, later)["gaps"]) == [("gap", "2025-07-01", "2025-09-01")]
    assert warnings(home, later) == ["P-7: nothing is in force from 2025-07-01 through 2025-08-31"]
    assert warnings(home, publishing("Thirty days.", "2025-07-01")) == []


def test_bounded_rule_before_everything_else_leaves_a_gap(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    assert warnings(home, publishing("Early.", "2023-01-01", until="2023-06-01")) == [
        "P-7: nothing is in force from 2023-06-01 through 2023-12-31"
    ]


def test_gap_between_two_files_of_one_plan_is_warned_of(home: Home) -> None:
    first, second = publishing("One.", "2024-01-01", until="2024-06-01"), publishing("Two.", "2024-07-01")
    assert warnings(home, first, second) == ["P-7: nothing is in force from 2024-06-01 through 2024-06-30"]
    filling = publishing("Between.", "2024-06-01", until="2024-07-01")
    assert warnings(home, first, second, filling) == []


def test_gap_that_stays_as_it_was_is_listed_without_a_warning(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01", until="2025-01-01")
    home.publish("P-7", "Thirty days.", "2025-02-01")
    later = publishing("Ninety days.", "2026-01-01")
    assert cells(one(home, later)["gaps"]) == [("gap", "2025-01-01", "2025-02-01")]
    assert warnings(home, later) == []


def test_gap_that_is_filled_only_in_part_is_warned_of(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01", until="2025-01-01")
    home.publish("P-7", "Thirty days.", "2025-04-01")
    assert warnings(home, publishing("Between.", "2025-02-01", until="2025-03-01")) == [
        "P-7: nothing is in force from 2025-01-01 through 2025-01-31",
        "P-7: nothing is in force from 2025-03-01 through 2025-03-31",
    ]
    assert warnings(home, publishing("Between.", "2025-01-01")) == []


def test_policy_with_an_end_of_its_own_leaves_no_gap(home: Home) -> None:
    assert warnings(home, publishing("Summer sale.", "2025-07-01", until="2025-08-01")) == []


# Passages


def test_passages_are_counted_against_the_revision_taken_over_from(home: Home) -> None:
    home.publish("P-7", "Damaged items within 7 days.\n\nGifts are final.\n\nOld and gone.", "2024-01-01")
    after = publishing(
        "Gifts are final.\n\nDamaged items within 30 days.\n\nElectronics are another matter.", "2025-03-01"
    )
    policy = one(home, after)
    # Gifts: reused; damaged items: reworded; electronics: added; old: removed. The last two of the new are embedded.
    assert counts(home, after) == [(3, 1, 1, 1, 1, 2)]
    [revision] = policy["revisions"]
    assert (revision["version"], revision["compared_with"]) == ("P-7@2", "P-7@1")
    assert [(change["kind"], change["before"], change["after"]) for change in revision["changes"]] == [
        ("reworded", 1, 2),
        ("added", None, 3),
        ("removed", 3, None),
    ]
    assert revision["changes"][0]["words"] == [
        {"mark": "same", "text": "Damaged items within "},
        {"mark": "removed", "text": "7 "},
        {"mark": "added", "text": "30 "},
        {"mark": "same", "text": "days."},
    ]


def test_backdated_correction_is_compared_with_what_was_in_force_then(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.publish("P-7", "Ninety days.", "2025-03-01")
    [revision] = one(home, publishing("Seven days.\n\nMore.", "2024-06-01"))["revisions"]
    assert (revision["compared_with"], revision["reused"], revision["added"]) == ("P-7@1", 1, 1)


def test_revision_after_an_erased_one_is_compared_with_nothing(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01")
    home.write(Erase(VersionId("P-7", 1), "court order"))
    [revision] = one(home, publishing("Seven days.", "2025-03-01"))["revisions"]
    assert (revision["compared_with"], revision["added"], revision["to_embed"]) == (None, 1, 1)


def test_words_of_another_policy_under_another_title_are_embedded_anew(home: Home) -> None:
    home.publish("P-7", "Shared words.", "2024-01-01")
    assert counts(home, publishing("Shared words.", "2025-03-01", "P-8")) == [(1, 0, 0, 1, 0, 1)]
    assert counts(home, publishing("Shared words.", "2025-03-01", "P-8", title="Title of P-7")) == [(1, 0, 0, 1, 0, 0)]


def test_words_twice_in_one_plan_are_to_be_embedded_once(home: Home) -> None:
    body = "# A\n\nShared words.\n\n# B\n\nShared words.\n\nOwn words."
    assert counts(home, publishing(body, "2024-01-01"), publishing("Shared words.", "2024-01-01", "P-8")) == [
        (3, 0, 0, 3, 0, 2),
        (1, 0, 0, 1, 0, 0),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        [publishing("Seven days.\n\nNew.", "2025-03-01")],
        [
            publishing("# A\n\nSame.\n\n# B\n\nSame.", "2025-03-01"),
            publishing("Same.\n\nSeven days.", "2025-03-01", "P-9"),
        ],
        [publishing("One.\n\nTwo.", "2025-03-01"), publishing("Two.\n\nThree.", "2025-04-01")],
        [publishing("Seven days.", "2024-01-01"), publishing("Seven days.", "2025-01-01")],
        [publishing("Choose:\n\n- Seven days.\n- Thirty days.", "2025-03-01")],
    ],
    ids=["one new", "two headings and two policies", "two revisions", "nothing new", "lead-in"],
)
def test_as_many_are_to_be_embedded_as_publishing_then_embeds(home: Home, changes: list[Publish]) -> None:
    home.publish("P-7", "Seven days.\n\nGifts are final.", "2024-01-01")
    foretold = sum(found[-1] for found in counts(home, *changes))
    assert home.asof.write(changes).indexed.embedded == foretold


def test_words_that_the_author_may_not_read_count_as_new(home: Home) -> None:
    home.publish("S-1", "Secret words.\n\nOpen words.", "2024-01-01", title="One title", audience="[legal]")
    home.publish("O-1", "Open words.", "2024-01-01", title="One title")
    guess = [publishing("Secret words.\n\nOpen words.", "2025-03-01", "P-9", title="One title")]

    def to_embed(*labels: str) -> int:
        [policy] = home.asof.plan(guess, labels or None).content()["policies"]
        found: int = policy["revisions"][0]["to_embed"]
        return found

    assert (to_embed("public"), to_embed("legal", "public"), to_embed()) == (1, 0, 0)
    home.write(Restrict(VersionId("S-1", 1), ("public",)))
    assert to_embed("public") == 0
    home.write(Restrict(VersionId("S-1", 1), ("board",)))
    assert to_embed("legal", "public") == 1


def test_timelines_alone_are_those_of_the_whole_plan(home: Home) -> None:
    home.publish("P-7", "Thirty days.", "2025-01-01")
    home.publish("P-7", "Seven days.", "2025-09-01")
    change = publishing("Fourteen days.", "2025-07-01", replace_scheduled=True)
    whole, alone = planned(home, change), planned_timelines(home.asof.ledger, [change], home.clock()).content()
    assert alone["warnings"] == whole["warnings"] != []
    for policy in whole["policies"]:
        policy["revisions"] = []
    assert alone == whole
