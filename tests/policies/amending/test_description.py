"""What is said of a policy without publishing anew: what holds, for how long, and how it is said back."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.amending.description import Description, as_described, described
from policies.change import Describe, Publish, Undo
from policies.errors import ChangeRefused, UnknownPolicy
from policies.instant import parse_instant
from policies.revision import Draft
from tests.policies.conftest import Paper

MakeDraft = Callable[..., Any]
JUNE = parse_instant("2026-06-01")


def test_description_paints_nothing_and_holds_the_fields_given(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01", owner="returns-team")))
    [step] = paper.record(Describe("P-7", owner="care-team", review_by=JUNE, author="ada")).steps
    event = step.event
    assert (event.kind, event.revision, event.painted, event.note) == ("describe", None, (), None)
    assert (event.owner, event.review_by, event.author) == ("care-team", JUNE, "ada")
    assert described(paper.events["P-7"], 1, {}) == Description("care-team", None, JUNE)
    assert paper.says("2025-02-01") == 1


def test_later_revision_ends_what_it_says_otherwise_and_only_for_itself(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Describe("P-7", "care-team", "Ask Ada", JUNE))
    paper.record(Publish(draft("Two.", "2025-03-01", owner="law-team")))
    paper.record(Publish(draft("Three.", "2025-05-01")))
    events = paper.events["P-7"]
    assert described(events, 1, {}) == Description("care-team", "Ask Ada", JUNE)
    assert described(events, 3, {}) == Description(None, "Ask Ada", JUNE)
    assert described(events, 4, {3: "A note of its own"}) == Description(None, None, JUNE)


def test_revision_that_was_undone_ends_nothing(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Describe("P-7", owner="care-team"))
    paper.record(Publish(draft("Two.", "2025-03-01", owner="law-team")))
    paper.record(Undo())
    paper.record(Publish(draft("Three.", "2025-03-01")))
    assert described(paper.events["P-7"], 5, {}).owner == "care-team"


def test_same_description_again_and_the_same_file_again_are_no_change(paper: Any, draft: MakeDraft) -> None:
    words = draft("One.", "2025-01-01", owner="returns-team")
    paper.record(Publish(words))
    assert paper.propose(Describe("P-7", owner="returns-team")).steps == ()
    paper.record(Describe("P-7", owner="care-team"))
    assert paper.propose(Describe("P-7", owner="care-team")).steps == ()
    assert paper.propose(Describe("P-7", owner="returns-team")).steps
    again = paper.propose(Publish(words))
    assert (again.steps, [str(version) for version in again.unchanged]) == ((), ["P-7@1"])


def test_what_only_a_revision_that_was_undone_said_is_not_said(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01", owner="returns-team")))
    paper.record(Publish(draft("Two.", "2025-03-01", owner="law-team")))
    paper.record(Undo())
    [step] = paper.propose(Describe("P-7", owner="law-team")).steps
    assert step.event.owner == "law-team"
    assert paper.propose(Describe("P-7", owner="returns-team")).steps == ()
    paper.record(Describe("P-7", owner="law-team"))
    with pytest.raises(ChangeRefused, match="`asof describe P-7 --owner returns-team` sets it back"):
        paper.propose(Undo())


def test_what_only_a_scheduled_revision_says_is_not_said_of_the_one_in_force(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("Before.", "2024-01-01", owner="old-team")))
    paper.record(Publish(draft("One.", "2025-01-01", owner="returns-team")))
    paper.record(Publish(draft("Two.", "2026-01-01", owner="law-team")))
    assert paper.propose(Describe("P-7", owner="law-team")).steps
    assert paper.propose(Describe("P-7", owner="returns-team")).steps
    paper.record(Describe("P-7", owner="law-team"))
    assert paper.propose(Describe("P-7", owner="law-team")).steps == ()
    assert paper.propose(Describe("P-7", owner="law-team"), at="2027-01-01").steps == ()


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (Describe("P-7", owner="care-team"), "--owner returns-team"),
        (Describe("P-7", owner="care-team", note="Ask Ada"), "--owner returns-team --note 'Ask Bo'"),
        (Describe("P-7", review_by=JUNE), "--no-review-by"),
    ],
)
def test_undo_of_a_description_names_the_command_that_says_it_back(
    paper: Any, draft: MakeDraft, change: Describe, options: str
) -> None:
    paper.record(Publish(draft("One.", "2025-01-01", owner="returns-team")))
    paper.record(Describe("P-7", note="Ask Bo"))
    paper.record(replace(change))
    with pytest.raises(ChangeRefused, match=f"`asof describe P-7 {options}` sets it back"):
        paper.propose(Undo())


def test_what_is_cleared_is_said_no_more_also_where_the_revision_says_it_itself(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01", owner="returns-team", review_by=JUNE)))
    [step] = paper.record(Describe("P-7", clears=("owner", "review_by"))).steps
    assert (step.event.owner, step.event.review_by, step.event.clears) == (None, None, ("owner", "review_by"))
    events = paper.events["P-7"]
    assert as_described(events[0], events, {}) == Description()
    assert paper.propose(Describe("P-7", clears=("owner",))).steps == ()
    with pytest.raises(ChangeRefused, match="--owner returns-team --review-by 2026-06-01T00:00:00Z` sets it back"):
        paper.propose(Undo())


def test_a_revision_recorded_later_says_again_what_was_cleared(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01", owner="returns-team")))
    paper.record(Describe("P-7", clears=("owner",)))
    paper.record(Publish(draft("Two.", "2025-03-01", owner="law-team")))
    events = paper.events["P-7"]
    assert [as_described(event, events, {}).owner for event in (events[0], events[2])] == [None, "law-team"]


def test_the_command_that_says_it_back_is_that_of_the_revision_in_force_and_names_what_a_scheduled_one_said(
    paper: Any, draft: MakeDraft
) -> None:
    paper.record(Publish(draft("One.", "2025-01-01", owner="returns-team")))
    paper.record(Publish(draft("Two.", "2026-01-01", owner="law-team", review_by=JUNE)))
    paper.record(Describe("P-7", "care-team", review_by=JUNE))
    with pytest.raises(ChangeRefused) as refused:
        paper.propose(Undo())
    assert str(refused.value) == (
        "Transaction 3 described P-7, which changes no period. `asof describe P-7 --owner returns-team --no-review-by` "
        "sets it back, with what it said before. Of P-7@2 other things were said, and one description cannot say both: "
        "`asof describe P-7 --owner law-team --review-by 2026-06-01T00:00:00Z`, once it is in force"
    )


def test_the_note_that_a_file_has_of_its_own_is_said_back_whole(ledger: Any, draft: MakeDraft, record: Any) -> None:
    record(ledger, Publish(draft("One.", "2025-01-01", note="Ask Bo, not Ada's team")))
    record(ledger, Describe("P-7", note="Ask Cy"))
    with pytest.raises(ChangeRefused) as refused:
        ledger.propose([Undo()])
    command = str(refused.value).split("`")[1]
    assert shlex.split(command) == ["asof", "describe", "P-7", "--note", "Ask Bo, not Ada's team"]


def test_policy_that_is_not_known_cannot_be_described(paper: Any) -> None:
    with pytest.raises(UnknownPolicy):
        paper.propose(Describe("P-7", owner="care-team"))


SAID = st.tuples(
    st.sampled_from(["publish", "later", "describe"]),
    st.sampled_from([None, "returns-team", "law team's"]),
    st.sampled_from([None, JUNE, JUNE + 1]),
    st.sets(st.sampled_from(["owner", "review_by"])),
)


@given(said=st.lists(SAID, min_size=1, max_size=6), last=SAID)
@settings(max_examples=150, deadline=None)
def test_the_command_that_a_refused_undo_prints_sets_back_what_held_before(
    said: list[tuple[str, str | None, int | None, set[str]]], last: tuple[str, str | None, int | None, set[str]]
) -> None:
    """Of the revision in force, whatever was published, scheduled, described and cleared before."""
    paper = Paper()
    build = Draft("P-7", "Damaged items", "Words.", "P-7.md", valid_from=parse_instant("2025-01-01"))
    paper.record(Publish(build))

    def describes(owner: str | None, due: int | None, clears: set[str]) -> Describe:
        given = {name for name, value in (("owner", owner), ("review_by", due)) if value is not None}
        return Describe("P-7", owner, review_by=due, clears=tuple(sorted(clears - given)))

    for number, (kind, owner, due, clears) in enumerate(said):
        start = parse_instant("2025-02-01" if kind == "publish" else "2030-01-01") + number
        words = replace(build, text=f"Words {number}.", valid_from=start, owner=owner, review_by=due)
        paper.record(describes(owner, due, clears) if kind == "describe" else Publish(words))

    def held() -> Description:
        events = paper.events["P-7"]
        number = paper.says("2025-06-01")
        [revision] = [event for event in events if event.kind == "publish" and event.revision == number]
        return as_described(revision, events, {})

    before = held()
    if not paper.record(describes(*last[1:])).steps:
        return
    with pytest.raises(ChangeRefused) as refused:
        paper.propose(Undo())
    options = iter(shlex.split(str(refused.value).split("`")[1])[3:])
    owner, due, clears = None, None, set[str]()
    for option in options:
        if option.startswith("--no-"):
            clears.add(option.removeprefix("--no-").replace("-", "_"))
        elif option == "--owner":
            owner = next(options)
        else:
            assert option == "--review-by"
            due = parse_instant(next(options))
    paper.record(describes(owner, due, clears))
    assert held() == before
