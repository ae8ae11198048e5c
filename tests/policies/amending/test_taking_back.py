"""Undo and unschedule, worked out on paper: what shows again, what is refused, and what is said of earlier instants."""

from collections.abc import Callable
from typing import Any

import pytest

from policies.change import Correct, Erase, Publish, Restore, Restrict, Undo, Unschedule, Withdraw
from policies.errors import ChangeRefused, DraftError, UnknownRevision
from policies.event import NOTHING, Paint
from policies.instant import parse_instant
from policies.period import Period
from policies.revision import VersionId

MakeDraft = Callable[..., Any]
P7_1, P7_2 = VersionId("P-7", 1), VersionId("P-7", 2)


def day(text: str) -> int:
    return parse_instant(text)


def test_undo_of_the_newest_commit_shows_what_showed_before_it(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), at="2025-06-01")
    paper.record(Publish(draft("Two.", "2025-03-01")), at="2025-06-02")
    [step] = paper.record(Undo(), at="2025-06-03").steps
    assert (step.event.kind, step.event.undoes) == ("undo", (2,))
    assert step.event.painted == (Paint(Period(day("2025-03-01")), 1, day("2025-01-01"), True),)
    assert paper.says("2025-04-01") == 1
    assert paper.says("2025-04-01", known_at="2025-06-02T12:00:00Z") == 2


def test_undo_of_the_only_commit_leaves_nothing_neither_words_nor_a_withdrawal(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    [step] = paper.record(Undo()).steps
    assert step.event.painted == (Paint(Period(day("2025-01-01")), NOTHING, day("2025-01-01"), False),)
    assert paper.says("2025-04-01") is None
    assert paper.timeline.policies["P-7"].top == ()


def test_undo_of_an_undo_brings_the_commit_back(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Two.", "2025-03-01")))
    paper.record(Undo())
    paper.record(Undo())
    assert paper.says("2025-04-01") == 2
    paper.record(Undo())
    assert paper.says("2025-04-01") == 1


def test_withdrawal_keeps_the_start_that_its_author_gave_where_an_undo_shows_another_before_it(
    paper: Any, draft: MakeDraft
) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Withdraw("P-7", day("2025-01-01")))
    paper.record(Publish(draft("Two.", "2025-01-01")))
    paper.record(Withdraw("P-7", day("2025-03-01")))
    paper.record(Undo(3))
    assert [paper.says(at) for at in ("2025-02-01", "2025-04-01")] == ["withdrawn", "withdrawn"]
    paper.record(Publish(draft("Three.", "2025-01-01")))
    assert [paper.says(at) for at in ("2025-02-01", "2025-04-01")] == [3, "withdrawn"]


def test_undo_takes_back_all_that_was_recorded_together(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), Withdraw("P-7", day("2025-09-01")))
    [step] = paper.record(Undo(1)).steps
    assert step.event.undoes == (1, 2)
    assert paper.says("2025-10-01") is None


def test_rule_that_stopped_where_an_undone_one_began_goes_on(paper: Any, draft: MakeDraft) -> None:
    """And no older rule comes back behind it."""
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Two.", "2025-07-01")))
    paper.record(Publish(draft("Three.", "2025-03-01")))
    assert paper.says("2025-08-01") == 2
    paper.record(Undo(2))
    assert paper.says("2025-08-01") == 3


def test_older_commit_undone_after_a_newer_one_is_not_shown_by_the_undo_of_that_one(
    paper: Any, draft: MakeDraft
) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Two.", "2025-03-01")))
    paper.record(Undo(2))
    paper.record(Undo(1))
    assert paper.says("2025-04-01") is None


def test_undo_of_a_withdrawal_and_of_a_restore(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Withdraw("P-7", day("2025-03-01")))
    paper.record(Restore("P-7", day("2025-05-01")))
    paper.record(Undo())
    assert (paper.says("2025-06-01"), paper.says("2025-02-01")) == ("withdrawn", 1)
    paper.record(Undo(2))
    assert paper.says("2025-06-01") == 1


def test_restore_after_an_undo_does_not_bring_back_what_was_undone(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Two.", "2025-03-01")))
    paper.record(Undo(2))
    paper.record(Withdraw("P-7", day("2025-05-01")))
    paper.record(Restore("P-7", day("2025-05-01")))
    assert paper.says("2025-06-01") == 1


def test_undone_words_published_again_are_a_new_revision(paper: Any, draft: MakeDraft) -> None:
    words = draft("One.", "2025-01-01")
    paper.record(Publish(words))
    paper.record(Undo())
    assert [step.event.revision for step in paper.record(Publish(words)).steps] == [2]


@pytest.mark.parametrize(
    ("first", "then", "message"),
    [
        (Erase(P7_1, "court order"), None, "erased the words of P-7@1, and nothing brings them back"),
        (Restrict(P7_1, ("legal",)), None, "asof restrict P-7@1 --audience public` sets it back"),
        (Erase(P7_1, "court order"), 1, "The words of P-7@1 were erased by transaction 2, after transaction 1"),
        (Undo(1), 1, "Transaction 1 was undone by transaction 2 already; `asof undo 2` brings it back"),
        (Undo(1), 9, "There is no transaction 9 to undo; the newest is 2"),
    ],
)
def test_undo_that_is_refused_says_why_and_what_to_do(
    paper: Any, draft: MakeDraft, first: Any, then: int | None, message: str
) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(first)
    with pytest.raises(ChangeRefused, match=message):
        paper.propose(Undo(then))


def test_restriction_is_set_back_to_the_labels_before_it(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01", audience=("hr", "legal"))))
    paper.record(Restrict(P7_1, ("legal",)))
    with pytest.raises(ChangeRefused, match="asof restrict P-7@1 --audience hr --audience legal`"):
        paper.propose(Undo())


def test_unscheduled_revision_never_comes_into_force_and_the_one_before_goes_on(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), at="2025-06-01")
    paper.record(Publish(draft("Two.", "2025-09-01")), at="2025-06-02")
    [step] = paper.record(Unschedule(P7_2, "postponed", "ada"), at="2025-06-03").steps
    assert (step.event.kind, step.event.revision, step.event.undoes) == ("unschedule", 2, (2,))
    assert (step.event.note, step.event.author) == ("postponed", "ada")
    assert paper.says("2025-10-01") == 1
    assert paper.says("2025-10-01", known_at="2025-06-02T12:00:00Z") == 2
    paper.record(Undo())
    assert paper.says("2025-10-01") == 2


def test_only_what_has_not_begun_can_be_unscheduled(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Two.", "2025-09-01")))
    with pytest.raises(ChangeRefused, match=r"P-7@1 began on 2025-01-01T00:00:00Z.*`asof undo 1` takes it back"):
        paper.propose(Unschedule(P7_1))
    with pytest.raises(ChangeRefused, match="P-7@2 began on 2025-09-01T00:00:00Z"):
        paper.propose(Unschedule(P7_2), at="2025-09-01")
    assert paper.propose(Unschedule(P7_2), at="2025-08-31T23:59:59Z").steps
    with pytest.raises(UnknownRevision):
        paper.propose(Unschedule(VersionId("P-7", 3)))


def test_what_is_unscheduled_or_covered_is_not_scheduled(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Two.", "2025-09-01")))
    paper.record(Withdraw("P-7", day("2025-08-01")))
    with pytest.raises(ChangeRefused, match="P-7@2 is in force on no date: it was taken back, or other"):
        paper.propose(Unschedule(P7_2))
    paper.record(Undo())
    paper.record(Unschedule(P7_2))
    with pytest.raises(ChangeRefused, match="P-7@2 was taken back by transaction 5 already; `asof undo 5` schedules"):
        paper.propose(Unschedule(P7_2))


def test_correction_takes_the_periods_that_the_revision_shows_now(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), at="2025-06-01")
    paper.record(Publish(draft("Holiday.", "2025-03-01", "2025-04-01")), at="2025-06-02")
    [step] = paper.record(Correct(P7_1, draft("Won.", "2025-01-01"), "a slip"), at="2025-06-03").steps
    assert (step.event.kind, step.event.revision, step.event.corrects, step.event.note) == ("publish", 3, 1, "a slip")
    assert step.event.painted == (
        Paint(Period(day("2025-01-01"), day("2025-03-01")), 3, day("2025-01-01"), True),
        Paint(Period(day("2025-04-01")), 3, day("2025-01-01"), True),
    )
    assert [paper.says(at) for at in ("2025-02-01", "2025-03-15", "2025-05-01")] == [3, 2, 3]
    assert paper.says("2025-02-01", known_at="2025-06-02T12:00:00Z") == 1


def test_correction_holds_where_the_revision_would_hold_without_an_undone_one(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Holiday.", "2025-03-01", "2025-04-01")))
    paper.record(Correct(P7_1, draft("Won.")))
    paper.record(Undo(2))
    assert paper.says("2025-03-15") == 3
    paper.record(Undo(3))
    assert [paper.says(at) for at in ("2025-02-01", "2025-03-15")] == [1, 1]


def test_corrected_schedule_is_unscheduled_as_a_whole(paper: Any, draft: MakeDraft) -> None:
    """The words with the slip do not come back."""
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Tow.", "2025-09-01")))
    paper.record(Correct(P7_2, draft("Two.")))
    [step] = paper.record(Unschedule(VersionId("P-7", 3))).steps
    assert step.event.undoes == (2, 3)
    assert paper.says("2025-10-01") == 1


def test_correction_with_the_same_words_is_no_change(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    proposal = paper.propose(Correct(P7_1, draft("One.")))
    assert (proposal.steps, proposal.unchanged) == ((), (P7_1,))


@pytest.mark.parametrize(
    ("version", "fields", "error", "message"),
    [
        (P7_1, {"effective": "2025-02-01"}, DraftError, "begins 2025-02-01, and P-7@1 2025-01-01"),
        (P7_1, {"until": "2026-01-01"}, DraftError, "holds through 2025-12-31, and P-7@1 has no end"),
        (P7_1, {"policy_id": "P-8"}, DraftError, "P-7.md: is of policy P-8, so it cannot correct P-7@1"),
        (P7_2, {}, ChangeRefused, "P-7@2 was corrected by P-7@4; name that one"),
        (VersionId("P-7", 3), {}, ChangeRefused, "P-7@3 is in force on no date"),
        (VersionId("P-7", 5), {}, UnknownRevision, "P-7 has no revision 5"),
    ],
)
def test_correction_that_is_refused_names_the_revision_and_what_to_do(
    paper: Any, draft: MakeDraft, version: VersionId, fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Publish(draft("Tow.", "2025-09-01")))
    paper.record(Publish(draft("Three.", "2025-10-01")))
    paper.record(Unschedule(VersionId("P-7", 3)))
    paper.record(Correct(P7_2, draft("Two.")))
    with pytest.raises(error, match=message):
        paper.propose(Correct(version, draft("Words.", **fields)))
