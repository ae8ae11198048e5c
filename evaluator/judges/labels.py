"""What a judge and people said of the same items, read from JSON Lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.errors import BadFile
from evaluator.files.json_lines import Line, read_lines

RANDOM = "audit"
"""The reason of review cases that were picked by chance. The other cases were picked for being hard."""


@dataclass(frozen=True, slots=True)
class JudgeLabel:
    """One item, or one person's label of it; None where there is none.

    `swapped` is what the judge said with the two answers in the other order; the answers keep their names. `repeated`
    is what the judge said when asked again. Lengths are of the answers named A and B. `random` says that the item was
    not picked for the judge's label or score. People's labels of other items count in no rate.
    """

    id: str
    human: str | None
    judge: str | None
    score: float | None = None
    swapped: str | None = None
    repeated: str | None = None
    lengths: tuple[float, float] | None = None
    random: bool = True


def read_judge_labels(path: Path) -> list[JudgeLabel]:
    """Every line of the file, in order; BadLine names the line and field of the first thing wrong."""
    labels = [_label(line) for line in read_lines(path)]
    if not labels:
        raise BadFile(f"{path} holds no labels; each line is one, as a JSON object with id, human and judge")
    return labels


def _label(line: Line) -> JudgeLabel:
    judge = "judge" if line.has("judge") or not line.has("scorer") else "scorer"
    return JudgeLabel(
        # A label that spread from another item, whose words are the same, tells nothing more than that one.
        id=line.name("spread_from") if line.has("spread_from") else line.name("id"),
        human=_optional(line, "human"),
        judge=_optional(line, judge),
        score=line.share("score", "give the chance, from 0 to 1, that the label counted is right"),
        swapped=_optional(line, "swapped"),
        repeated=_optional(line, "repeat"),
        lengths=_lengths(line),
        random=_random(line),
    )


def _optional(line: Line, field: str) -> str | None:
    value = line.fields.get(field)
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else line.name(field)


def _lengths(line: Line) -> tuple[float, float] | None:
    if not line.has("length_a") and not line.has("length_b"):
        return None
    a, b = (line.required(field) for field in ("length_a", "length_b"))
    for field, value in (("length_a", a), ("length_b", b)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10**12:
            raise line.error(field, f"is {value!r}; give a length, at least 0")
    return float(a), float(b)


def _random(line: Line) -> bool:
    if not line.has("asked"):
        return True
    asked = line.required("asked")
    if not isinstance(asked, Sequence) or isinstance(asked, str):
        raise line.error("asked", f"is {asked!r}; give a list of reasons")
    return RANDOM in asked
