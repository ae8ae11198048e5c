"""What many policies and revisions cost, counted in calls of functions, which no other work on the machine changes."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from policies.change import Change, Publish, Restrict, Withdraw
from policies.instant import format_instant, parse_instant
from policies.revision import VersionId
from retriever.inspecting.inspection import check_author, listed_policies, policies_page, policy_history
from tests.fakes import FakeEncoder
from tests.retriever.homes import Home, draft

DAY = 86_400_000_000
NOW = parse_instant("2025-06-15")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home", FakeEncoder())
    yield made
    made.close()


def revision(number: int, policy: str = "P-7") -> Publish:
    start = format_instant(parse_instant("2000-01-01") + number * DAY)
    return Publish(draft(policy, f"Within {number} days.", start))


def calls(work: Callable[[], object]) -> int:
    """How many functions are called by `work` when it is done again, in this thread alone: the fewest of three times.

    Now and then it is looked whether the ledger is still there, and garbage is collected. From Python 3.12 on, cProfile
    counts what other threads call meanwhile.
    """
    work()
    return min(_called(work) for _ in range(3))


def _called(work: Callable[[], object]) -> int:
    found = Counter[str]()
    sys.setprofile(lambda frame, event, _: found.update([event]))
    try:
        work()
    finally:
        sys.setprofile(None)
    return found["call"] + found["c_call"]


def grown(home: Home, change: Callable[[int], Change], work: Callable[[], object]) -> float:
    """By what the calls of `work` are multiplied where four times as much is recorded."""
    home.asof.write([change(number) for number in range(100)])
    few = calls(work)
    home.asof.write([change(number) for number in range(100, 400)])
    return calls(work) / few


def test_a_plan_takes_time_in_proportion_to_the_revisions_of_its_policy(home: Home) -> None:
    assert grown(home, revision, lambda: home.asof.plan([revision(5000)])) < 4.4


def test_a_process_that_keeps_the_timeline_proposes_without_reading_the_revisions_before(home: Home) -> None:
    home.write(revision(0))
    assert home.asof.ledger.timeline().tx == 1
    assert grown(home, revision, lambda: home.asof.ledger.propose([revision(5000)])) < 1.1


def test_whether_an_author_may_change_a_policy_is_told_without_a_look_at_each_revision(home: Home) -> None:
    def check() -> None:
        check_author(home.asof.ledger.timeline(), "P-7", ("public",))

    assert grown(home, revision, check) < 1.1


def test_a_page_of_policies_costs_the_same_among_few_and_many(home: Home) -> None:
    def page() -> None:
        policies_page(home.asof.ledger, None, NOW, ("public",), "P-50", 3)

    assert grown(home, lambda number: revision(number, f"P-{number}"), page) < 1.1


def test_a_history_takes_few_calls_for_each_period(home: Home) -> None:
    home.asof.write([revision(number) for number in range(200)])
    periods = len(policy_history(home.asof.ledger, "P-7", ("public",))["periods"])
    assert periods == 200
    assert calls(lambda: policy_history(home.asof.ledger, "P-7", ("public",))) / periods < 15


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("audience", [None, ("public",), ("legal", "public"), ("nobody",)])
def test_the_pages_joined_are_the_list(home: Home, audience: tuple[str, ...] | None, limit: int) -> None:
    home.asof.write([revision(number, f"P-{number % 7}") for number in range(20)])
    home.write(Restrict(VersionId("P-3", 1), ("legal",)), Restrict(VersionId("P-3", 2), ("legal",)))
    home.write(Restrict(VersionId("P-3", 3), ("legal",)), Restrict(VersionId("P-4", 3), ("legal",)))
    home.write(Withdraw("P-5", parse_instant("2020-01-01")), Restrict(VersionId("P-6", 1), ()))
    whole = listed_policies(home.asof.ledger, None, NOW, audience)
    found, after = [], None
    while True:
        page = policies_page(home.asof.ledger, None, NOW, audience, after, limit)
        assert page["as_of"] == whole["as_of"]
        assert len(page["policies"]) <= limit
        found += page["policies"]
        if (after := page["next"]) is None:
            break
        assert after == page["policies"][-1]["policy_id"]
        assert len(page["policies"]) == limit
    assert found == whole["policies"]
    assert len(found) == {None: 7, ("public",): 6, ("legal", "public"): 7, ("nobody",): 0}[audience]
