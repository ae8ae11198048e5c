"""Everything that can go wrong with a policy.

PolicyError
├── DraftError            an authored file or an import row cannot be accepted
├── UnknownPolicy         no such policy
├── UnknownRevision       the policy has no such revision
├── RevisionErased        the words of this revision were erased
├── ChangeRefused         a change that contradicts what is recorded
│   ├── ApprovalRequired  a change that another person, or another role, has to allow
│   └── RevisionBegan     what is to be unscheduled has begun
├── UnknownDraft          no such draft
├── FilesRefused          several files cannot be accepted, or one of a folder
├── LintRefused           publishing was to be strict, and the lint finds something
├── NamedWriteMismatch    the name of a write was given to another one before
├── LedgerBusy            another process is writing
├── LedgerMissing         there is no ledger in this home folder
├── LedgerTooNew          a later version of Asof wrote this ledger
├── LedgerFull            there is no room to record anything
├── LedgerReadOnly        this process cannot write into the home folder
├── LedgerLost            the ledger that is open is no longer the one in its folder
├── ClockBehind           the newest event was recorded long after what the clock says now
└── LedgerDamaged         the chain of events or the words do not fit their hashes
"""

from collections.abc import Sequence


class PolicyError(Exception):
    """A refusal that names the object and the next step."""


class DraftError(PolicyError):
    """An authored file or an import row that cannot be accepted; the message starts with where."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class UnknownPolicy(PolicyError):
    @classmethod
    def named(cls, policy_id: str) -> "UnknownPolicy":
        """The error for a policy that is not there, or that is none: a revision of one, say."""
        if "@" in policy_id:
            return cls(f"{policy_id} is a revision; name the policy, {policy_id.split('@')[0]}")
        return cls(f"There is no policy {policy_id}; `asof policies` lists them")


class UnknownRevision(PolicyError):
    pass


class RevisionErased(PolicyError):
    pass


class ChangeRefused(PolicyError):
    pass


class ApprovalRequired(ChangeRefused):
    pass


class UnknownDraft(PolicyError):
    pass


class RevisionBegan(ChangeRefused):
    """A revision that has begun cannot be unscheduled; `tx` is the transaction that published it."""

    def __init__(self, message: str, tx: int) -> None:
        super().__init__(message)
        self.tx = tx


class FilesRefused(PolicyError):
    """Some of the files cannot be accepted, so none is; `found` has each with what is wrong with it."""

    def __init__(self, found: Sequence[tuple[str, str]], of: int) -> None:
        listed = "".join(f"\n  {where}: {problem}" for where, problem in found)
        files = f"{len(found)} of {of} files" if of > 1 else "The file"
        verb = "are" if len(found) > 1 else "is"
        super().__init__(
            f"{files} {verb} refused, so nothing of the folder is taken. Mend what is listed, or move it away{listed}"
        )
        self.found = tuple(found)


class LintRefused(PolicyError):
    """Findings keep files from being published; `found` has the place and the words of each.

    `planned` where publishing them was only planned.
    """

    def __init__(self, found: Sequence[tuple[str, str]], *, planned: bool = False) -> None:
        refuses = "would refuse" if planned else "refuses" if len(found) == 1 else "refuse"
        what = f"a finding of the lint {refuses}" if len(found) == 1 else f"{len(found)} findings of the lint {refuses}"
        so = "With strict these files would not be published" if planned else "Nothing was published"
        how = "plan without strict" if planned else "publish without strict"
        listed = "".join(f"\n  {where}: {words}" for where, words in found)
        super().__init__(f"{so}: {what} it. Mend what is listed, or {how}{listed}")
        self.found = tuple(found)


class NamedWriteMismatch(PolicyError):
    pass


class LedgerBusy(PolicyError):
    pass


class LedgerMissing(PolicyError):
    pass


class LedgerTooNew(PolicyError):
    pass


class LedgerDamaged(PolicyError):
    pass


class LedgerFull(PolicyError):
    pass


class LedgerReadOnly(PolicyError):
    pass


class LedgerLost(PolicyError):
    pass


class ClockBehind(PolicyError):
    pass
