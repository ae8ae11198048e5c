"""Which passages of one revision became which of another: equal, split, merged or reworded ones.

A text is compared as a sequence of words, each of them one character, so that rapidfuzz can compare whole words.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

Ints = npt.NDArray[np.int32]
Pair = tuple[int, int]
"""The places, from 0, of a passage before and of a passage after."""

SIMILAR = 0.5
"""Two passages are one that was reworded where twice their common words, over all words of both, is at least this."""

HELD = 0.8
"""A passage is a part of another one where that one holds this share of its words, in their order; and all parts
together, one behind the other, hold this share of that one's."""

IN_ORDER = 20_000
"""Of more passages than this a common order is not looked for: a table of both numbers would be kept for it."""

WINDOW = 1_500
"""A passage without an equal one is compared with so many others before and behind its place, at most."""

CANDIDATES = 32
"""A passage is compared further with so many of the most similar ones, at most: rows of a table may all be alike."""

CHARACTERS = 0x10FFFF - 0x10000


@dataclass(slots=True)
class Pairing:
    """The places, from 0, of passages before and after. `split` has one place before, `merged` has one after."""

    equal: list[Pair] = field(default_factory=list)
    moved: set[Pair] = field(default_factory=set)
    """Those of the equal ones that are not in the order of most others."""
    reworded: list[Pair] = field(default_factory=list)
    split: list[tuple[int, list[int]]] = field(default_factory=list)
    merged: list[tuple[list[int], int]] = field(default_factory=list)


def paired(
    before: Sequence[str], after: Sequence[str], contexts: tuple[Sequence[Hashable], Sequence[Hashable]]
) -> Pairing:
    """The pairs of two revisions' passages. `contexts` are what governs each passage, before and after.

    Equal passages under equal context come first, then equal passages, each in the common order first. Of the others,
    passages that hold several in a row are split or merged, and the most similar are reworded.
    """
    left, right = ([" ".join(text.split()) for text in texts] for texts in (before, after))
    found = Pairing()
    exact = [list(zip(*side, strict=True)) for side in ((left, contexts[0]), (right, contexts[1]))]
    both: tuple[Sequence[Sequence[Hashable]], ...] = (exact, (left, right))
    for keys in both:
        found.equal += _equal(keys[0], keys[1], found.equal)
    found.moved = set(found.equal) - set(_rising(found.equal))
    _rest(left, right, found)
    return found


def _equal(left: Sequence[Hashable], right: Sequence[Hashable], taken: Sequence[Pair]) -> list[Pair]:
    """The pairs of equal keys among those that are not taken: in the common order, then as they come."""
    olds = _without(len(left), (i for i, _ in taken))
    news = _without(len(right), (j for _, j in taken))
    pairs: list[Pair] = []
    if max(len(olds), len(news)) <= IN_ORDER:
        letters: dict[Hashable, str] = {}
        was, now = (
            "".join(letters.setdefault(key, chr(0x10000 + len(letters))) for key in keys)
            for keys in ([left[i] for i in olds], [right[j] for j in news])
        )
        for code in LCSseq.opcodes(was, now):
            if code.tag == "equal":
                pairs += zip(olds[code.src_start : code.src_end], news[code.dest_start : code.dest_end], strict=True)
        found = set(pairs)
        olds = _without(len(left), (i for i, _ in (*taken, *found)))
        news = _without(len(right), (j for _, j in (*taken, *found)))
    free: dict[Hashable, list[int]] = defaultdict(list)
    for i in reversed(olds):
        free[left[i]].append(i)
    pairs += [(free[right[j]].pop(), j) for j in news if free.get(right[j])]
    return pairs


def _rising(pairs: Iterable[Pair]) -> list[Pair]:
    """The most pairs whose places rise on both sides: a longest increasing subsequence, by patience sorting."""
    ends: list[int] = []
    piles: list[int] = []
    ordered = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    for i, _ in ordered:
        at = bisect_left(ends, i)
        ends[at : at + 1] = [i]
        piles.append(at)
    found: list[Pair] = []
    wanted = len(ends) - 1
    for pair, pile in zip(reversed(ordered), reversed(piles), strict=True):
        if pile == wanted and (not found or pair[0] < found[-1][0]):
            found.append(pair)
            wanted -= 1
    return found


def _rest(left: Sequence[str], right: Sequence[str], found: Pairing) -> None:
    """Pairs the passages that have no equal one."""
    olds = _without(len(left), (i for i, _ in found.equal))
    news = _without(len(right), (j for _, j in found.equal))
    letters: dict[str, str] = {}
    was, now = (_Coded.of((texts[n] for n in places), letters) for texts, places in ((left, olds), (right, news)))
    similar: list[npt.NDArray[np.float64]] = []
    splits: list[tuple[int, list[int]]] = []
    merges: list[tuple[int, list[int]]] = []
    for first, last, low, high in _windows(len(olds), len(news)):
        common = cdist(was.texts[first:last], now.texts[low:high], scorer=LCSseq.similarity, dtype=np.int32)
        lengths, others = was.lengths[first:last, None], now.lengths[None, low:high]
        ratios = 2 * common / np.maximum(lengths + others, 1)
        apart = np.abs(np.array(olds[first:last])[:, None] - np.array(news[low:high])[None, :])
        for a, row in enumerate(ratios):
            alike = np.flatnonzero(row >= SIMILAR)
            best = alike[np.lexsort((apart[a, alike], -row[alike]))[:CANDIDATES]]
            similar.append(np.stack([-row[best], apart[a, best], np.full(len(best), first + a), low + best]))
        splits += _held(was, now, news, _parts(common, lengths, others, first, low))
        merges += _held(now, was, olds, _parts(common.T, others.T, lengths.T, low, first))
    gone, come = set[int](), set[int]()
    for whole, parts in splits:
        if whole not in gone and come.isdisjoint(parts):
            gone.add(whole)
            come.update(parts)
            found.split.append((olds[whole], [news[part] for part in parts]))
    for whole, parts in merges:
        if whole not in come and gone.isdisjoint(parts):
            come.add(whole)
            gone.update(parts)
            found.merged.append(([olds[part] for part in parts], news[whole]))
    for a, b in _nearest(similar):
        if a not in gone and b not in come:
            gone.add(a)
            come.add(b)
            found.reworded.append((olds[a], news[b]))


def _nearest(similar: Sequence[npt.NDArray[np.float64]]) -> Iterable[Pair]:
    """The pairs, the most similar first, then those least apart. Each array has a column for a pair: the negative
    similarity, how far apart the places are, and both places. There may be millions, so they are no objects."""
    if similar:
        score, apart, first, second = np.concatenate(similar, axis=1)
        order = np.lexsort((second, first, apart, score))
        yield from zip(first[order].astype(int).tolist(), second[order].astype(int).tolist(), strict=True)


@dataclass(frozen=True, slots=True)
class _Coded:
    """Texts whose words are characters, and how many words each has."""

    texts: list[str]
    lengths: npt.NDArray[np.int32]

    @classmethod
    def of(cls, texts: Iterable[str], letters: dict[str, str]) -> "_Coded":
        coded = []
        for text in texts:
            words = text.lower().split()
            coded.append("".join(letters.setdefault(it, chr(0x10000 + len(letters) % CHARACTERS)) for it in words))
        return cls(coded, np.array([len(text) for text in coded], dtype=np.int32))


def _windows(lefts: int, rights: int) -> Iterable[tuple[int, int, int, int]]:
    """Runs of places before, each with the run of places after that are near: all of them where they are few.

    Near is counted in passages of the longer side, so that neither side's passages are compared with too many.
    """
    if lefts < rights:
        for first, last, low, high in _windows(rights, lefts):
            yield low, high, first, last
    elif rights:
        for first in range(0, lefts, WINDOW):
            last = min(first + WINDOW, lefts)
            low, high = rights * (first - WINDOW) // lefts, -(-rights * (last + WINDOW) // lefts)
            yield first, last, max(0, low), min(rights, high)


def _parts(common: Ints, wholes: Ints, parts: Ints, first: int, low: int) -> Iterable[tuple[int, list[int]]]:
    """Each whole with the parts that it holds and that are shorter; `common` has shape (wholes, parts)."""
    held = (common >= HELD * parts) & (parts > 0) & (parts < wholes)
    for n in np.flatnonzero(held.sum(axis=1) > 1).tolist():
        yield first + n, (np.flatnonzero(held[n]) + low).tolist()


def _held(
    whole: _Coded, part: _Coded, places: Sequence[int], found: Iterable[tuple[int, list[int]]]
) -> Iterable[tuple[int, list[int]]]:
    """The wholes that hold several parts that stand in a row, each with those parts."""
    for n, parts in found:
        for run in _runs(sorted(parts), places):
            if kept := _covering(whole.texts[n], part.texts, run):
                yield n, kept
                break


def _runs(parts: Sequence[int], places: Sequence[int]) -> list[list[int]]:
    """Parts in runs of which each stands right behind the one before it; runs of one are left out."""
    runs: list[list[int]] = []
    for part in parts:
        if runs and places[part] == places[runs[-1][-1]] + 1:
            runs[-1].append(part)
        else:
            runs.append([part])
    return [run for run in runs if len(run) > 1]


def _covering(whole: str, parts: Sequence[str], run: Sequence[int]) -> list[int]:
    """The parts of a run, without those at its ends that add nothing to the whole; none where they do not cover it."""
    texts = [parts[n] for n in run]
    behind = _common(whole[::-1], [text[::-1] for text in reversed(texts)])[::-1]  # from each part on, to the last one
    if behind[0] < HELD * len(whole):
        return []
    first = 0
    while len(texts) - first > 1 and behind[first] - behind[first + 1] < SIMILAR * len(texts[first]):
        first += 1
    before = _common(whole, texts[first:])  # from that part on, up to each one
    last = len(before) - 1
    while last > 1 and before[last] - before[last - 1] < SIMILAR * len(texts[first + last - 1]):
        last -= 1
    total = sum(map(len, texts[first : first + last]))
    return list(run[first : first + last]) if last > 1 and before[last] >= HELD * max(total, len(whole)) else []


def _common(whole: str, texts: Sequence[str]) -> list[int]:
    """How long the longest common subsequence is of a text and of none, one, two and so on of others, joined.

    All of them in one pass, bit-parallel: H. Hyyro, "Bit-parallel LCS-length computation revisited" (2004).
    """
    places: dict[str, int] = defaultdict(int)
    for at, letter in enumerate(whole):
        places[letter] |= 1 << at
    every = (1 << len(whole)) - 1
    row, found = every, [0]
    for text in texts:
        for letter in text:
            met = row & places.get(letter, 0)
            row = ((row + met) | (row - met)) & every
        found.append(len(whole) - row.bit_count())
    return found


def _without(count: int, taken: Iterable[int]) -> list[int]:
    """The places below a count that are not taken."""
    left = set(range(count)).difference(taken)
    return sorted(left)
