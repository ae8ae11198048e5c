"""What changed from one revision to another: its passages, and the words that govern them. Pure.

A passage whose words stayed under other governing words, or under other headings, is *regoverned*: it may mean the
opposite. So each revision comes with what governs its passages.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from policies.comparing.marking import Words, marked_words, words_content
from policies.comparing.pairing import Pairing, paired

Kind = Literal["unchanged", "regoverned", "reworded", "moved", "split", "merged", "added", "removed"]
GoverningKind = Literal["reworded", "moved", "added", "removed"]
"""`moved`: the same words govern other passages, of those that stayed where they were."""

TITLE = "title"
"""The kind of a revision's title, of which there is one."""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Governor:
    """Words that govern passages, of a kind. `text` is on one line."""

    kind: str
    text: str


@dataclass(frozen=True)
class Contextual:
    """A revision's passages, and what governs them.

    `contexts` has the places in `governors` of what governs each passage, the outermost first. `governors` are all of
    the revision, in the order of the source, also those that govern no passage. `ordinals` are by which the passages
    are named; without them, they are numbered from 1.
    """

    passages: Sequence[str]
    governors: Sequence[Governor] = ()
    contexts: Sequence[tuple[int, ...]] = ()
    ordinals: Sequence[int] = ()

    def context(self, place: int) -> tuple[int, ...]:
        return self.contexts[place] if self.contexts else ()

    def named(self, places: Iterable[int]) -> tuple[int, ...]:
        """The ordinals of passages by their places from 0, each once."""
        return tuple(dict.fromkeys(self.ordinals[place] if self.ordinals else place + 1 for place in places))

    def words_over(self, place: int) -> tuple[str, ...]:
        """The words that govern a passage, by its place from 0."""
        return tuple(self.governors[number].text for number in self.context(place))


@dataclass(frozen=True, slots=True)
class GoverningChange:
    """Governing words before and after. `before` and `after` are the ordinals of the passages that they govern."""

    kind: str
    change: GoverningKind
    words: Words
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()

    def content(self) -> dict[str, Any]:
        """The JSON values of the change as an entry of its own."""
        return self.mark() | {"before": list(self.before), "after": list(self.after)}

    def mark(self) -> dict[str, Any]:
        """The JSON values of the change where it stands at a passage."""
        return {"kind": self.kind, "change": self.change, "words": words_content(self.words)}


@dataclass(frozen=True, slots=True)
class PassageChange:
    """A passage before and after, by ordinals from 1: several before where they were merged, several after a split.

    `words` are runs of the text, each with what became of it. `governing` is what changed of what governs it, whatever
    became of its own words. `moved` says that it no longer stands in the common order.
    """

    kind: Kind
    before: tuple[int, ...]
    after: tuple[int, ...]
    words: Words
    governing: tuple[GoverningChange, ...] = ()
    moved: bool = False

    def content(self) -> dict[str, Any]:
        """The JSON values; `before` and `after` are the first ordinals on each side, None where there is none."""
        return {
            "kind": self.kind,
            "before": self.before[0] if self.before else None,
            "after": self.after[0] if self.after else None,
            "all_before": list(self.before),
            "all_after": list(self.after),
            "moved": self.moved,
            "words": words_content(self.words),
            "governing": [change.mark() for change in self.governing],
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changed. `governing` has each change of governing words once; `passages` every passage."""

    governing: tuple[GoverningChange, ...]
    passages: tuple[PassageChange, ...]

    def counts(self) -> dict[str, int]:
        """How many passages there are of each kind."""
        counted = Counter(change.kind for change in self.passages)
        return {kind: counted[kind] for kind in KINDS}


def difference(before: Contextual, after: Contextual) -> Difference:
    """How one revision became the other: its passages in the order of `after`, removed ones where they stood.

    Passages with equal words (white space apart) are unchanged, regoverned or moved. Of the others, those that hold
    several others in a row were split or merged, and the most similar pairs are reworded. What is left was removed or
    added.
    """
    contexts = tuple([side.words_over(n) for n in range(len(side.passages))] for side in (before, after))
    found = paired(before.passages, after.passages, (contexts[0], contexts[1]))
    governing = _Governing(before, after, found)
    changes: dict[int, PassageChange] = {}
    came_from: dict[int, int] = {}
    parts, left = set[int](), {i for i, _ in found.equal}
    for i, j in found.equal:
        turned = governing.over([i], [j])
        kind: Kind = "regoverned" if turned else "moved" if (i, j) in found.moved else "unchanged"
        words: Words = (("same", after.passages[j]),)
        moved = (i, j) in found.moved
        changes[j] = PassageChange(kind, before.named([i]), after.named([j]), words, turned, moved)
        came_from[j] = i
    several: list[tuple[Kind, list[int], list[int]]] = [
        *(("reworded", [i], [j]) for i, j in found.reworded),
        *(("split", [i], parts) for i, parts in found.split),
        *(("merged", parts, [j]) for parts, j in found.merged),
    ]
    for kind, olds, news in several:
        was, now = "\n\n".join(before.passages[i] for i in olds), "\n\n".join(after.passages[j] for j in news)
        turned = governing.over(olds, news)
        places = before.named(olds), after.named(news)
        changes[news[0]] = PassageChange(kind, *places, marked_words(was, now), turned)
        came_from[news[0]] = olds[0]
        parts.update(news[1:])
        left.update(olds)
    gone = [i for i in range(len(before.passages)) if i not in left]
    ordered: list[PassageChange] = []
    for j, text in enumerate(after.passages):
        change = changes.get(j)
        while gone and change is not None and gone[0] < came_from[j]:
            ordered.append(_removed(gone.pop(0), before))
        if change is not None:
            ordered.append(change)
        elif j not in parts:
            ordered.append(PassageChange("added", (), after.named([j]), (("added", text),)))
    return Difference(governing.changes, (*ordered, *(_removed(i, before) for i in gone)))


def _removed(i: int, before: Contextual) -> PassageChange:
    return PassageChange("removed", before.named([i]), (), (("removed", before.passages[i]),))


class _Governing:
    """The governing words of both sides in pairs, and what changed of them."""

    def __init__(self, before: Contextual, after: Contextual, passages: Pairing) -> None:
        self._before, self._after = before, after
        self._pairs = _governors_paired(before, after, passages)
        self._back = {new: old for old, new in self._pairs.items()}
        self._changes: dict[tuple[int | None, int | None], GoverningChange] = {}
        self._governed = _governed(before), _governed(after)
        self._moved = self._moved_ones(passages)
        self.changes = self._all()

    def over(self, olds: Sequence[int], news: Sequence[int]) -> tuple[GoverningChange, ...]:
        """What changed of what governs some passages. Nothing where the same words govern them."""
        was = dict.fromkeys(number for i in olds for number in self._before.context(i))
        now = dict.fromkeys(number for j in news for number in self._after.context(j))
        texts = [
            [side.governors[n].text for n in numbers] for side, numbers in ((self._before, was), (self._after, now))
        ]
        if texts[0] == texts[1]:
            return ()
        gone, come = Counter(texts[0]) - Counter(texts[1]), Counter(texts[1]) - Counter(texts[0])
        found: list[GoverningChange] = []
        for new in now:
            if (old := self._back.get(new)) in was and old is not None and self._differ(old, new):
                found.append(self._change(old, new))
            elif come[self._after.governors[new].text] > 0 and not (old is not None and old in was):
                found.append(self._change(None, new))
        for old in was:
            if self._pairs.get(old) not in now and gone[self._before.governors[old].text] > 0:
                found.append(self._change(old, None))
        if not found:  # the same words in another order: one section inside another is now outside it
            places = zip(texts[1], [*texts[0], *[""] * len(texts[1])], now, strict=False)
            found += [self._change(None, new) for said, before, new in places if said != before][:1]
        return tuple(found)

    def _differ(self, old: int, new: int) -> bool:
        return self._before.governors[old].text != self._after.governors[new].text

    def _moved_ones(self, passages: Pairing) -> set[tuple[int, int]]:
        """The pairs of equal governing words of which one governs a passage, and the other does not, or otherwise."""
        found = set[tuple[int, int]]()
        for i, j in (pair for pair in (*passages.equal, *passages.reworded) if pair not in passages.moved):
            was = {(old, self._pairs[old]) for old in self._before.context(i) if old in self._pairs}
            now = {(self._back[new], new) for new in self._after.context(j) if new in self._back}
            found |= was ^ now
        return found

    def _all(self) -> tuple[GoverningChange, ...]:
        """Each change once: in the order of `after`, removed ones at the end of those before them."""
        found: list[tuple[int, int, GoverningChange]] = []
        at = -1
        for old in range(len(self._before.governors)):
            new = self._pairs.get(old)
            if new is None:
                found.append((at, 1, self._change(old, None)))
            else:
                at = new
                if self._differ(old, new) or (old, new) in self._moved:
                    found.append((new, 0, self._change(old, new)))
        found += [
            (new, 0, self._change(None, new)) for new in range(len(self._after.governors)) if new not in self._back
        ]
        return tuple(change for _, _, change in sorted(found, key=lambda it: it[:2]))

    def _change(self, old: int | None, new: int | None) -> GoverningChange:
        if (old, new) not in self._changes:
            was = None if old is None else self._before.governors[old]
            now = None if new is None else self._after.governors[new]
            some = now or was
            assert some is not None
            words: Words
            if was is not None and now is not None:
                change: GoverningKind = "reworded" if self._differ(old or 0, new or 0) else "moved"
                words = marked_words(was.text, now.text)
            elif now is not None:
                change, words = "added", (("added", now.text),)
            else:
                change, words = "removed", (("removed", some.text),)
            places = [
                () if number is None else side.named(groups[number])
                for number, side, groups in zip((old, new), (self._before, self._after), self._governed, strict=True)
            ]
            self._changes[old, new] = GoverningChange(some.kind, change, words, *places)
        return self._changes[old, new]


def _governed(side: Contextual) -> dict[int, list[int]]:
    """The places of the passages that each of the governing words governs."""
    found: dict[int, list[int]] = defaultdict(list)
    for place in range(len(side.passages)):
        for number in side.context(place):
            found[number].append(place)
    return found


def _governors_paired(before: Contextual, after: Contextual, passages: Pairing) -> dict[int, int]:
    """The governing words that became others, as before -> after.

    Equal ones come first. Of the others, those that govern most of the same passages are one that was reworded, however
    few words it kept ("Allowed", "Forbidden"); then similar ones of one kind.
    """
    was, now = ([it.text for it in side.governors] for side in (before, after))
    alike = paired(was, now, ([it.kind for it in before.governors], [it.kind for it in after.governors]))
    pairs = dict(alike.equal)
    shared: Counter[tuple[int, int]] = Counter()
    every = [
        *passages.equal,
        *passages.reworded,
        *((i, j) for i, parts in passages.split for j in parts),
        *((i, j) for parts, j in passages.merged for i in parts),
    ]
    taken = set(pairs.values())
    for i, j in every:
        news = [new for new in after.context(j) if new not in taken]
        for old in before.context(i) if news else ():
            if old not in pairs:
                shared.update((old, new) for new in news)
    similar = set(alike.reworded)
    wanted = [
        (-count, not _one_kind(before, after, old, new), (old, new) not in similar, old, new)
        for (old, new), count in shared.items()
    ]
    wanted += [(0, False, False, old, new) for old, new in alike.reworded if _one_kind(before, after, old, new)]
    titles = [{n for n, it in enumerate(side.governors) if it.kind == TITLE} for side in (before, after)]
    wanted += [(0, False, False, old, new) for old in titles[0] for new in titles[1]]
    for *_, old, new in sorted(wanted):
        if old not in pairs and new not in taken:
            pairs[old] = new
            taken.add(new)
    return pairs


def _one_kind(before: Contextual, after: Contextual, old: int, new: int) -> bool:
    return before.governors[old].kind == after.governors[new].kind
