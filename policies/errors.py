"""Everything that can go wrong with a policy.

PolicyError
├── DraftError            an authored file or an import row cannot be accepted
├── UnknownPolicy         no such policy
├── UnknownRevision       the policy has no such revision
├── RevisionErased        the words of this revision were erased
├── ChangeRefused         a change that contradicts what is recorded
│   └── ApprovalRequired  a change that another person, or another role, has to allow
├── UnknownDraft          no such draft
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
    pass


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


class LintRefused(PolicyError):
    """Findings keep files from being published; `found` has the place and the words of each."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        what = "a finding of the lint refuses" if len(found) == 1 else f"{len(found)} findings of the lint refuse"
        listed = "".join(f"\n  {where}: {words}" for where, words in found)
        super().__init__(f"Nothing was published: {what} it. Mend what is listed, or leave strict out{listed}")
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
