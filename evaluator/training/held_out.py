"""Held-out texts: the questions and inputs of evaluation files, which must not be in training rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.errors import BadFile, BadLine
from evaluator.files.json_lines import Line, read_lines
from evaluator.training.shingles import SIZE, Shingle, normalised, overlap, shingles

FIELDS = ("query", "question", "claim", "prompt", "input")
NEAR = 0.5
"""From this overlap on, a text counts as a near-duplicate."""

FEWEST_WORDS = 4
"""A text with fewer words is held out only as a whole: "yes" inside a prompt is no leak."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A text of an evaluation file, by its words."""

    where: str
    words: Shingle


class Index:
    """Held-out texts by their shingles, so that a candidate is compared only with those that share words with it."""

    def __init__(self, texts: Sequence[HeldOut]) -> None:
        self._texts = texts
        self._short: dict[Shingle, list[int]] = {}
        self._runs: dict[int, dict[Shingle, list[int]]] = {}
        for at, held in enumerate(texts):
            if len(held.words) < SIZE:
                self._short.setdefault(held.words, []).append(at)

    def near(self, text: str) -> tuple[HeldOut, float] | None:
        """The held-out text that overlaps most, by NEAR or more, and the overlap; the first of equals."""
        own = normalised(text)
        found = [(self._overlap(own, self._texts[at]), -at) for at in self._sharing(own)]
        best, at = max(found, default=(0.0, 0))
        return (self._texts[-at], best) if best >= NEAR else None

    def _overlap(self, own: Shingle, held: HeldOut) -> float:
        if min(len(own), len(held.words)) < FEWEST_WORDS:
            return float(own == held.words)
        return overlap(own, held.words)

    def _sharing(self, own: Shingle) -> set[int]:
        """The texts that hold a run of the candidate's size, and the short ones that it holds whole."""
        size = min(SIZE, len(own))
        runs = self._of_size(size)
        found = {at for run in set(shingles(own, size)) for at in runs.get(run, ())} if size else set()
        for shorter in range(1, size):
            found |= {at for run in set(shingles(own, shorter)) for at in self._short.get(run, ())}
        return found

    def _of_size(self, size: int) -> dict[Shingle, list[int]]:
        if size not in self._runs:
            runs: dict[Shingle, list[int]] = {}
            for at, held in enumerate(self._texts):
                for run in set(shingles(held.words, size)):
                    runs.setdefault(run, []).append(at)
            self._runs[size] = runs
        return self._runs[size]


def read_held_out(paths: Iterable[Path]) -> list[HeldOut]:
    """The questions and inputs of the files; BadLine names a line that has none.

    An instruction is held out only where there is no input: the case is not "Translate the text", but that text.
    """
    return [held for path in paths for held in _read(path)]


def _read(path: Path) -> Iterator[HeldOut]:
    with_input: set[object] = set()
    empty = True
    for line in read_lines(path):
        empty = False
        texts = [line.text(field) for field in FIELDS if _holds(line, field)]
        rewords = line.fields.get("paraphrase_of") in with_input
        if _holds(line, "input") or rewords:
            with_input.add(line.fields.get("id"))
        elif _holds(line, "instruction"):
            texts.append(line.text("instruction"))
        if not texts and not rewords:
            raise BadLine(line.where, f"has none of {', '.join(FIELDS)}, instruction; nothing could be held out")
        yield from (HeldOut(line.where, words) for text in texts if (words := normalised(text)))
    if empty:
        raise BadFile(f"{path} holds nothing to hold out; each line is a question or a task, as a JSON object")


def _holds(line: Line, field: str) -> bool:
    value = line.fields.get(field)
    return isinstance(value, str) and bool(value.strip())
