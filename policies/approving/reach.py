"""What an erasure reaches beside the words of a revision: drafts and reasons that hold them."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from policies.approving.draft_rows import DraftRows
from policies.approving.kept_draft import KeptDraft
from policies.normal_form import SPACELESS

SHORTEST = 3
"""How many words a passage needs, to count as the same words in what belongs to another policy. Two letters of a script
without spaces count as one."""

_WORD = re.compile(rf"[{SPACELESS}]|[^\W{SPACELESS}]+")
_LETTER = re.compile(rf"[{SPACELESS}]")


@dataclass(frozen=True, slots=True)
class Erased:
    """The words of a revision that is being erased.

    `of_policy` are the events of the same policy, and `of_revision` those of the revision.
    """

    policy_id: str
    revision: int
    digest: str
    passages: Sequence[str]
    of_policy: Collection[int]
    of_revision: Collection[int]


@dataclass(frozen=True, slots=True)
class Beside:
    """What goes with erased words: the reasons of these events, these drafts, and what was said of these drafts."""

    reasons: tuple[int, ...] = ()
    drafts: tuple[KeptDraft, ...] = ()
    decided: tuple[KeptDraft, ...] = ()


def beside(rows: DraftRows, gone: Erased) -> Beside:
    """What holds the words that are being erased, but for what approvals said of the revision itself.

    A draft or reason goes if it holds a whole passage that no other revision has, whatever its spaces, signs and
    capitals. A draft goes too if it has the content of the revision.
    """
    plain = cache(_plain)  # of each text once: an open draft may have megabytes, and a revision thousands of passages

    def holds(text: str, passage: str) -> bool:
        words = plain(passage)
        return bool(words.strip()) and words in plain(text)

    opened = sorted(rows.opened().items())
    held = {tx: it.reason for tx, it in opened if it.reason is not None and tx not in gone.of_revision}
    open_drafts = rows.open()
    texts = [*(reason for reason in held.values()), *(words for kept in open_drafts for words in _words(kept))]
    candidates = [passage for passage in dict.fromkeys(gone.passages) if any(holds(it, passage) for it in texts)]
    lost = sorted(rows.lost(json.dumps(candidates), gone.policy_id, gone.revision)) if candidates else []
    reasons, drafts, decided = list[int](), list[KeptDraft](), list[KeptDraft]()
    for tx, reason in held.items():
        if any(_counts(passage, tx in gone.of_policy) and holds(reason, passage) for passage in lost):
            reasons.append(tx)
    for kept in open_drafts:
        own = kept.policy_id == gone.policy_id
        counted = [passage for passage in lost if _counts(passage, own)]
        held_here = any(holds(words, passage) for words in _written(kept) for passage in counted)
        if held_here or (own and kept.draft.digest() == gone.digest):
            drafts.append(kept)
        elif kept.decided is not None and any(holds(kept.decided.words or "", passage) for passage in counted):
            decided.append(kept)
    return Beside(tuple(reasons), tuple(drafts), tuple(decided))


def erase_beside(rows: DraftRows, gone: Erased) -> tuple[int, ...]:
    """Removes what holds the erased words, and what approvals said of the revision itself.

    Gives the other events whose reasons were removed, in order.
    """
    for tx in gone.of_revision:
        rows.forget(tx)
    found = beside(rows, gone)
    for tx in found.reasons:
        rows.forget_reason(tx)
    for kept in found.drafts:
        rows.write(kept.without_words())
    for kept in found.decided:
        assert kept.decided is not None
        rows.write(replace(kept, decided=replace(kept.decided, words=None)))
    return found.reasons


def _words(kept: KeptDraft) -> Iterator[str]:
    yield from _written(kept)
    if kept.decided is not None and kept.decided.words is not None:
        yield kept.decided.words


def _written(kept: KeptDraft) -> list[str]:
    return [kept.draft.text, kept.draft.title, kept.draft.note or ""]


def _counts(passage: str, own: bool) -> bool:
    return own or len(_WORD.findall(passage)) - len(_LETTER.findall(passage)) / 2 >= SHORTEST


def _plain(text: str) -> str:
    """The words of a text, or letters of a script without spaces, between single spaces, with one at either end."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
