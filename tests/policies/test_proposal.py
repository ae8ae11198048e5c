"""What changes become, worked out on paper: no database, events recorded by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from policies.change import Erase, Load, Publish, Restore, Restrict, Withdraw
from policies.errors import ChangeRefused, DraftError, UnknownPolicy, UnknownRevision
from policies.instant import FOREVER, parse_instant
from policies.period import Period
from policies.proposal import Proposal
from policies.revision import Draft, VersionId

MakeDraft = Callable[..., Draft]
P7_1, P7_2 = VersionId("P-7", 1), VersionId("P-7", 2)


def day(text: str) -> int:
    return parse_instant(text)


def withdraw(start: str, end: str | None = None) -> Withdraw:
    return Withdraw("P-7", day(start), None if end is None else day(end))


def periods(proposal: Proposal) -> list[list[Period]]:
    return [[paint.period for paint in step.event.painted] for step in proposal.steps]


# Publish


def test_publish_becomes_one_event_that_carries_the_draft(paper: Any, draft: MakeDraft) -> None:
    words = draft("Thirty days.", "2025-03-01", owner="returns-team", author="ada", audience=("staff",))
    proposal = paper.propose(Publish(words), at="2025-06-01")
    [step] = proposal.steps
    assert step.draft is words
    assert (step.event.tx, step.event.kind, step.event.revision) == (1, "publish", 1)
    assert step.event.recorded_at == day("2025-06-01")
    assert (step.event.owner, step.event.author, step.event.audience) == ("returns-team", "ada", ("staff",))
    assert [(p.period, p.revision, p.origin, p.open_ended) for p in step.event.painted] == [
        (Period(day("2025-03-01")), 1, day("2025-03-01"), True)
    ]
    assert proposal.drafts == [words]


def test_proposing_records_nothing(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    before = paper.timeline
    proposal = paper.propose(Publish(draft("Two.", "2025-03-01")), withdraw("2025-05-01"))
    assert paper.timeline is before
    assert len(paper.events["P-7"]) == 1
    assert (proposal.tx, proposal.before) == (1, before)
    assert proposal.after.tx == 3


def test_publish_without_a_start_is_in_force_from_now(paper: Any, draft: MakeDraft) -> None:
    assert periods(paper.propose(Publish(draft("Now.")), at="2025-06-01T12:00:00Z")) == [
        [Period(day("2025-06-01T12:00:00Z"))]
    ]


def test_until_in_the_past_without_a_start_is_refused_by_file(paper: Any, draft: MakeDraft) -> None:
    with pytest.raises(
        DraftError, match=r"^P-7\.md: would hold through 2024-12-31, which is not after its start, 2025-06-01;"
    ):
        paper.propose(Publish(draft("Now.", None, "2025-01-01")), at="2025-06-01")


def test_changes_of_one_proposal_see_those_before_them(paper: Any, draft: MakeDraft) -> None:
    proposal = paper.propose(
        Publish(draft("Later.", "2025-09-01")), Publish(draft("Sooner.", "2025-03-01")), withdraw("2025-12-01")
    )
    assert [step.event.tx for step in proposal.steps] == [1, 2, 3]
    assert [step.event.revision for step in proposal.steps] == [1, 2, None]
    assert periods(proposal)[1] == [Period(day("2025-03-01"), day("2025-09-01"))]


def test_scheduled_revision_stays_when_an_earlier_one_is_published(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), Publish(draft("Two.", "2026-01-01")))
    paper.record(Publish(draft("Three.", "2025-07-01")))
    assert [paper.says(at) for at in ("2025-06-30", "2025-07-01", "2025-12-31", "2026-01-01")] == [1, 3, 3, 2]


def test_replace_scheduled_covers_what_comes_later(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), Publish(draft("Two.", "2026-01-01")))
    paper.record(Publish(draft("Three.", "2025-07-01"), replace_scheduled=True))
    assert [paper.says(at) for at in ("2025-06-30", "2025-07-01", "2026-01-01")] == [1, 3, 3]


def test_holiday_policy_ends_and_the_newest_base_shows(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("Base.", "2025-01-01")))
    paper.record(Publish(draft("Holiday.", "2025-12-01", "2026-01-15")))
    paper.record(Publish(draft("New base.", "2025-11-01")))
    asked = ("2025-10-31", "2025-11-01", "2025-12-01", "2026-01-14", "2026-01-15")
    assert [paper.says(at) for at in asked] == [1, 3, 2, 2, 3]


def test_holiday_policy_of_a_restored_policy_ends_and_the_newest_base_shows(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("Base.", "2025-01-01")), Publish(draft("Holiday.", "2025-12-01", "2026-01-15")))
    paper.record(withdraw("2025-10-01"))
    paper.record(Restore("P-7", day("2025-10-01")))
    paper.record(Publish(draft("New base.", "2025-11-01")))
    assert [paper.says(at) for at in ("2025-10-31", "2025-11-01", "2025-12-01", "2026-01-15")] == [1, 3, 2, 3]


def test_open_ended_publish_wholly_under_bounded_rules_is_refused(paper: Any, draft: MakeDraft) -> None:
    paper.record(
        Publish(draft("Base.", "2025-01-01")),
        Publish(draft("Holiday.", "2025-12-01", "2026-01-01")),
        Publish(draft("Later.", "2026-01-01")),
    )
    with pytest.raises(ChangeRefused, match="would never be in force from 2025-12-01:"):
        paper.propose(Publish(draft("Hidden.", "2025-12-01")))


def test_backdated_correction_changes_the_past_as_known_from_then_on(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), at="2025-01-01")
    paper.record(Publish(draft("Corrected.", "2025-02-01")), at="2025-06-01")
    assert paper.says("2025-03-01", known_at="2025-05-31T23:59:59.999999Z") == 1
    assert paper.says("2025-03-01", known_at="2025-06-01") == 2


# The same again


def test_same_draft_again_is_no_change(paper: Any, draft: MakeDraft) -> None:
    words = draft("One.", "2025-03-01", "2026-01-01")
    paper.record(Publish(words))
    proposal = paper.propose(Publish(replace(words, where="elsewhere.md", author="bob")))
    assert (proposal.steps, proposal.unchanged) == ((), (P7_1,))


def test_same_draft_twice_in_one_proposal_is_published_once(paper: Any, draft: MakeDraft) -> None:
    proposal = paper.propose(Publish(draft("One.", "2025-03-01")), Publish(draft("One.", "2025-03-01")))
    assert (len(proposal.steps), proposal.unchanged) == (1, (P7_1,))


def test_whole_folder_published_again_is_no_change(paper: Any, draft: MakeDraft) -> None:
    changes = [
        Publish(draft("One.", "2025-01-01")),
        Publish(draft("Holiday.", "2025-12-01", "2026-01-15")),
        Publish(draft("Two.", "2025-03-01")),
    ]
    paper.record(*changes)
    proposal = paper.propose(*changes)
    assert (proposal.steps, proposal.unchanged) == ((), (P7_1, VersionId("P-7", 2), VersionId("P-7", 3)))


def test_newest_draft_again_without_a_start_is_no_change(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.")), at="2025-06-01")
    assert paper.propose(Publish(draft("One.")), at="2025-07-01").unchanged == (P7_1,)


def test_same_text_coming_back_later_is_a_new_revision(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), Publish(draft("Two.", "2025-03-01")))
    paper.record(Publish(draft("One.", "2025-05-01")))
    assert [paper.says(at) for at in ("2025-01-01", "2025-03-01", "2025-05-01")] == [1, 2, 3]


def test_older_text_without_a_start_is_a_new_revision(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), Publish(draft("Two.", "2025-03-01")))
    [step] = paper.propose(Publish(draft("One."))).steps
    assert step.event.revision == 3


def test_correction_taken_back_from_the_same_date_is_a_new_revision(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), Publish(draft("Two.", "2025-01-01")))
    paper.record(Publish(draft("One.", "2025-01-01")))
    assert paper.says("2025-02-01") == 3


def test_publishing_again_what_a_withdrawal_hides_does_not_undo_the_withdrawal(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(withdraw("2025-01-01"))
    assert paper.propose(Publish(draft("One.", "2025-01-01"))).unchanged == (P7_1,)


def test_scheduled_text_published_without_a_start_takes_effect_now(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-12-01")), at="2025-06-01")
    paper.record(Publish(draft("One.")), at="2025-07-01")
    assert [paper.says(at) for at in ("2025-06-30", "2025-07-01", "2025-12-01")] == [None, 2, 1]


def test_publishing_again_with_replace_scheduled_covers_what_is_scheduled(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), Publish(draft("Two.", "2025-12-01")))
    paper.record(Publish(draft("One.", "2025-01-01"), replace_scheduled=True))
    assert paper.says("2026-01-01") == 3


def test_restore_brings_back_the_newest_base_also_if_published_while_withdrawn(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(withdraw("2025-05-01"))
    paper.record(Publish(draft("Two.", "2025-03-01")))
    paper.record(Restore("P-7", day("2025-05-01")))
    assert [paper.says(at) for at in ("2025-02-01", "2025-04-01", "2025-06-01")] == [1, 2, 2]


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Damaged goods"},
        {"text": "Thirty days. "},
        {"owner": "x"},
        {"note": "x"},
        {"audience": ("staff",)},
        {"applies_to": {"region": ("US",)}},
        {"review_by": parse_instant("2026-06-01")},
        {"valid_from": parse_instant("2025-03-02")},
        {"valid_to": parse_instant("2026-01-01")},
    ],
)
def test_any_difference_in_words_metadata_or_period_is_a_new_revision(
    paper: Any, draft: MakeDraft, other: dict[str, object]
) -> None:
    words = draft("Thirty days.", "2025-03-01")
    paper.record(Publish(words))
    assert [step.event.revision for step in paper.propose(Publish(replace(words, **other))).steps] == [2]


# Withdraw and restore


def test_withdrawal_paints_its_whole_period(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    proposal = paper.record(withdraw("2024-01-01", "2025-03-01"))
    assert periods(proposal) == [[Period(day("2024-01-01"), day("2025-03-01"))]]
    assert [paper.says(at) for at in ("2024-06-01", "2025-02-01", "2025-03-01")] == ["withdrawn", "withdrawn", 1]


def test_withdrawal_with_an_end_stays_on_top_of_a_rule_published_around_it(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), withdraw("2025-05-01", "2025-06-01"))
    paper.record(Publish(draft("Two.", "2025-03-01")))
    asked = ("2025-02-28", "2025-03-01", "2025-05-01", "2025-06-01")
    assert [paper.says(at) for at in asked] == [1, 2, "withdrawn", 2]


def test_withdrawal_of_what_is_withdrawn_already_is_no_change(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), withdraw("2025-03-01"))
    assert paper.propose(withdraw("2025-03-01")).steps == ()
    assert paper.propose(withdraw("2025-04-01", "2025-05-01")).steps == ()
    assert len(paper.propose(withdraw("2025-02-01")).steps) == 1


def test_withdrawal_of_an_unknown_policy_is_refused(paper: Any) -> None:
    with pytest.raises(UnknownPolicy, match="There is no policy P-7"):
        paper.propose(withdraw("2025-03-01"))


def test_withdrawal_where_nothing_is_in_force_is_refused(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01", "2025-02-01")))
    with pytest.raises(ChangeRefused, match="P-7 has nothing in force from 2025-03-01T00:00:00Z on"):
        paper.propose(withdraw("2025-03-01"))


@pytest.mark.parametrize("end", ["2025-03-01", "2025-02-01"])
def test_withdrawal_that_ends_before_it_begins_is_refused(paper: Any, draft: MakeDraft, end: str) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    with pytest.raises(ChangeRefused, match="ends after it begins"):
        paper.propose(withdraw("2025-03-01", end))


def test_restored_policy_is_in_force_again_from_then_on(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), withdraw("2025-03-01"))
    paper.record(Restore("P-7", day("2025-05-01")))
    assert [paper.says(at) for at in ("2025-02-01", "2025-04-30", "2025-05-01")] == [1, "withdrawn", 1]


def test_restore_of_what_is_not_withdrawn_is_refused(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    with pytest.raises(ChangeRefused, match="P-7 is not withdrawn at or after 2025-05-01T00:00:00Z"):
        paper.propose(Restore("P-7", day("2025-05-01")))


def test_restore_sees_the_withdrawal_of_its_own_proposal(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")), withdraw("2025-03-01"), Restore("P-7", day("2025-03-01")))
    assert paper.says("2025-03-01") == 1


# Erase and restrict


def test_erase_paints_nothing_and_happens_once(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    proposal = paper.propose(Erase(P7_1, "court order"), Erase(P7_1, "again"))
    assert [(step.event.kind, step.event.painted, step.event.note) for step in proposal.steps] == [
        ("erase", (), "court order")
    ]
    assert proposal.unchanged == (P7_1,)
    assert proposal.after.erased == {P7_1}


def test_text_published_again_after_its_erasure_is_a_new_revision(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    proposal = paper.propose(Erase(P7_1, "court order"), Publish(draft("One.", "2025-01-01")))
    assert [(step.event.kind, step.event.revision) for step in proposal.steps] == [("erase", 1), ("publish", 2)]


def test_restriction_counts_once_and_can_be_lifted(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    legal, public = Restrict(P7_1, ("legal",)), Restrict(P7_1, ("public",))
    assert paper.propose(public).unchanged == (P7_1,)
    proposal = paper.propose(legal, legal, public)
    assert [step.event.audience for step in proposal.steps] == [("legal",), ("public",)]
    assert proposal.after.audience(P7_1) == ("public",)


@pytest.mark.parametrize("change", [Erase(P7_2, "x"), Restrict(P7_2, ("legal",))])
def test_change_to_a_revision_that_does_not_exist_is_refused(
    paper: Any, draft: MakeDraft, change: Erase | Restrict
) -> None:
    with pytest.raises(UnknownPolicy):
        paper.propose(change)
    paper.record(Publish(draft("One.", "2025-01-01")))
    with pytest.raises(UnknownRevision, match="P-7 has no revision 2"):
        paper.propose(change)


# Import


def history(draft: MakeDraft, *rows: tuple[str, str, str | None] | tuple[str, str, str | None, bool]) -> list[Load]:
    """Rows of P-7, each (text, from, to, withdrawn), as changes that know their successors."""
    loads = []
    for index, (text, start, end, *withdrawn) in enumerate(rows):
        successor = day(rows[index + 1][1]) if index + 1 < len(rows) else None
        loads.append(Load(draft(text, start, end), index + 1, bool(withdrawn and withdrawn[0]), successor))
    return loads


def test_imported_row_is_in_force_over_exactly_its_period(paper: Any, draft: MakeDraft) -> None:
    paper.record(*history(draft, ("One.", "2020-01-01", "2021-01-01"), ("Two.", "2022-01-01", None)))
    assert [paper.says(at) for at in ("2019-12-31", "2020-01-01", "2021-01-01", "2022-01-01")] == [None, 1, None, 2]


def test_withdrawn_row_leaves_the_policy_withdrawn_until_its_successor(paper: Any, draft: MakeDraft) -> None:
    proposal = paper.record(*history(draft, ("One.", "2020-01-01", "2021-01-01", True), ("Two.", "2022-01-01", None)))
    assert [step.event.kind for step in proposal.steps] == ["publish", "withdraw", "publish"]
    assert [paper.says(at) for at in ("2020-12-31", "2021-01-01", "2021-12-31", "2022-01-01")] == [
        1,
        "withdrawn",
        "withdrawn",
        2,
    ]


def test_row_withdrawn_when_its_successor_starts_was_never_seen_withdrawn(paper: Any, draft: MakeDraft) -> None:
    rows = history(draft, ("One.", "2020-01-01", "2021-01-01", True), ("Two.", "2021-01-01", "2022-01-01"))
    proposal = paper.record(*rows)
    assert [step.event.kind for step in proposal.steps] == ["publish", "publish"]
    assert [paper.says(at) for at in ("2020-12-31", "2021-01-01", "2022-01-01")] == [1, 2, None]
    assert paper.propose(*rows).steps == ()


def test_row_withdrawn_after_its_successor_started_paints_no_period_that_runs_backwards(
    paper: Any, draft: MakeDraft
) -> None:
    rows = history(
        draft,
        ("One.", "2020-01-01", "2023-01-01", True),
        ("Two.", "2021-01-01", "2022-01-01"),
        ("Three.", "2019-01-01", None),
    )[:2]
    proposal = paper.record(*rows)
    assert all(period for painted in periods(proposal) for period in painted)
    asked = ("2020-12-31", "2021-01-01", "2022-01-01", "2023-01-01")
    assert [paper.says(at) for at in asked] == [1, 2, 1, "withdrawn"]
    assert paper.propose(*rows).steps == ()


def test_import_again_is_no_change(paper: Any, draft: MakeDraft) -> None:
    rows = history(
        draft,
        ("One.", "2020-01-01", "2021-01-01"),
        ("Two.", "2021-01-01", "2022-01-01", True),
        ("Three.", "2023-01-01", "2023-06-01"),
        ("Four.", "2024-01-01", None),
    )
    paper.record(*rows)
    proposal = paper.propose(*rows)
    assert proposal.steps == ()
    assert [version.number for version in proposal.unchanged] == [1, 2, 3, 4]


def test_import_that_has_grown_adds_only_what_is_new(paper: Any, draft: MakeDraft) -> None:
    paper.record(*history(draft, ("One.", "2020-01-01", None)), at="2020-01-01")
    grown = history(draft, ("One.", "2020-01-01", "2021-01-01"), ("Two.", "2021-01-01", None))
    proposal = paper.record(*grown, at="2021-01-01")
    assert [step.event.revision for step in proposal.steps] == [2]
    assert proposal.unchanged == (P7_1,)
    assert [paper.says(at) for at in ("2020-12-31", "2021-01-01")] == [1, 2]
    assert paper.says("2021-06-01", known_at="2020-06-01") == 1


def test_import_in_which_the_last_open_row_has_since_been_withdrawn_withdraws_it(paper: Any, draft: MakeDraft) -> None:
    paper.record(*history(draft, ("One.", "2020-01-01", None)))
    ended = history(draft, ("One.", "2020-01-01", "2021-01-01", True))
    assert [step.event.kind for step in paper.record(*ended).steps] == ["withdraw"]
    assert [paper.says(at) for at in ("2020-12-31", "2021-01-01")] == [1, "withdrawn"]
    assert paper.propose(*ended).steps == ()


def test_same_text_coming_back_in_an_import_is_a_new_revision(paper: Any, draft: MakeDraft) -> None:
    rows = history(
        draft, ("One.", "2020-01-01", "2021-01-01"), ("Two.", "2021-01-01", "2022-01-01"), ("One.", "2022-01-01", None)
    )
    paper.record(*rows)
    assert [paper.says(at) for at in ("2020-06-01", "2021-06-01", "2022-06-01")] == [1, 2, 3]


def test_row_that_ends_for_no_reason_is_an_overlay_that_stays_on_top(paper: Any, draft: MakeDraft) -> None:
    paper.record(*history(draft, ("Holiday.", "2025-12-01", "2026-01-15")))
    paper.record(Publish(draft("Base.", "2025-11-01")))
    assert [paper.says(at) for at in ("2025-11-30", "2025-12-01", "2026-01-15")] == [2, 1, 2]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("Other.", "2020-01-01", "2021-01-01"), "other words or metadata"),
        (("One.", "2020-01-02", "2021-01-01"), "the period from 2020-01-01 through 2020-12-31"),
        (("One.", "2020-01-01", "2021-01-02"), "the period from 2020-01-01 through 2020-12-31"),
        (("One.", "2020-01-01", None), "the period from 2020-01-01 through 2020-12-31"),
    ],
)
def test_import_that_contradicts_what_is_recorded_is_refused(
    paper: Any, draft: MakeDraft, row: tuple[str, str, str | None], problem: str
) -> None:
    paper.record(*history(draft, ("One.", "2020-01-01", "2021-01-01")))
    with pytest.raises(ChangeRefused) as caught:
        paper.propose(*history(draft, row))
    assert f"P-7@1 is already recorded with {problem}" in str(caught.value)
    assert str(caught.value).startswith("P-7.md: ")


def test_open_row_that_now_ends_for_no_reason_given_is_refused(paper: Any, draft: MakeDraft) -> None:
    paper.record(*history(draft, ("One.", "2020-01-01", None)))
    with pytest.raises(ChangeRefused, match="already recorded with the period from 2020-01-01 on"):
        paper.propose(*history(draft, ("One.", "2020-01-01", "2021-01-01"), ("Two.", "2022-01-01", None)))


def test_row_that_leaves_out_a_revision_is_refused(paper: Any, draft: MakeDraft) -> None:
    with pytest.raises(ChangeRefused, match="P-7@2 does not follow P-7@0"):
        paper.propose(Load(draft("Two.", "2020-01-01"), 2, False, None))


def test_row_whose_revision_was_erased_is_not_brought_back(paper: Any, draft: MakeDraft) -> None:
    rows = history(draft, ("One.", "2020-01-01", None))
    paper.record(*rows)
    paper.record(Erase(P7_1, "court order"))
    proposal = paper.propose(*rows)
    assert (proposal.steps, proposal.unchanged) == ((), (P7_1,))


def test_no_period_ever_reaches_past_forever(paper: Any, draft: MakeDraft) -> None:
    proposal = paper.propose(Publish(draft("Last.", "9999-12-31T23:59:59.999999Z")))
    assert periods(proposal) == [[Period(FOREVER - 1, FOREVER)]]
