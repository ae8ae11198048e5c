"""Blocks: the runs of passages that are read together, and how each passage stands in its revision."""

import hashlib
import json
import zlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal, TypeAlias

BLOCK_TOKENS = 200
"""Tokens of the words of one block, at most, unless a single passage or what introduces it has more."""


CUT_TIMES = 1.75
"""So many times the tokens of a block the pieces of one paragraph may have together."""

FOLLOWS_TIMES = 1.5
"""And a paragraph that says something of its own, with the first items of the list right behind it."""

RUN_TIMES = 0.75
"""And a run of a list that is too long for one block."""

LOOSE_TIMES = 0.65
"""And the items of a list that nothing introduces: each says something by itself."""

KEPT_SIZES = 8
"""For so many sizes of blocks each structure keeps where its blocks end."""

KEPT_RUNS = 64
"""And so many runs of passages as they were handed over."""

KINDS = ("heading", "lead_in", "chapeau", "parent_item", "table_header", "list_closing", "footnote", "bold_line")
"""The kinds of governing words; their places here are what a record holds."""

Form = Literal["together", "introduced", "follows", "cut", "loose"]

FORMS: tuple[Form, ...] = ("together", "introduced", "follows", "cut", "loose")
"""How the members of a group belong together; their places here are what a record holds.

`together`: in even runs. `introduced`: the first only introduces the others, and goes with the first of them.
`follows`: the first also says something of its own; it goes with the first items where these fit. `cut`: pieces of one
paragraph or sentence. `loose`: items of a list that nothing introduces.
"""

Member: TypeAlias = "int | Group"


@dataclass(frozen=True, slots=True)
class Governing:
    """Words that decide how others are meant: where they stand in the source, and how many tokens they have."""

    kind: str
    start: int
    end: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A passage as a reader of the page sees it, on lines that are laid out as in its list or table.

    `tokens` are those of its words. `governing` are the numbers of what governs it, the outermost first.
    """

    words: str
    tokens: int
    governing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Passages, by their ordinals, and groups that are read together where they fit into a block."""

    form: Form
    members: tuple[Member, ...]


Places: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Passages in a row as they are handed over: places, words, what governs them, and the tokens of all."""

    spans: Places
    words: str
    governing: tuple[Governing, ...]
    tokens: int


@dataclass(frozen=True)
class Structure:
    """How a revision's passages stand: what governs them, their words, and how they belong together; and where."""

    governing: tuple[Governing, ...]
    standings: tuple[Standing, ...]
    members: tuple[Member, ...]
    spans: Places = ()
    _ends: dict[int, list[int]] = field(default_factory=dict, compare=False, repr=False)
    _handed: dict[tuple[int, int], Run] = field(default_factory=dict, compare=False, repr=False)

    def run(self, first: int, last: int) -> Run:
        """The passages from the first to the last ordinal, remembered."""
        if (found := self._handed.get((first, last))) is None:
            if len(self._handed) >= KEPT_RUNS:
                self._handed.clear()
            spans = self.spans[first - 1 : last]
            governing = tuple(self.governs(first, last, spans[0][0], spans[-1][1]))
            tokens = self.tokens(first, last) + sum(item.tokens for item in governing)
            found = self._handed[first, last] = Run(spans, self.words(first, last), governing, tokens)
        return found

    def block(self, ordinal: int, most: int = BLOCK_TOKENS) -> tuple[int, int]:
        """The first and last ordinal of the block in which a passage stands."""
        if (ends := self._ends.get(most)) is None:
            if len(self._ends) >= KEPT_SIZES:
                self._ends.clear()
            ends = self._ends[most] = [last for _, last in self.blocks(most)]
        place = bisect_left(ends, ordinal)
        return (ends[place - 1] + 1 if place else 1), ends[place]

    def blocks(self, most: int = BLOCK_TOKENS) -> list[tuple[int, int]]:
        """The first and last ordinal of each block with at most so many tokens; together they are all passages."""
        cutting = _Cutting(self.members, [standing.tokens for standing in self.standings])
        return [(part[0], part[-1]) for member in self.members for part in cutting.parts(member, most)]

    def tokens(self, first: int, last: int) -> int:
        """The tokens of the words of a run of passages."""
        return sum(standing.tokens for standing in self.standings[first - 1 : last])

    def governs(self, first: int, last: int, start: int, end: int) -> list[Governing]:
        """What governs a run of passages whose text is `[start, end)` and does not hold it already; outermost first."""
        numbers = dict.fromkeys(
            number for standing in self.standings[first - 1 : last] for number in standing.governing
        )
        found = [self.governing[number] for number in numbers]
        return [item for item in found if not (start <= item.start and item.end <= end)]

    def words(self, first: int, last: int) -> str:
        """The words of a run of passages as they are read, each line with its mark and without the common indent."""
        lines = [line for it in self.standings[first - 1 : last] if it.words for line in it.words.split("\n")]
        indent = min((len(line) - len(line.lstrip(" ")) for line in lines), default=0)
        return "\n".join(line[indent:] for line in lines)


class _Cutting:
    """Cuts members into blocks. What each group holds is looked up, so that a deep one is gone through once."""

    def __init__(self, members: Sequence[Member], costs: Sequence[int]) -> None:
        self._costs = costs
        self._ordinals: list[int] = []
        self._places: dict[int, tuple[int, int]] = {}
        """Where the ordinals of each group stand, by its identity."""
        waiting: list[tuple[Member, int | None]] = [(member, None) for member in reversed(members)]
        while waiting:
            member, begun = waiting.pop()
            if isinstance(member, int):
                self._ordinals.append(member)
            elif begun is None:
                waiting.append((member, len(self._ordinals)))
                waiting += [(inner, None) for inner in reversed(member.members)]
            else:
                self._places[id(member)] = begun, len(self._ordinals)
        self._sums = [0, *accumulate(map(self._cost, self._ordinals))]

    def parts(self, member: Member, most: int) -> list[list[int]]:
        """The blocks of a member, each as its ordinals."""
        if isinstance(member, int):
            return [[member]]
        if member.form == "loose":
            most = max(1, int(most * LOOSE_TIMES))
        if self._total(member) <= (CUT_TIMES * most if member.form == "cut" else most):
            return [self._held(member)]
        first, rest = member.members[0], member.members
        if member.form == "follows":
            lead, runs = self.parts(first, most), self._runs(rest[1:], most)
            if sum(map(self._cost, (*lead[-1], *runs[0]))) <= FOLLOWS_TIMES * most:
                return [*lead[:-1], [*lead[-1], *runs[0]], *runs[1:]]
            return [*lead, *runs]
        if member.form == "introduced":
            head, *others = self._runs(rest, most)
            if len(head) == self._count(first) and others:  # what introduces never stands alone
                return [[*head, *others[0]], *others[1:]]
            return [head, *others]
        return self._runs(rest, most)

    def _runs(self, members: Sequence[Member], most: int) -> list[list[int]]:
        """Members in runs of about equal tokens; one that is too large for a block is cut by itself."""
        parts: list[list[int]] = []
        fitting: list[list[int]] = []
        for member in members:
            if self._count(member) == 1 or self._total(member) <= most:
                fitting.append(self._held(member))
            else:
                parts += [*self._even(fitting, most), *self.parts(member, most)]
                fitting = []
        return [*parts, *self._even(fitting, most)]

    def _even(self, items: Sequence[list[int]], most: int) -> list[list[int]]:
        """Items joined into as few runs as fit, none much longer than another."""
        costs = [sum(map(self._cost, item)) for item in items]
        total = sum(costs)
        if not items:
            return []
        if total > most:
            most = max(1, int(most * RUN_TIMES))
        share = total / max(1, -(-total // most))
        runs: list[list[int]] = []
        before = held = 0
        for item, cost in zip(items, costs, strict=True):
            # A new run begins where the run so far has its share, or the item would make it too long.
            if runs and held + cost <= most and before + cost / 2 < share * len(runs):
                runs[-1] += item
                held += cost
            else:
                runs.append(list(item))
                held = cost
            before += cost
        return runs

    def _held(self, member: Member) -> list[int]:
        """The ordinals of a member."""
        return [member] if isinstance(member, int) else self._ordinals[slice(*self._places[id(member)])]

    def _count(self, member: Member) -> int:
        if isinstance(member, int):
            return 1
        start, end = self._places[id(member)]
        return end - start

    def _total(self, member: Member) -> int:
        """The tokens of all that a member holds."""
        if isinstance(member, int):
            return self._cost(member)
        start, end = self._places[id(member)]
        return self._sums[end] - self._sums[start]

    def _cost(self, ordinal: int) -> int:
        return self._costs[ordinal - 1]


def wordless(spans: Places) -> Structure:
    """The structure of passages whose words nobody may read any more."""
    return Structure((), (Standing("", 0, ()),) * len(spans), tuple(range(1, len(spans) + 1)), spans)


def packed(structure: Structure, number: Callable[[str], int]) -> bytes:
    """A structure as a segment keeps it, without the places of its passages. `number` numbers words."""
    content = [
        [[KINDS.index(it.kind), it.start, it.end, it.tokens] for it in structure.governing],
        [[number(it.words), it.tokens, *it.governing] for it in structure.standings],
        [_flat(member) for member in structure.members],
    ]
    return _compressed(content)


def _compressed(content: Any) -> bytes:
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)


def renumbered(record: bytes, number: Callable[[int], int]) -> bytes:
    """A packed structure with other numbers of words; the same bytes where all are as before."""
    governing, standings, members = json.loads(zlib.decompress(record))
    moved = [[number(before), *rest] for before, *rest in standings]
    return record if moved == standings else _compressed([governing, moved, members])


def unpacked(record: bytes, words: Callable[[int], str], spans: Places) -> Structure:
    """The structure that was packed so, of passages at these places; ValueError where the record was altered."""
    try:
        governing, standings, members = json.loads(zlib.decompress(record))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    return Structure(
        tuple(Governing(KINDS[kind], start, end, tokens) for kind, start, end, tokens in governing),
        tuple(Standing(words(number), tokens, tuple(numbers)) for number, tokens, *numbers in standings),
        tuple(map(_member, members)),
        spans,
    )


def wording(structure: Structure) -> bytes:
    """The SHA-256 of all that a structure says, but for how many tokens that is."""
    content = [
        [[it.kind, it.start, it.end] for it in structure.governing],
        [[it.words, *it.governing] for it in structure.standings],
        [_flat(member) for member in structure.members],
        structure.spans,
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).digest()


def _flat(member: Member) -> Any:
    if isinstance(member, int):
        return member
    return [FORMS.index(member.form), *map(_flat, member.members)]


def _member(flat: Any) -> Member:
    if isinstance(flat, int):
        return flat
    form, *members = flat
    return Group(FORMS[form], tuple(map(_member, members)))
