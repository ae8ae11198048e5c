"""Drafts in a real ledger: kept, edited, handed in, approved, rejected; what ends an approval, and what it records."""

import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from policies.approving.authority import Authority
from policies.approving.consent import sealed
from policies.approving.kept_draft import KeptDraft
from policies.calendar import UTC_CALENDAR, Calendar
from policies.change import (
    Approve,
    Approved,
    Configure,
    Correct,
    Erase,
    Load,
    Publish,
    Release,
    Released,
    Restore,
    SignOff,
    Undo,
    Withdraw,
)
from policies.errors import ApprovalRequired, ChangeRefused, LedgerDamaged, UnknownDraft
from policies.event import Base, Event
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.revision import Draft, Span, VersionId
from policies.storage.ledger_store import LedgerStore
from policies.storage.writer_lock import writer_lock
from tests.policies.conftest import Clock

MakeDraft = Callable[..., Draft]
ANN = Authority("Ann Lee", approves=True)
EVE = Authority("Eve Ito", approves=True)
ADMIN = Authority("Ada Min", approves=True, decides=True)
JANUARY = "2025-01-01"


def record(ledger: Ledger, *changes: object, authority: Authority = ANN) -> list[Event]:
    """Records changes, each draft split into one passage that is all of it."""
    proposal = ledger.propose(changes)  # type: ignore[arg-type]
    spans = [[Span(0, len(draft.text))] for draft in proposal.drafts]
    return ledger.record(proposal, spans, "whole", authority=authority)


def submitted(ledger: Ledger, draft: Draft, person: str = "Bo Chen") -> KeptDraft:
    return ledger.drafts.submit(ledger.drafts.keep(draft, person).id, person)


def approve(kept: KeptDraft, authority: Authority = ANN, note: str | None = None) -> Approve:
    return Approve(kept.id, authority, kept.digest(), note)


def written_over(home: Path, was: str, becomes: str) -> None:
    """Another program changes what is kept of drafts."""
    with closing(sqlite3.connect(home / "ledger.db")) as elsewhere, elsewhere:
        elsewhere.execute("update drafts set content = replace(content, ?, ?)", (was, becomes))


# Keeping


def test_a_draft_is_not_based_on_words_that_were_taken_back(ledger: Ledger, draft: MakeDraft) -> None:
    record(ledger, Publish(draft("One.", JANUARY)))
    record(ledger, Publish(draft("Two.", JANUARY)))
    record(ledger, Undo(2))
    assert ledger.drafts.keep(draft("Three.", JANUARY), "Bo Chen").base == Base(1, 3)
    record(ledger, Undo(3))
    assert ledger.drafts.keep(draft("Four.", JANUARY), "Bo Chen").base == Base(2, 4)


def test_a_draft_of_a_zone_that_this_machine_lacks_keeps_its_instants(
    ledger: Ledger, draft: MakeDraft, home: Path
) -> None:
    record(ledger, Publish(draft("Zanzibar.", "2024-01-01")))
    written = replace(draft("Zanzibar, again.", JANUARY), calendar=Calendar.of("Europe/Kyiv"))
    kept = ledger.drafts.keep(written, "Bo Chen")
    with closing(sqlite3.connect(home / "ledger.db")) as elsewhere, elsewhere:
        elsewhere.execute("update drafts set content = replace(content, 'Europe/Kyiv', 'Europe/Atlantis')")
    [read] = ledger.drafts.all()
    assert (read.draft.valid_from, read.draft.calendar) == (parse_instant(JANUARY), UTC_CALENDAR)
    assert read.digest() == kept.digest()
    record(ledger, Erase(VersionId("P-7", 1), "an order"))
    assert ledger.drafts.find(kept.id).state == "erased"


def test_a_draft_takes_no_transaction_and_no_policy_knows_of_it(ledger: Ledger, draft: MakeDraft) -> None:
    kept = ledger.drafts.keep(draft("Thirty days.", JANUARY), "Bo Chen")
    assert (ledger.head()[0], ledger.counts(), ledger.timeline().policies) == (0, (0, 0), {})
    assert ledger.drafts.find(kept.id) == kept
    assert (kept.state, kept.base, [deed.person for deed in kept.writers]) == ("draft", Base(None, 0), ["Bo Chen"])


def test_ids_do_not_tell_how_many_drafts_there_are(ledger: Ledger, draft: MakeDraft) -> None:
    ids = [ledger.drafts.keep(draft(f"Words {n}."), "Bo Chen").id for n in range(20)]
    assert len(set(ids)) == 20
    assert all(len(each) == 10 and each.startswith("d-") for each in ids)


def test_a_draft_outlives_the_process_that_kept_it(ledger: Ledger, draft: MakeDraft, home: Path, clock: Clock) -> None:
    words = draft("Thirty days.", JANUARY, "2026-01-01", applies_to={"region": ("CA",)}, audience=("legal",))
    kept = ledger.drafts.keep(words, "Bo Chen", replace_scheduled=True)
    with closing(Ledger(LedgerStore.open(home), clock)) as again:
        assert again.drafts.all() == [kept]
        assert again.drafts.find(kept.id).draft == words


def test_words_that_are_in_force_already_are_no_draft(ledger: Ledger, draft: MakeDraft) -> None:
    record(ledger, Publish(draft("Thirty days.", JANUARY)))
    with pytest.raises(ChangeRefused, match=r"P-7@1 says these words over this period already"):
        ledger.drafts.keep(draft("Thirty days.", JANUARY), "Bo Chen")


def test_an_unknown_draft_is_named(ledger: Ledger) -> None:
    with pytest.raises(UnknownDraft, match="There is no draft 'd-none'"):
        ledger.drafts.submit("d-none", "Bo Chen")


def test_the_same_words_by_the_same_person_are_the_same_draft(ledger: Ledger, draft: MakeDraft) -> None:
    """So a request that arrives twice keeps one draft."""
    first = ledger.drafts.keep(draft(), "Bo Chen")
    assert ledger.drafts.keep(draft(), "Bo Chen") == first
    assert ledger.drafts.keep(draft(), "Cy Doe").id != first.id
    assert len(ledger.drafts.all()) == 2


def test_drafts_of_several_files_are_kept_all_or_none(ledger: Ledger, draft: MakeDraft) -> None:
    record(ledger, Publish(draft("Thirty days.", JANUARY)))
    both = [draft("Sixty days.", "2026-01-01"), draft("Thirty days.", JANUARY)]
    with pytest.raises(ChangeRefused, match="already"):
        ledger.drafts.keep_all(both, "Bo Chen")
    assert ledger.drafts.all() == []


def test_only_a_writer_deletes_a_draft(ledger: Ledger, draft: MakeDraft) -> None:
    kept = ledger.drafts.keep(draft(), "Bo Chen")
    with pytest.raises(ChangeRefused, match="Ann Lee did not write"):
        ledger.drafts.delete(kept.id, "Ann Lee")
    ledger.drafts.delete(kept.id, "bo  CHEN")
    assert ledger.drafts.all() == []


def test_a_published_draft_is_not_deleted_and_has_no_words(ledger: Ledger, draft: MakeDraft) -> None:
    kept = submitted(ledger, draft())
    record(ledger, approve(kept))
    with pytest.raises(ChangeRefused, match=r"is P-7@1, by transaction 1, and no words are kept in it.*`asof undo 1`"):
        ledger.drafts.delete(kept.id)
    assert ledger.drafts.find(kept.id).draft.text == ""


@pytest.mark.parametrize(
    ("was", "becomes"),
    [('{"draft"', '["draft"'), ('"writers"', '"writerz"'), ('"title"', '"titel"'), ("[null, 0]", "7")],
)
def test_a_draft_whose_row_was_altered_is_told_as_damaged_and_may_be_removed(
    ledger: Ledger, draft: MakeDraft, home: Path, was: str, becomes: str
) -> None:
    kept = ledger.drafts.keep(draft("Thirty days.", JANUARY), "Bo Chen")
    assert not ledger.drafts.delete_unreadable(kept.id)
    written_over(home, was, becomes)
    for read in (ledger.drafts.open, ledger.drafts.all, lambda: ledger.drafts.find(kept.id)):
        with pytest.raises(LedgerDamaged, match=f"{kept.id} cannot be read .*`asof drafts --delete {kept.id}`"):
            read()
    assert ledger.drafts.delete_unreadable(kept.id)
    assert ledger.drafts.all() == []


# Approving


def test_an_approved_draft_is_published_and_says_by_whom(ledger: Ledger, draft: MakeDraft) -> None:
    record(ledger, Publish(draft("Thirty days.", JANUARY)))
    kept = submitted(ledger, draft("Sixty days.", "2025-03-01"))
    [event] = record(ledger, approve(kept, note="as agreed"))
    assert (event.kind, event.revision, event.author, event.forced) == ("publish", 2, "Bo Chen", None)
    signed = event.approval
    assert signed is not None
    assert (signed.person, signed.draft, signed.base) == ("Ann Lee", kept.id, Base(1, 1))
    said = ledger.opened([2])[2]
    assert said.reason == "as agreed"
    assert json.loads(said.content or "")["words"] == kept.draft.digest()
    published = ledger.drafts.find(kept.id)
    assert (published.state, published.published, published.revision, published.draft.text) == ("published", 2, 2, "")
    assert ledger.verify() == ledger.head()[2]


def test_a_draft_without_a_start_begins_when_it_is_approved(ledger: Ledger, draft: MakeDraft, clock: Clock) -> None:
    kept = submitted(ledger, draft("Sixty days."))
    clock.at, clock.step = parse_instant("2025-07-01"), 0
    [event] = record(ledger, approve(kept))
    assert event.painted[0].period.start == parse_instant("2025-07-01")
    assert event.approval is not None
    assert event.approval.at == parse_instant("2025-07-01")


@pytest.mark.parametrize("name", ["Ann Lee", "ann  lee", "ANN LEE", "\uff21nn Lee"])
def test_nobody_approves_a_draft_of_their_own(ledger: Ledger, draft: MakeDraft, name: str) -> None:
    kept = submitted(ledger, draft(), name)
    with pytest.raises(ApprovalRequired, match="nobody approves a draft of their own"):
        record(ledger, approve(kept))
    assert ledger.head()[0] == 0


def test_whoever_edited_a_draft_does_not_approve_it_either(ledger: Ledger, draft: MakeDraft) -> None:
    kept = ledger.drafts.keep(draft(), "Bo Chen")
    ledger.drafts.edit(kept.id, draft("Sixty days."), "Ann Lee")
    kept = ledger.drafts.submit(kept.id, "Bo Chen")
    with pytest.raises(ApprovalRequired, match="Ann Lee wrote"):
        record(ledger, approve(kept))


def test_an_author_approves_nothing(ledger: Ledger, draft: MakeDraft) -> None:
    kept = submitted(ledger, draft())
    for nobody in (Authority("Cy Doe"), Authority(None, approves=True), Authority()):
        with pytest.raises(ApprovalRequired, match="takes a key of role approver or admin that names a person"):
            record(ledger, approve(kept, nobody))


def test_a_draft_that_was_not_submitted_is_not_approved(ledger: Ledger, draft: MakeDraft) -> None:
    kept = ledger.drafts.keep(draft(), "Bo Chen")
    with pytest.raises(ChangeRefused, match="was not submitted"):
        record(ledger, approve(kept))


def test_an_approval_of_other_words_is_refused(ledger: Ledger, draft: MakeDraft) -> None:
    seen = submitted(ledger, draft("Sixty days."))
    ledger.drafts.edit(seen.id, draft("Six days."), "Bo Chen")
    now = ledger.drafts.submit(seen.id, "Bo Chen")
    with pytest.raises(ChangeRefused, match="has other words than those you name"):
        record(ledger, approve(seen))
    with pytest.raises(ChangeRefused, match="Name the digest"):
        record(ledger, Approve(now.id, ANN))
    assert ledger.head()[0] == 0


@pytest.mark.parametrize("other", [{"valid_from": 5}, {"valid_to": 9}, {"owner": "me"}, {"audience": ("legal",)}])
def test_a_digest_covers_the_period_and_what_is_said_beside_the_words(
    ledger: Ledger, draft: MakeDraft, other: dict[str, object]
) -> None:
    kept = ledger.drafts.keep(draft("Thirty days."), "Bo Chen")
    assert replace(kept, draft=replace(kept.draft, **other)).digest() != kept.digest()
    assert replace(kept, replace_scheduled=True).digest() != kept.digest()
    assert replace(kept, base=Base(1, 1)).digest() != kept.digest()


def test_a_published_draft_is_approved_once(ledger: Ledger, draft: MakeDraft) -> None:
    kept = submitted(ledger, draft())
    record(ledger, approve(kept))
    for change in (lambda: record(ledger, approve(kept)), lambda: ledger.drafts.submit(kept.id, "Bo Chen")):
        with pytest.raises(ChangeRefused, match=r"is published: it is P-7@1, by transaction 1"):
            change()
    assert ledger.head()[0] == 1


def test_an_approval_for_later_publishes_when_somebody_asks(ledger: Ledger, draft: MakeDraft, clock: Clock) -> None:
    kept = submitted(ledger, draft("Sixty days."))
    clock.at = parse_instant("2025-07-01")
    approved = ledger.drafts.approve_for_later(kept.id, ANN, kept.digest(), "from July")
    assert ledger.head()[0] == 0
    clock.at = parse_instant("2025-08-01")
    [event] = record(ledger, Approve(kept.id), authority=Authority())
    assert event.approval is not None
    assert approved.decided is not None
    assert (event.approval.person, event.approval.at) == ("Ann Lee", approved.decided.at)
    assert event.painted[0].period.start == approved.decided.at
    assert ledger.opened()[1].reason == "from July"


@pytest.mark.parametrize(("was", "becomes"), [("within 4 days", "within 400 days"), ("[null, 0]", "[null, 3]")])
def test_words_that_were_altered_after_their_approval_are_not_published(
    ledger: Ledger, draft: MakeDraft, home: Path, was: str, becomes: str
) -> None:
    kept = submitted(ledger, draft("Return it within 4 days.", JANUARY))
    ledger.drafts.approve_for_later(kept.id, ANN, kept.digest())
    written_over(home, was, becomes)
    altered = ledger.drafts.find(kept.id).digest()
    assert altered != kept.digest()
    for change in (Approve(kept.id), Approve(kept.id, EVE, altered), Release(kept.id, altered)):
        with pytest.raises(LedgerDamaged, match=f"{kept.id} is not what was approved: Ann Lee approved digest"):
            record(ledger, change, authority=Authority())
    with pytest.raises(LedgerDamaged, match=f"asof draft FILE --id {kept.id}"):
        ledger.drafts.approve_for_later(kept.id, ANN, altered)
    assert ledger.head()[0] == 0
    assert ledger.drafts.reject(kept.id, ANN, "altered").state == "rejected"
    again = ledger.drafts.submit(ledger.drafts.edit(kept.id, kept.draft, "Bo Chen").id, "Bo Chen")
    ledger.drafts.approve_for_later(kept.id, ANN, again.digest())
    assert len(record(ledger, Approve(kept.id), authority=Authority())) == 1


def test_an_approval_that_an_earlier_version_kept_still_counts(ledger: Ledger, draft: MakeDraft, home: Path) -> None:
    kept = submitted(ledger, draft("Sixty days.", JANUARY))
    ledger.drafts.approve_for_later(kept.id, ANN, kept.digest())
    written_over(home, f'"agreed": "{kept.digest()}", ', "")
    assert ledger.drafts.find(kept.id).agreed is None
    [event] = record(ledger, Approve(kept.id), authority=Authority())
    assert event.approval is not None
    assert event.approval.person == "Ann Lee"


def test_nothing_is_left_of_the_digest_of_words_that_were_erased(ledger: Ledger, draft: MakeDraft, home: Path) -> None:
    record(ledger, Publish(draft("Sixty whole days.", "2024-01-01")))
    kept = submitted(ledger, draft("Sixty whole days.", "2024-06-01", "2024-07-01", title="Other"))
    ledger.drafts.approve_for_later(kept.id, ANN, kept.digest())
    record(ledger, Erase(VersionId("P-7", 1), "an order"))
    assert (ledger.drafts.find(kept.id).state, ledger.drafts.find(kept.id).agreed) == ("erased", None)


def test_an_approval_for_later_under_a_clock_that_was_ahead_begins_when_it_is_published(
    ledger: Ledger, draft: MakeDraft, clock: Clock
) -> None:
    kept = submitted(ledger, draft("Sixty days."))
    now, clock.at = clock.at, parse_instant("2046-07-01")
    ledger.drafts.approve_for_later(kept.id, ANN, kept.digest())
    clock.at = now
    [event] = record(ledger, Approve(kept.id), authority=Authority())
    assert now <= event.painted[0].period.start < now + 60_000_000


@pytest.mark.parametrize(
    ("written", "begins"),
    [("2026-06-01", "2026-06-01"), ("2025-01-01", "2025-07-15")],
    ids=["under a clock that was set back", "before a rule that has begun since"],
)
def test_an_approval_for_later_changes_nothing_that_was_in_force_before_another_rule(
    ledger: Ledger, draft: MakeDraft, clock: Clock, written: str, begins: str
) -> None:
    clock.at = parse_instant(written)
    record(ledger, Publish(draft("Thirty days.", begins)))
    kept = submitted(ledger, draft("Sixty days."))
    clock.at = parse_instant("2025-07-01")
    ledger.drafts.approve_for_later(kept.id, ANN, kept.digest())
    now = clock.at = parse_instant("2026-11-01")
    [event] = record(ledger, Approve(kept.id), authority=Authority())
    assert [now <= paint.period.start < now + 60_000_000 for paint in event.painted] == [True]


def test_drafts_are_read_in_turn(ledger: Ledger, draft: MakeDraft) -> None:
    for number in range(20):
        ledger.drafts.keep(draft(f"Within {number} days."), "Bo Chen")
    every = ledger.drafts.open()
    assert list(ledger.drafts.open_in_turn()) == every
    assert list(ledger.drafts.open_in_turn(every[11].id)) == every[12:]


def test_an_erasure_of_many_passages_reads_a_long_draft_once(ledger: Ledger, draft: MakeDraft) -> None:
    """Once for each passage, it kept every other writer waiting for minutes."""
    spans = [Span(20 * n, 20 * n + 18) for n in range(1_000)]
    text = "".join(f"Rule {n:04} for days\n\n" for n in range(1_000))
    with_words = ledger.drafts.keep(draft("Some other words of a long draft. " * 30_000, policy_id="P-8"), "Bo Chen")
    proposal = ledger.propose([Publish(draft(text, JANUARY))])
    ledger.record(proposal, [spans], "none")
    began = time.process_time()
    record(ledger, Erase(VersionId("P-7", 1), "an order"))
    assert time.process_time() - began < 20
    assert ledger.drafts.find(with_words.id).state == "draft"


def test_a_rejected_draft_goes_back_with_its_reason(ledger: Ledger, draft: MakeDraft) -> None:
    kept = submitted(ledger, draft())
    rejected = ledger.drafts.reject(kept.id, ANN, "say which days")
    assert rejected.decided is not None
    assert (rejected.state, rejected.decided.person, rejected.decided.words) == (
        "rejected",
        "Ann Lee",
        "say which days",
    )
    with pytest.raises(ChangeRefused, match="was rejected"):
        record(ledger, approve(kept))
    assert ledger.drafts.submit(kept.id, "Bo Chen").state == "submitted"


# What ends an approval


def test_an_edit_voids_an_approval_and_says_so(ledger: Ledger, draft: MakeDraft) -> None:
    kept = submitted(ledger, draft("Sixty days."))
    ledger.drafts.approve_for_later(kept.id, ANN, kept.digest())
    edited = ledger.drafts.edit(kept.id, draft("Six days."), "Bo Chen")
    assert edited.state == "draft"
    assert edited.void is not None
    assert edited.void.startswith("the approval of Ann Lee of 2025-06-01")
    assert "is void: the draft was edited at 2025-06-01" in edited.void
    with pytest.raises(ChangeRefused, match="the approval of Ann Lee"):
        record(ledger, Approve(kept.id, EVE, edited.digest()))


@pytest.mark.parametrize("beneath", ["publish", "withdraw", "undo"])
def test_whatever_paints_the_policy_beneath_voids_an_approval(ledger: Ledger, draft: MakeDraft, beneath: str) -> None:
    record(ledger, Publish(draft("Thirty days.", JANUARY)))
    kept = submitted(ledger, draft("Sixty days.", "2026-01-01"))
    ledger.drafts.approve_for_later(kept.id, ANN, kept.digest())
    changes = {
        "publish": Publish(draft("Forty days.", "2025-02-01")),
        "withdraw": Withdraw("P-7", parse_instant("2027-01-01")),
        "undo": Undo(),
    }
    record(ledger, changes[beneath])
    found = ledger.drafts.standing(kept := ledger.drafts.find(kept.id))
    assert (found.state, found.behind) == ("draft", True)
    assert f"is void: transaction 2 ({beneath} P-7" in (found.void or "")
    with pytest.raises(ChangeRefused, match="cannot be decided on: the approval of Ann Lee"):
        record(ledger, Approve(kept.id))
    with pytest.raises(ChangeRefused, match=rf"asof draft FILE --id {kept.id}"):
        ledger.drafts.submit(kept.id, "Bo Chen")
    again = ledger.drafts.edit(kept.id, kept.draft, "Bo Chen")
    assert again.base.tx == 2
    record(ledger, approve(ledger.drafts.submit(kept.id, "Bo Chen")))


def test_what_paints_nothing_leaves_an_approval(ledger: Ledger, draft: MakeDraft) -> None:
    record(ledger, Publish(draft("Thirty days.", JANUARY)))
    kept = submitted(ledger, draft("Sixty days.", "2026-01-01"))
    record(ledger, Configure(timezone="Europe/Berlin"))
    record(ledger, Publish(replace(draft("Other."), policy_id="P-8")))
    record(ledger, approve(kept))


# Where no approval is required


def test_a_draft_is_gone_in_the_commit_that_publishes_it_without_an_approval(ledger: Ledger, draft: MakeDraft) -> None:
    kept = ledger.drafts.keep(draft("Sixty days.", JANUARY), "Bo Chen")
    with pytest.raises(ChangeRefused, match="has other words than those you name"):
        record(ledger, Release(kept.id, "0" * 64))
    [event] = record(ledger, Release(kept.id, kept.digest()))
    assert (event.kind, event.revision, event.author, event.approval) == ("publish", 1, "Bo Chen", None)
    assert ledger.drafts.all() == []


def test_a_draft_stays_where_its_words_are_recorded_already_or_its_policy_was_changed(
    ledger: Ledger, draft: MakeDraft
) -> None:
    kept = ledger.drafts.keep(draft("Sixty days.", JANUARY), "Bo Chen")
    record(ledger, Publish(draft("Thirty days.", JANUARY)))
    with pytest.raises(ChangeRefused, match=r"changed P-7 since d-\w+ was written"):
        record(ledger, Release(kept.id, kept.digest()))
    assert ledger.drafts.all() == [kept]


def test_a_draft_that_was_edited_since_it_was_proposed_is_not_recorded(ledger: Ledger, draft: MakeDraft) -> None:
    kept = ledger.drafts.keep(draft("Sixty days.", JANUARY), "Bo Chen")
    proposal = ledger.propose([Release(kept.id, kept.digest())])
    edited = ledger.drafts.edit(kept.id, draft("Six days.", JANUARY), "Bo Chen")
    with pytest.raises(ChangeRefused, match="was changed in the meantime"):
        ledger.record(proposal, [[]], "none")
    assert (ledger.head()[0], ledger.drafts.all()) == (0, [edited])


def test_a_draft_that_somebody_approved_meanwhile_says_so_when_it_is_released(ledger: Ledger, draft: MakeDraft) -> None:
    kept = submitted(ledger, draft("Sixty days."))
    ledger.drafts.approve_for_later(kept.id, ANN, kept.digest())
    [event] = record(ledger, Release(kept.id, kept.digest()), authority=Authority())
    assert event.approval is not None
    assert (event.approval.person, ledger.drafts.find(kept.id).state) == ("Ann Lee", "published")


# Where an approval is required


@pytest.fixture
def required(ledger: Ledger, draft: MakeDraft) -> Ledger:
    """P-7@1 is in force, P-7@2 scheduled; from now on P-* needs an approval."""
    record(ledger, Publish(draft("Thirty days.", JANUARY)), Publish(draft("Forty days.", "2027-01-01")))
    record(ledger, Configure(approval="required", policies="P-*"), authority=Authority())
    return ledger


def test_words_without_an_approval_come_in_on_no_way(required: Ledger, draft: MakeDraft) -> None:
    changes = [
        Publish(draft("Sixty days.", "2026-01-01")),
        Correct(VersionId("P-7", 1), draft("Thirty-one days.")),
        Load(replace(draft("Loaded.", JANUARY), policy_id="P-9"), 1, False, None),
    ]
    for change in changes:
        for authority in (Authority(), ANN, ADMIN):
            with pytest.raises(ApprovalRequired, match=r"Approval is required for P-[79].*`asof draft FILE`"):
                record(required, change, authority=authority)
    record(required, Publish(replace(draft("Free."), policy_id="Q-1")), authority=Authority())


def test_a_publish_that_only_says_it_was_approved_is_not_taken(required: Ledger, draft: MakeDraft) -> None:
    kept = submitted(required, draft("Sixty days.", "2026-01-01"))
    required.drafts.reject(kept.id, ANN, "no")
    with pytest.raises(TypeError):
        required.propose([Approved(kept.draft)])
    with pytest.raises(TypeError):
        required.propose([Released(kept.draft)])


def test_a_draft_is_not_released_there_and_stays(required: Ledger, draft: MakeDraft) -> None:
    kept = submitted(required, draft("Sixty days.", "2026-01-01"))
    with pytest.raises(ApprovalRequired, match="Approval is required for P-7"):
        record(required, Release(kept.id, kept.digest()))
    assert required.drafts.find(kept.id) == kept


def test_taking_back_takes_an_approver_there(required: Ledger) -> None:
    record(required, Withdraw("P-7", parse_instant("2026-01-01")), authority=Authority())
    for change in (Undo(), Restore("P-7", parse_instant("2026-01-01"))):
        with pytest.raises(ApprovalRequired, match="takes an approver there"):
            record(required, change, authority=Authority("Bo Chen"))
        assert required.head()[0] == 4
    [undone] = record(required, Undo())
    assert undone.kind == "undo"


def test_who_may_change_what_is_required_is_an_admin(required: Ledger) -> None:
    change = Configure(approval="optional", policies="P-*")
    with pytest.raises(ApprovalRequired, match="takes an admin"):
        record(required, change, authority=ANN)
    record(required, change, authority=ADMIN)


def test_an_admin_publishes_without_approval_and_another_person_signs_it_off(
    required: Ledger, draft: MakeDraft
) -> None:
    urgent = Publish(draft("Sixty days.", "2026-01-01"))
    with pytest.raises(ApprovalRequired, match="Only an admin"):
        record(required, urgent, authority=replace(ANN, force="recall"))
    [event] = record(required, urgent, authority=replace(ADMIN, force="recall"))
    assert event.approval is None
    assert event.forced is not None
    assert (event.forced.person, required.opened()[event.tx].reason) == ("Ada Min", "recall")
    with pytest.raises(ApprovalRequired, match="another person signs it off"):
        record(required, SignOff(VersionId("P-7", 3), ADMIN))
    with pytest.raises(ApprovalRequired, match="takes the key of an approver"):
        record(required, SignOff(VersionId("P-7", 3), Authority("Bo Chen")))
    [signed] = record(required, SignOff(VersionId("P-7", 3), ANN, "read it"))
    assert (signed.kind, signed.painted, signed.author) == ("sign_off", (), "Ann Lee")
    assert record(required, SignOff(VersionId("P-7", 3), EVE)) == []
    with pytest.raises(ChangeRefused, match="was not published without approval"):
        record(required, SignOff(VersionId("P-7", 1), ANN))
    with pytest.raises(ChangeRefused, match="signed P-7@3 off"):
        record(required, Undo())
    assert required.verify() == required.head()[2]


def test_force_where_nothing_requires_an_approval_is_refused(ledger: Ledger, draft: MakeDraft) -> None:
    with pytest.raises(ChangeRefused, match="nothing to force"):
        record(ledger, Publish(draft()), authority=replace(ADMIN, force="recall"))


# Erasing and verifying

SECRET = "The secret recipe is thyme."


def test_an_erasure_reaches_drafts_and_reasons_that_hold_the_words(ledger: Ledger, draft: MakeDraft) -> None:
    first = submitted(ledger, draft(SECRET, JANUARY))
    record(ledger, approve(first, note="fine"))
    other = submitted(ledger, replace(draft("Plain."), policy_id="P-8"))
    record(ledger, approve(other, note="Unlike P-7: the SECRET recipe\n is thyme!"))
    holding = ledger.drafts.keep(draft(f"# New\n\n{SECRET} And more.", "2026-01-01"), "Bo Chen")
    rejected = submitted(ledger, replace(draft("Other."), policy_id="P-9"))
    ledger.drafts.reject(rejected.id, ANN, SECRET)
    kept = ledger.drafts.keep(draft("Nothing of it.", "2026-01-01"), "Bo Chen")
    [erased] = record(ledger, Erase(VersionId("P-7", 1), "court order"))
    assert erased.reasons == (2,)
    assert ledger.drafts.find(holding.id).state == "erased"
    back = ledger.drafts.find(rejected.id)
    assert back.decided is not None
    assert back.decided.words is None
    assert back.draft.text == "Other."
    assert ledger.drafts.find(kept.id) == kept
    opened = ledger.opened()
    assert opened.keys() == {2}
    assert opened[2].reason is None
    assert opened[2].content is not None
    assert ledger.verify() == ledger.head()[2]


def test_an_erasure_reaches_words_in_a_script_without_spaces(ledger: Ledger, draft: MakeDraft) -> None:
    words = "返品は三十日以内に限り受け付けます"
    record(ledger, Publish(draft(f"{words}。", JANUARY)))
    inside = ledger.drafts.keep(draft(f"ただし、{words}ので注意", policy_id="P-8"), "Bo Chen")
    short = ledger.drafts.keep(draft("返品は", policy_id="P-9"), "Bo Chen")
    record(ledger, Erase(VersionId("P-7", 1), "an order"))
    assert [ledger.drafts.find(kept.id).state for kept in (inside, short)] == ["erased", "draft"]


def test_words_that_another_revision_has_are_not_erased_from_drafts(ledger: Ledger, draft: MakeDraft) -> None:
    record(ledger, Publish(draft(SECRET, JANUARY)), Publish(draft(f"{SECRET} Still.", "2025-02-01")))
    kept = ledger.drafts.keep(draft(f"{SECRET} Again.", "2026-01-01"), "Bo Chen")
    record(ledger, Erase(VersionId("P-7", 1), "an order"))
    assert ledger.drafts.find(kept.id) == kept
    record(ledger, Erase(VersionId("P-7", 2), "an order"))
    assert ledger.drafts.find(kept.id).state == "draft"  # "Secret. Still." is one passage, and the draft lacks "Still."


def test_no_byte_of_an_erased_draft_is_left(ledger: Ledger, draft: MakeDraft, home: Path) -> None:
    record(ledger, Publish(draft(SECRET, JANUARY)))
    ledger.drafts.keep(draft(f"{SECRET} More.", "2026-01-01"), "Bo Chen")
    record(ledger, Erase(VersionId("P-7", 1), "an order"))
    ledger.vacuum()
    assert b"thyme" not in b"".join(path.read_bytes() for path in home.iterdir())


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("update approvals set reason = 'no'", "The reason of the approval of event 1 is not the one"),
        ("update approvals set reason = null", "The reason of the approval of event 1 is missing"),
        ("update approvals set content = '{}'", "What was approved by event 1 is not what it committed to"),
        ("delete from approvals", "What was approved by event 1 is missing"),
        ("update approvals set tx = 9", "What was approved by event 1 is missing"),
        ("insert into approvals values (7, x'00', null, 'x')", "There is an approval of event 7"),
    ],
)
def test_verify_names_an_approval_that_was_altered(
    ledger: Ledger, draft: MakeDraft, home: Path, statement: str, message: str
) -> None:
    record(ledger, approve(submitted(ledger, draft()), note="fine"))
    with closing(sqlite3.connect(home / "ledger.db")) as connection, connection:
        connection.execute(statement)
    with pytest.raises(LedgerDamaged, match=message):
        ledger.verify()


def test_an_auditor_can_prove_which_words_were_approved(ledger: Ledger, draft: MakeDraft, home: Path) -> None:
    kept = submitted(ledger, draft("Sixty days."))
    [event] = record(ledger, approve(kept))
    assert event.approval is not None
    with closing(sqlite3.connect(home / "ledger.db")) as connection:
        [(salt, content)] = connection.execute("select salt, content from approvals").fetchall()
    assert event.approval.digest == sealed(salt, "approved", content)
    assert content == kept.content()


def test_a_home_of_before_there_were_drafts_opens_and_has_none(ledger: Ledger, home: Path, clock: Clock) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as connection, connection:
        connection.execute("drop table drafts")
        connection.execute("drop table approvals")
        connection.execute("delete from _sqlite_migrations where name like 'm004%'")
    home.chmod(0o555)
    try:
        with closing(Ledger(LedgerStore.open(home), clock)) as reading:
            assert (reading.drafts.all(), reading.opened()) == ([], {})
            assert reading.verify()
    finally:
        home.chmod(0o755)
    with closing(Ledger(LedgerStore.open(home), clock)) as again:
        assert again.drafts.all() == []


# At the same time


def test_of_two_who_edit_what_they_both_opened_one_is_told_of_the_other(
    ledger: Ledger, draft: MakeDraft, home: Path, clock: Clock
) -> None:
    opened = ledger.drafts.keep(draft("One."), "Bo Chen")

    def edit(person: str) -> str:
        with closing(Ledger(LedgerStore.open(home), clock)) as own:
            try:
                own.drafts.edit(opened.id, draft(f"Of {person}."), person, expected=opened.digest())
            except ChangeRefused as error:
                return str(error)
        return person

    with ThreadPoolExecutor() as threads:
        with writer_lock(home):  # so that both have begun before either writes
            waiting = [threads.submit(edit, person) for person in ("Bo Chen", "Cy Doe")]
            time.sleep(0.2)
        said = [each.result() for each in waiting]
    last = ledger.drafts.find(opened.id).writers[-1].person
    [refused] = [each for each in said if each != last]
    assert last in said
    assert refused.startswith(f"{opened.id} was edited by {last} at 2025-06-01T")
    assert refused.endswith(f"Read its words of now, then give yours again: `asof drafts {opened.id}`")
    assert ledger.drafts.find(opened.id).draft.text == f"Of {last}."
