"""What an author asks for; the proposal decides what it becomes."""

from dataclasses import dataclass
from typing import TypeAlias

from policies.approving.authority import NOBODY, Authority
from policies.approving.consent import Consent
from policies.approving.kept_draft import KeptDraft
from policies.instant import Instant
from policies.revision import Draft, VersionId


@dataclass(frozen=True, slots=True)
class Publish:
    """Put a draft in force from its `valid_from` (or now). `replace_scheduled` also covers what is scheduled later.

    `formerly` are drafts of the same file, by the time zones that were the home's before: what is recorded by one of
    them is no change.
    """

    draft: Draft
    replace_scheduled: bool = False
    formerly: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """Revision `number` of a history, in force over exactly its draft's period.

    `successor` is when the next revision of the history starts. A rule is open-ended where its period ends there,
    ends by withdrawal, or has no end. A rule with any other end is an overlay.
    """

    draft: Draft
    number: int
    withdrawn: bool
    successor: Instant | None

    @property
    def open_ended(self) -> bool:
        return self.draft.valid_to is None or self.withdrawn or self.draft.valid_to == self.successor


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Nothing is in force over `[start, end)`; without an end, for good."""

    policy_id: str
    start: Instant
    end: Instant | None = None
    note: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """From `start` on, what withdrawals hide is in force again."""

    policy_id: str
    start: Instant
    note: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Erase:
    """The words of a revision are gone for good."""

    version: VersionId
    note: str
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Restrict:
    """From now on, and for every earlier date, only these labels may read the revision."""

    version: VersionId
    audience: tuple[str, ...]
    note: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Correct:
    """A draft takes the place of a revision, over the periods that it shows now; what it said before stays provable.

    `formerly` are drafts of the same file, as of a publish: one of them may be of the revision's period.
    """

    version: VersionId
    draft: Draft
    note: str | None = None
    formerly: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Undo:
    """From now on, the timeline is what it would be if the commit of transaction `tx` had never been recorded.

    Without `tx` that is the newest commit.
    """

    tx: int | None = None
    note: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Unschedule:
    """A revision that has not begun never comes into force."""

    version: VersionId
    note: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Describe:
    """Owner, note or review date of a policy, those that are given, until a later revision says otherwise.

    `clears` names those of which nothing is to be said any more.
    """

    policy_id: str
    owner: str | None = None
    note: str | None = None
    review_by: Instant | None = None
    author: str | None = None
    clears: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Configure:
    """A setting of the home: its `timezone`, or whether the policies of a pattern need an approval."""

    timezone: str | None = None
    approval: str | None = None
    policies: str = "*"
    note: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    """A kept draft comes into force, approved by a person who names the `digest` of what they have read.

    A draft that is approved already needs none: whoever may publish lets it come into force.
    """

    draft_id: str
    authority: Authority = NOBODY
    digest: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Approved(Publish):
    """A publish that somebody approved. The ledger alone makes one, of an `Approve` that it held against its draft."""

    consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A kept draft, whose `digest` is that of what was read, comes into force where its policy needs no approval.

    Nothing is left of the draft then. One that is approved comes into force by its approval.
    """

    draft_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Released(Publish):
    """A publish that takes the place of a draft. The ledger alone makes one, of a `Release`."""

    kept: KeptDraft | None = None


@dataclass(frozen=True, slots=True)
class SignOff:
    """A revision that was published without the approval it needed, looked at afterwards by another person."""

    version: VersionId
    authority: Authority
    note: str | None = None


Change: TypeAlias = (
    Publish
    | Load
    | Withdraw
    | Restore
    | Erase
    | Restrict
    | Correct
    | Undo
    | Unschedule
    | Describe
    | Configure
    | Approve
    | Release
    | SignOff
)
