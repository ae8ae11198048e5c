"""What changed from one revision to another, passage by passage. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

Kind = Literal["unchanged", "moved", "reworded", "added", "removed"]
Mark = Literal["same", "removed", "added"]

COMPARED = 300
"""How many words of a passage are compared, at most: comparing takes the product of both numbers."""

SIMILAR = 0.5
"""Two passages are one that was reworded where twice their common words, over all words of both, is at least this."""

_WORD_AND_SPACE = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class PassageChange:
    """One passage before and after, by ordinals from 1 (None where it is not there).

    `words` are runs of the text, each with what became of it. Only a reworded passage mixes them; others have one run.
    """

    kind: Kind
    before: int | None
    after: int | None
    words: tuple[tuple[Mark, str], ...]

    def content(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
            "words": [{"mark": mark, "text": text} for mark, text in self.words],
        }


def difference(before: Sequence[str], after: Sequence[str]) -> list[PassageChange]:
    """How the passages `before` became those `after`: in the order of `after`, removed ones where they stood.

    Passages with equal words (white space apart) are unchanged, or moved where they are not in the common order. Of the
    others, the most similar pairs are reworded. What is left was removed or added.
    """
    left, right = [" ".join(text.split()) for text in before], [" ".join(text.split()) for text in after]
    pairs, ordered = _equal(left, right)
    pairs |= _reworded(left, right, pairs)
    changes = []
    gone = sorted(set(range(len(left))) - set(pairs.values()))
    for j, text in enumerate(after):
        i = pairs.get(j)
        while gone and i is not None and gone[0] < i:
            changes.append(_removed(gone[0], before))
            gone.pop(0)
        if i is None:
            changes.append(PassageChange("added", None, j + 1, (("added", text),)))
        elif left[i] == right[j]:
            kind: Kind = "unchanged" if (i, j) in ordered else "moved"
            changes.append(PassageChange(kind, i + 1, j + 1, (("same", text),)))
        else:
            changes.append(PassageChange("reworded", i + 1, j + 1, marked_words(before[i], text)))
    return changes + [_removed(i, before) for i in gone]


def marked_words(before: str, after: str) -> tuple[tuple[Mark, str], ...]:
    """The words of two texts as runs: the same in both, removed from the first, added in the second."""
    left, right = _WORD_AND_SPACE.findall(before), _WORD_AND_SPACE.findall(after)
    was, now = ([word.strip() for word in words[:COMPARED]] for words in (left, right))
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    runs: list[tuple[Mark, str]] = []
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            runs.append(("same", "".join(right[c:d])))
            continue
        if b > a:
            runs.append(("removed", "".join(left[a:b])))
        if d > c:
            runs.append(("added", "".join(right[c:d])))
    rest: tuple[tuple[Mark, str], ...] = (
        ("removed", "".join(left[COMPARED:])),
        ("added", "".join(right[COMPARED:])),
    )
    return (*runs, *(run for run in rest if run[1]))


def _equal(left: Sequence[str], right: Sequence[str]) -> tuple[dict[int, int], set[tuple[int, int]]]:
    """The pairs of equal passages, as after -> before, and those pairs that are in the common order."""
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    ordered = {(a + n, b + n) for a, b, size in matcher.get_matching_blocks() for n in range(size)}
    pairs = {j: i for i, j in ordered}
    free: dict[str, list[int]] = defaultdict(list)
    for i in sorted(set(range(len(left))) - set(pairs.values()), reverse=True):
        free[left[i]].append(i)
    for j, text in enumerate(right):
        if j not in pairs and free[text]:
            pairs[j] = free[text].pop()
    return pairs, ordered


def _reworded(left: Sequence[str], right: Sequence[str], pairs: dict[int, int]) -> dict[int, int]:
    """The most similar pairs of passages that are not equal, as after -> before; each passage in one pair at most."""
    taken = set(pairs.values())
    old = [(i, words, Counter(words)) for i in range(len(left)) if i not in taken for words in [_folded(left[i])]]
    matcher: SequenceMatcher[str] = SequenceMatcher(None, autojunk=False)
    scored = []
    for j in sorted(set(range(len(right))) - pairs.keys()):
        now = _folded(right[j])
        counts = Counter(now)
        matcher.set_seq2(now)
        for i, was, counted in old:
            shared = sum(min(counted[word], counts[word]) for word in counted.keys() & counts.keys())
            if 2 * shared < SIMILAR * (len(was) + len(now)):  # an upper bound of the ratio, and much cheaper
                continue
            matcher.set_seq1(was)
            if (score := matcher.ratio()) >= SIMILAR:
                scored.append((-score, abs(i - j), i, j))
    found: dict[int, int] = {}
    for _, _, i, j in sorted(scored):
        if j not in found and i not in taken:
            found[j] = i
            taken.add(i)
    return found


def _folded(text: str) -> list[str]:
    return text.lower().split()[:COMPARED]


def _removed(i: int, before: Sequence[str]) -> PassageChange:
    return PassageChange("removed", i + 1, None, (("removed", before[i]),))
