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
    """The words of a revision that is being erased."""

    policy_id: str
    digest: str
    passages: Sequence[str]


def erase_beside(rows: DraftRows, gone: Erased, of_policy: Collection[int], of_revision: Collection[int]) -> list[int]:
    """Removes what holds the erased words, and gives the events whose reasons were removed, in order.

    What approvals said of the revision itself (the events `of_revision`) goes with it. Another draft or reason goes if
    it holds a whole passage that no revision has any more, whatever its spaces, signs and capitals. `of_policy` are the
    events of the same policy. A draft goes too if it has the content of the revision.
    """
    plain = cache(_plain)  # of each text once: an open draft may have megabytes, and a revision thousands of passages

    def holds(text: str, passage: str) -> bool:
        words = plain(passage)
        return bool(words.strip()) and words in plain(text)

    for tx in of_revision:
        rows.forget(tx)
    held = {tx: opened.reason for tx, opened in rows.opened().items() if opened.reason is not None}
    drafts = rows.open()
    texts = [*(reason for reason in held.values()), *(words for kept in drafts for words in _words(kept))]
    candidates = [passage for passage in dict.fromkeys(gone.passages) if any(holds(it, passage) for it in texts)]
    lost = sorted(rows.lost(json.dumps(candidates))) if candidates else []
    reached = []
    for tx, reason in sorted(held.items()):
        if any(_counts(passage, tx in of_policy) and holds(reason, passage) for passage in lost):
            rows.forget_reason(tx)
            reached.append(tx)
    for kept in drafts:
        own = kept.policy_id == gone.policy_id
        counted = [passage for passage in lost if _counts(passage, own)]
        held_here = any(holds(words, passage) for words in _written(kept) for passage in counted)
        if held_here or (own and kept.draft.digest() == gone.digest):
            rows.write(kept.without_words())
        elif kept.decided is not None and any(holds(kept.decided.words or "", passage) for passage in counted):
            rows.write(replace(kept, decided=replace(kept.decided, words=None)))
    return reached


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
