"""The command `asof-eval shape`: what accuracy by position shows, from counts or from outcomes by case."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.shape.shape import Contrast, Reading


def register(app: typer.Typer) -> None:
    app.command()(shape)


def shape(
    curves: Annotated[
        Path, typer.Argument(metavar="CURVES.json", help="A list of {positions, accuracy (percent), n}.")
    ],
    margin: Annotated[
        float, typer.Option("--margin", help="Percentage points; a smaller difference counts as none.")
    ] = 5.0,
    json: JsonOption = False,
) -> None:
    """Tells whether the ends of a context do better than its middle: u, primacy, recency, middle, flat or underpowered.

    Primacy is the rate at the first position minus the mean rate of the inner positions. Recency is the same for the
    last position. Each has a 95% interval, and a U needs both above 0. In place of accuracy and n, a curve may have
    "outcomes", a list of 0 and 1 for each case, and "clusters", the name of what cases share.

    Example: asof-eval shape curves.json --margin 5
    """
    from evaluator.shape.curve import read_curves
    from evaluator.shape.shape import read_shape
    from retriever.entrypoints.printing import print_json

    if not 0 < margin < 100:
        raise typer.BadParameter(f"--margin is {margin}; give points of percent, more than 0 and less than 100")
    readings = [read_shape(curve, margin / 100) for curve in read_curves(curves)]
    if json:
        print_json([reading.content() for reading in readings])
    else:
        _print(readings)


def _print(readings: Sequence["Reading"]) -> None:
    from evaluator.statistics.estimates_table import print_table
    from retriever.entrypoints.printing import inert

    rows = []
    for number, reading in enumerate(readings, start=1):
        name, ends = inert(reading.curve.label or f"curve {number}"), map(_points, (reading.primacy, reading.recency))
        needed = "" if reading.cases_needed is None else f"{reading.cases_needed:,}"
        rows.append((name, reading.shape, *ends, f"{min(reading.curve.cases):,}", needed))
    print_table(("curve", "shape", "primacy", "recency", "n", "cases needed"), rows)


def _points(contrast: "Contrast") -> str:
    value, low, high = (100 * end for end in (contrast.value, contrast.low, contrast.high))
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f}) {contrast.verdict}"
