"""What a list of changes would become: events with the periods they paint, before anything is recorded.

Pure. The ledger records a proposal; `asof plan` shows one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

from policies.amending.description import Description, same_as_described
from policies.amending.repainting import corrected_paint, painted_anew, repaint
from policies.amending.taking_back import (
    check_correction,
    check_no_erasure,
    check_undo,
    commit_of,
    of_its_period,
    scheduled,
)
from policies.approving.authority import same_person
from policies.approving.consent import Consent
from policies.approving.kept_draft import KeptDraft
from policies.change import (
    Approve,
    Approved,
    Change,
    Configure,
    Correct,
    Describe,
    Erase,
    Load,
    Publish,
    Release,
    Released,
    Restore,
    Restrict,
    SignOff,
    Undo,
    Unschedule,
    Withdraw,
)
from policies.errors import (
    ApprovalRequired,
    ChangeRefused,
    ClockBehind,
    DraftError,
    UnknownPolicy,
    UnknownRevision,
)
from policies.event import Base, Event, Kind, Paint
from policies.home_settings import APPROVALS, HOME, check_timezone, settings_after
from policies.instant import FOREVER, Instant, format_instant
from policies.period import Period
from policies.revision import Draft, VersionId
from policies.timeline import PolicyTimeline, Publishes, Timeline, publish_periods, restored_paint


class Said(TypedDict, total=False):
    """What an event says besides its paint."""

    applies_to: Mapping[str, tuple[str, ...]]
    audience: tuple[str, ...]
    owner: str | None
    review_by: Instant | None
    undoes: tuple[int, ...]
    replace_scheduled: bool
    start: Instant | None
    corrects: int | None
    settings: Mapping[str, str]
    clears: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """An event to be recorded, not yet hashed; for a publish also the draft with the words, and who approved them.

    `released` is the kept draft that is gone once the event is recorded.
    """

    event: Event
    draft: Draft | None = None
    consent: Consent | None = None
    released: KeptDraft | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The steps that the changes need, on top of transaction `tx`; `unchanged` names what needs no step."""

    tx: int
    steps: tuple[Step, ...]
    unchanged: tuple[VersionId, ...]
    before: Timeline
    after: Timeline

    @property
    def drafts(self) -> list[Draft]:
        return [step.draft for step in self.steps if step.draft is not None]

    @property
    def sources(self) -> dict[str, VersionId]:
        """Which revision each draft would become, by where the draft came from."""
        drafts = [(step.draft, step.event.revision) for step in self.steps]
        return {draft.where: VersionId(draft.policy_id, number) for draft, number in drafts if draft and number}


def propose(
    timeline: Timeline,
    changes: Iterable[Change],
    digests: Mapping[VersionId, str],
    events: Mapping[str, list[Event]],
    at: Instant,
    now: Instant | None = None,
    notes: Mapping[VersionId, str] | None = None,
) -> Proposal:
    """The proposal for `changes` in their order, as if recorded at instant `at`; what has no start begins `now`.

    `digests` holds the draft's digest of every recorded revision of the policies concerned that still has its words; it
    may leave out digests that no draft has. `events` holds all events of the policies that are restored
    or described, or of which something is undone or unscheduled. `notes` are the revisions' own, for refusals that say
    them back. ChangeRefused, UnknownPolicy or UnknownRevision says
    what is not possible.
    """
    work = _Work(timeline, dict(digests), {key: list(value) for key, value in events.items()}, at, now)
    work.notes = notes or {}
    for change in changes:
        work.add(change)
    return Proposal(timeline.tx, tuple(work.steps), tuple(work.unchanged), timeline, work.timeline())


class _Work:
    """The state while changes are taken one by one; each change sees what the changes before it paint."""

    def __init__(
        self,
        timeline: Timeline,
        digests: dict[VersionId, str],
        events: dict[str, list[Event]],
        at: Instant,
        now: Instant | None,
    ) -> None:
        self.before, self.digests, self.events, self.at = timeline, digests, events, at
        self.now = at if now is None else now
        self.notes: Mapping[VersionId, str] = {}
        self.steps: list[Step] = []
        self.unchanged: list[VersionId] = []
        self._policies = dict(timeline.policies)
        self._publishes = Publishes(self._policies)
        self._erased = set(timeline.erased)
        self._alike: dict[tuple[str, str], list[int]] = defaultdict(list)
        for version, digest in sorted(digests.items()):
            self._alike[version.policy_id, digest].append(version.number)

    def timeline(self) -> Timeline:
        return self.before.extended(step.event for step in self.steps)

    def add(self, change: Change) -> None:
        if isinstance(change, Publish):
            self._publish(change)
        elif isinstance(change, Load):
            self._load(change)
        elif isinstance(change, Withdraw):
            self._withdraw(change)
        elif isinstance(change, Restore):
            self._restore(change)
        elif isinstance(change, Erase):
            self._erase(change)
        elif isinstance(change, Correct):
            self._correct(change)
        elif isinstance(change, Undo):
            self._undo(change)
        elif isinstance(change, Describe):
            self._describe(change)
        elif isinstance(change, Unschedule):
            self._unschedule(change)
        elif isinstance(change, Configure):
            self._configure(change)
        elif isinstance(change, SignOff):
            self._sign_off(change)
        elif isinstance(change, Approve | Release):
            raise TypeError("the ledger makes a publish of it first")
        else:
            self._restrict(change)

    def _publish(self, change: Publish) -> None:
        draft = change.draft
        if same := self._already_published(change):
            self.unchanged.append(same)
            return
        policy = self._policy(draft.policy_id)
        start = self.now if draft.valid_from is None else draft.valid_from
        if draft.valid_to is not None and draft.valid_to <= start:
            raise DraftError(
                draft.where,
                f"would hold {draft.calendar.end(draft.valid_to)}, which is not after its start, "
                f"{draft.calendar.instant(start)}; give effective too, or a later until or through",
            )
        periods = publish_periods(policy, start, draft.valid_to, replace_scheduled=change.replace_scheduled)
        if not periods:
            raise ChangeRefused(
                f"{draft.where}: {draft.policy_id} would never be in force from {draft.calendar.instant(start)}: "
                "revisions with an end of their own cover that whole period. Give it an until or a through, or another "
                "effective date"
            )
        if draft.valid_from is None and draft.valid_to is None and periods[-1].end <= self.at:
            raise ClockBehind(
                f"{draft.where}: this machine's clock says {draft.calendar.instant(start)}, and another revision of "
                f"{draft.policy_id} began at {draft.calendar.instant(periods[-1].end)} already, by the clock under "
                "which the newest event was recorded: it would take the place of these words then. Set the clock "
                "right, or give an effective date"
            )
        paints = tuple(Paint(period, None, start, draft.valid_to is None) for period in periods)
        number = self._count(draft.policy_id) + 1
        replacing = change.replace_scheduled and draft.valid_to is None
        consent = change.consent if isinstance(change, Approved) else None
        self._record_words(draft, number, paints, replace_scheduled=replacing, consent=consent)
        if isinstance(change, Released):
            self.steps[-1] = replace(self.steps[-1], released=change.kept)

    def _already_published(self, change: Publish) -> VersionId | None:
        """The revision with the same content and the same period as this draft; None where there is none.

        The period may be what the file said by a time zone that was the home's before.
        """
        for draft in (change.draft, *change.formerly):
            if same := self._recorded_as(replace(change, draft=draft)):
                return same
        return None

    def _recorded_as(self, change: Publish) -> VersionId | None:
        draft, digest = change.draft, change.draft.digest()
        for number in reversed(self._alike[draft.policy_id, digest]):
            version = VersionId(draft.policy_id, number)
            if draft.valid_from is None and number != self._count(draft.policy_id):
                return None
            if version in self.digests and self._still_holds(change, version):
                return version
        return None

    def _still_holds(self, change: Publish, version: VersionId) -> bool:
        """Whether the revision already says what the change asks for, also where a withdrawal only hides it."""
        draft, event = change.draft, self._publishes[version]
        if event.tx in self._policy(draft.policy_id).undone:
            return False
        origin, open_ended = event.painted[0].origin, event.painted[0].open_ended
        if draft.valid_to != (None if open_ended else event.painted[-1].period.end):
            return False
        start = origin if draft.valid_from is None else draft.valid_from
        if start != origin or (draft.valid_from is None and start > self.now):
            return False
        policy = self._policy(draft.policy_id)
        top = policy.top
        if change.replace_scheduled and any(c.paint.open_ended and c.paint.origin > start for c in top):
            return False
        asked = Period(max(start, self.now)) if draft.valid_from is None else Period(start)
        over = [c for p in event.painted for c in policy.over(p.period) if c.valid.overlap(asked)]
        shown = {cell.revision for cell in over if draft.valid_from is not None or self.now in cell.valid}
        return version.number in shown or shown == {None}

    def _load(self, change: Load) -> None:
        draft, version = change.draft, VersionId(change.draft.policy_id, change.number)
        assert draft.valid_from is not None
        if change.number <= self._count(draft.policy_id):
            self._check_same(change, version)
            self.unchanged.append(version)
            if self._publishes[version].tx in self._policy(draft.policy_id).undone:
                return
        elif change.number != self._count(draft.policy_id) + 1:
            raise ChangeRefused(
                f"{draft.where}: {version} does not follow {draft.policy_id}@{self._count(draft.policy_id)}, "
                "the newest revision recorded"
            )
        else:
            period = Period(draft.valid_from, FOREVER if draft.valid_to is None else draft.valid_to)
            self._record_words(draft, change.number, (Paint(period, None, draft.valid_from, change.open_ended),))
        if change.withdrawn and draft.valid_to is not None:
            self._load_withdrawal(change, draft.valid_to)

    def _check_same(self, change: Load, version: VersionId) -> None:
        draft = change.draft
        if version in self._erased:
            return
        first, last = self._publishes[version].painted[0], self._publishes[version].painted[-1]
        end = FOREVER if draft.valid_to is None else draft.valid_to
        ended_since = last.period.end == FOREVER and change.open_ended
        if self.digests.get(version) != draft.digest():
            problem = "other words or metadata"
        elif first.period.start != draft.valid_from or not (last.period.end == end or ended_since):
            problem = f"the period {draft.calendar.period(first.period.start, last.period.end)}"
        else:
            return
        raise ChangeRefused(
            f"{draft.where}: {version} is already recorded with {problem}. What is recorded never changes: "
            "add the correction as a further revision"
        )

    def _load_withdrawal(self, change: Load, start: Instant) -> None:
        draft = change.draft
        policy = self._policy(draft.policy_id)
        said = policy.in_force(start, self.at)
        # An older revision may show here: it was open-ended when it was recorded, in an earlier import.
        if said is not None and (said.revision is None or said.revision > change.number):
            return
        if change.successor == start:
            return
        end = FOREVER if change.successor is None or change.successor < start else change.successor
        self._record("withdraw", draft.policy_id, None, (Paint(Period(start, end), None, start, True),), draft.author)

    def _withdraw(self, change: Withdraw) -> None:
        policy = self._known(change.policy_id)
        period = Period(change.start, FOREVER if change.end is None else change.end)
        if not period:
            raise ChangeRefused(f"{change.policy_id}: a withdrawal ends after it begins; give a later end")
        shown = policy.over(period)
        hidden = [cell.valid for cell in shown if cell.revision is None]
        if not period.without(hidden):
            return
        if all(cell.revision is None for cell in shown):
            raise ChangeRefused(
                f"{change.policy_id} has nothing in force from {format_instant(change.start)} on; "
                f"`asof history {change.policy_id}` shows its periods"
            )
        paint = Paint(period, None, change.start, change.end is None)
        self._record("withdraw", change.policy_id, None, (paint,), change.author, change.note)

    def _restore(self, change: Restore) -> None:
        policy = self._known(change.policy_id)
        counted = painted_anew(change.policy_id, self._events(change.policy_id)).events
        paints = restored_paint(policy, counted, change.start)
        if not paints:
            raise ChangeRefused(
                f"{change.policy_id} is not withdrawn at or after {format_instant(change.start)}, or nothing "
                f"lies beneath; `asof history {change.policy_id}` shows its periods"
            )
        self._record("restore", change.policy_id, None, tuple(paints), change.author, change.note, start=change.start)

    def _correct(self, change: Correct) -> None:
        version = change.version
        self._known_version(version)
        policy = self._policy(version.policy_id)
        drafts = (change.draft, *change.formerly)
        draft = next((it for it in drafts if of_its_period(version, it, self._publishes)), change.draft)
        check_correction(version, draft, policy, self._publishes)
        if self.digests.get(version) == draft.digest():
            self.unchanged.append(version)
            return
        number = self._count(version.policy_id) + 1
        paints = corrected_paint(policy, version.number, number)
        self._record_words(draft, number, paints, note=change.note, corrects=version.number)

    def _undo(self, change: Undo) -> None:
        tx = self.before.tx if change.tx is None else change.tx
        commit = commit_of(tx, self.before.tx, self.events)
        check_undo(tx, commit, self.events, self._policies, self.now, self.notes)
        for policy_id in dict.fromkeys(event.policy_id for event in commit):
            undoes = tuple(event.tx for event in commit if event.policy_id == policy_id)
            self._take_back("undo", policy_id, None, undoes, change)

    def _unschedule(self, change: Unschedule) -> None:
        version = change.version
        self._known_version(version)
        undoes = scheduled(version, self._policy(version.policy_id), self._publishes, self.now)
        self._take_back("unschedule", version.policy_id, version.number, undoes, change)

    def _describe(self, change: Describe) -> None:
        policy = self._known(change.policy_id)
        given = Description(change.owner, change.note, change.review_by)
        shown = {cell.revision for cell in policy.over(Period(self.now)) if cell.revision is not None}
        numbers = shown or {len(policy.publishes)}
        if same_as_described(given, self._events(change.policy_id), numbers, change.clears):
            return
        said: Said = {"owner": change.owner, "review_by": change.review_by, "clears": change.clears}
        self._record("describe", change.policy_id, None, (), change.author, change.note, **said)

    def _take_back(
        self, kind: Kind, policy_id: str, revision: int | None, undoes: tuple[int, ...], change: Undo | Unschedule
    ) -> None:
        events = self._events(policy_id)
        check_no_erasure(policy_id, events, undoes)
        paints = repaint(self._policy(policy_id), painted_anew(policy_id, events, undoes).timeline)
        self._record(kind, policy_id, revision, paints, change.author, change.note, undoes=undoes)

    def _erase(self, change: Erase) -> None:
        self._known_version(change.version)
        if change.version in self._erased:
            self.unchanged.append(change.version)
            return
        self._erased.add(change.version)
        self.digests.pop(change.version, None)
        self._record("erase", change.version.policy_id, change.version.number, (), change.author, change.note)

    def _restrict(self, change: Restrict) -> None:
        self._known_version(change.version)
        version = change.version
        if self._policy(version.policy_id).audiences[version.number] == change.audience:
            self.unchanged.append(version)
            return
        policy_id, number = version.policy_id, version.number
        self._record("restrict", policy_id, number, (), change.author, change.note, audience=change.audience)

    def _configure(self, change: Configure) -> None:
        settings: dict[str, str] = {}
        if change.timezone is not None:
            check_timezone(change.timezone)
            settings["timezone"] = change.timezone
        if change.approval is not None:
            if change.approval not in APPROVALS:
                raise ChangeRefused(f"approval is {' or '.join(APPROVALS)}, not {change.approval!r}")
            settings |= {"approval": change.approval, "policies": change.policies}
        before = settings_after((step.event for step in self.steps), self.before.settings)
        event = Event(0, 0, "settings", HOME, None, (), None, None, "", settings=settings)
        if settings_after([event], before) != before:
            self._record("settings", HOME, None, (), change.author, change.note, settings=settings)

    def _sign_off(self, change: SignOff) -> None:
        version, person = change.version, change.authority.person
        self._known_version(version)
        publish, events = self._publishes[version], self._events(version.policy_id)
        if publish.forced is None:
            raise ChangeRefused(f"{version} was not published without approval, so there is nothing to sign off")
        if any(event.kind == "sign_off" and event.revision == version.number for event in events):
            self.unchanged.append(version)
            return
        if person is None or not change.authority.approves:
            raise ApprovalRequired(f"To sign {version} off takes the key of an approver, which names a person")
        if same_person(person, publish.forced.person):
            raise ApprovalRequired(f"{person} published {version}, so another person signs it off")
        consent = Consent(person, None, change.note, base=Base(version.number, publish.tx))
        self._record("sign_off", version.policy_id, version.number, (), person, consent=consent)

    def _record_words(
        self,
        draft: Draft,
        number: int,
        paints: tuple[Paint, ...],
        note: str | None = None,
        consent: Consent | None = None,
        **said: Unpack[Said],
    ) -> None:
        paints = tuple(replace(paint, revision=number) for paint in paints)
        said |= {"applies_to": draft.applies_to, "audience": draft.audience, "owner": draft.owner}
        said |= {"review_by": draft.review_by}
        self._record("publish", draft.policy_id, number, paints, draft.author, note, draft, consent, **said)
        version = VersionId(draft.policy_id, number)
        digest = draft.digest()
        self.digests[version] = digest
        self._alike[draft.policy_id, digest].append(number)

    def _record(
        self,
        kind: Kind,
        policy_id: str,
        revision: int | None,
        paints: tuple[Paint, ...],
        author: str | None = None,
        note: str | None = None,
        draft: Draft | None = None,
        consent: Consent | None = None,
        **said: Unpack[Said],
    ) -> None:
        if consent is not None and consent.at is None:
            consent = replace(consent, at=self.now)
        event = Event(
            tx=self.before.tx + len(self.steps) + 1,
            recorded_at=self.at,
            kind=kind,
            policy_id=policy_id,
            revision=revision,
            painted=paints,
            author=author,
            note=note,
            previous="",
            approval=None if consent is None else consent.signature(b""),
            **said,
        )
        self.steps.append(Step(event, draft, consent))
        if kind == "settings":
            return
        self._policies[policy_id] = self._policy(policy_id).painted([event])
        self._events(policy_id).append(event)

    def _policy(self, policy_id: str) -> PolicyTimeline:
        return self._policies.get(policy_id) or PolicyTimeline(policy_id)

    def _known(self, policy_id: str) -> PolicyTimeline:
        if policy_id not in self._policies:
            raise UnknownPolicy.named(policy_id)
        return self._policies[policy_id]

    def _known_version(self, version: VersionId) -> None:
        self._known(version.policy_id)
        if version not in self._publishes:
            raise UnknownRevision(
                f"{version.policy_id} has no revision {version.number}; `asof history {version.policy_id}` lists them"
            )

    def _count(self, policy_id: str) -> int:
        return len(self._policy(policy_id).publishes)

    def _events(self, policy_id: str) -> list[Event]:
        return self.events.setdefault(policy_id, [])
