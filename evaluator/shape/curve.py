"""A curve: how often a reader answers rightly with the gold passage at each position of its context."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from evaluator.errors import BadFile
from evaluator.files.json_lines import Line, read_list

FEWEST = 3
"""A first and a last position, and at least one between them."""
ROUNDING = 0.5
"""How many points a stated accuracy may differ from the outcomes given with it."""

LARGEST = 10**12

LABELS = ("name", "model", "task")


@dataclass(frozen=True, slots=True)
class Curve:
    """Rates in [0, 1] by position, in rising order of position, each over `cases` of the same index.

    Where the same cases were asked at every position, `outcomes` holds 0 and 1, a row for each case and a column for
    each position, and `clusters` names each case's cluster. `labels` say what was measured.
    """

    positions: tuple[float, ...]
    rates: tuple[float, ...]
    cases: tuple[int, ...]
    outcomes: tuple[tuple[int, ...], ...] | None = None
    clusters: tuple[str, ...] | None = None
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        return ", ".join(text for _, text in self.labels)


def paired_curve(
    positions: Sequence[float], outcomes: Sequence[Sequence[int]], clusters: Sequence[str] | None = None
) -> Curve:
    """The curve of the same cases at rising positions: a row of 0 and 1 for each of at least one case."""
    n = len(outcomes)
    return Curve(
        positions=tuple(positions),
        rates=tuple(sum(column) / n for column in zip(*outcomes, strict=True)),
        cases=(n,) * len(positions),
        outcomes=tuple(map(tuple, outcomes)),
        clusters=None if clusters is None else tuple(clusters),
    )


def read_curves(path: Path) -> list[Curve]:
    """Every curve of the file, in order; BadLine names the curve and field of the first thing wrong."""
    curves = [parse_curve(line) for line in read_list(path, "curve")]
    if not curves:
        raise BadFile(f"{path} holds no curves; each is a JSON object of the list")
    return curves


def parse_curve(line: Line) -> Curve:
    """The curve in {positions, accuracy (percent), n}, or in {positions, outcomes}, and optionally clusters."""
    labels = tuple((field, line.text(field)) for field in LABELS if line.has(field))
    if labels:
        line = Line(f"{line.where} ({', '.join(text for _, text in labels)})", line.fields)
    positions = _numbers(line, "positions")
    if len(positions) < FEWEST:
        raise line.error("positions", f"has {len(positions)}; a shape needs at least {FEWEST}: first, middle and last")
    order = sorted(range(len(positions)), key=positions.__getitem__)
    if any(positions[one] == positions[other] for one, other in pairwise(order)):
        raise line.error("positions", "holds a position twice; give each once")
    outcomes, clusters = _outcomes(line, len(positions)), None
    if outcomes is not None:
        cases = (len(outcomes),) * len(positions)
        rates = tuple(sum(column) / len(outcomes) for column in zip(*outcomes, strict=True))
        clusters = _clusters(line, len(outcomes))
        _agree(line, rates, cases)
    else:
        if line.has("clusters"):
            raise line.error("clusters", "is given without outcomes; clusters are of cases, so give those too")
        rates, cases = _accuracy(line, len(positions)), _cases(line, len(positions))
    return Curve(
        positions=tuple(positions[at] for at in order),
        rates=tuple(rates[at] for at in order),
        cases=tuple(cases[at] for at in order),
        outcomes=None if outcomes is None else tuple(tuple(row[at] for at in order) for row in outcomes),
        clusters=clusters,
        labels=labels,
    )


def _list(line: Line, field: str, length: int | None = None) -> list[Any]:
    values = line.required(field)
    if not isinstance(values, list):
        raise line.error(field, "is not a list")
    if length is not None and len(values) != length:
        raise line.error(field, f"has {len(values):,} values for {length:,} positions; give one for each")
    return values


def _numbers(line: Line, field: str, length: int | None = None) -> list[float]:
    values = _list(line, field, length)
    for at, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
            raise line.error(f"{field}[{at}]", f"is {str(value)[:40]!r}; give a number")
    return values


def _accuracy(line: Line, length: int) -> tuple[float, ...]:
    values = _numbers(line, "accuracy", length)
    for at, value in enumerate(values):
        if not 0 <= value <= 100:
            raise line.error(f"accuracy[{at}]", f"is {value}; give percent, from 0 to 100")
    if all(value <= 1 for value in values) and any(value % 1 for value in values):
        raise line.error("accuracy", "is at most 1 everywhere; give percent, such as 75.8, and not a share of 1")
    return tuple(value / 100 for value in values)


def _cases(line: Line, length: int) -> tuple[int, ...]:
    given = line.required("n")
    values = _list(line, "n", length) if isinstance(given, list) else [given] * length
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST:
            raise line.error(
                "n", f"is {str(value)[:40]!r}; give a whole number of cases, at least 1, or one for each position"
            )
    return tuple(values)


def _outcomes(line: Line, length: int) -> list[list[int]] | None:
    if not line.has("outcomes"):
        return None
    rows = _list(line, "outcomes")
    if not rows:
        raise line.error("outcomes", "holds no cases; give a list of 0 and 1 for each")
    for at, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != length:
            raise line.error(f"outcomes[{at}]", f"is not a list of {length} values, one for each position")
        if any(type(value) not in (int, bool) or value not in (0, 1) for value in row):
            raise line.error(f"outcomes[{at}]", "holds other values than 0 and 1")
    return [[int(value) for value in row] for row in rows]


def _clusters(line: Line, length: int) -> tuple[str, ...] | None:
    if not line.has("clusters"):
        return None
    values = _list(line, "clusters")
    if len(values) != length:
        raise line.error("clusters", f"has {len(values):,} names for {length:,} cases; give one for each")
    for at, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise line.error(f"clusters[{at}]", f"is {value!r}; give a name")
    return tuple(map(str, values))


def _agree(line: Line, rates: Sequence[float], cases: Sequence[int]) -> None:
    """BadLine where an accuracy or n beside outcomes does not agree with them."""
    if line.has("n") and _cases(line, len(cases)) != tuple(cases):
        raise line.error("n", f"is {line.required('n')}, but outcomes holds {cases[0]:,} cases")
    if line.has("accuracy"):
        for at, (stated, rate) in enumerate(zip(_accuracy(line, len(rates)), rates, strict=True)):
            if abs(stated - rate) * 100 > ROUNDING:
                raise line.error(f"accuracy[{at}]", f"is {stated:.1%}, but outcomes gives {rate:.1%}")
