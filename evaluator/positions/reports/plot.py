"""Curves as pictures, PNG and SVG: right answers and citations by position, with intervals; always the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from evaluator.errors import EvaluatorError
from evaluator.files.atomic_write import write_whole
from evaluator.positions.results import Outcomes, Results
from evaluator.statistics.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Blue, vermilion, green, purple of Okabe and Ito, distinct for any colour vision; markers and dashes differ too."""

TITLE_CHARACTERS = 80

_MARKERS = ("o", "s", "^", "D")
_DASHES = {"with the gold passage alone": (0, (6, 2)), "without passages": (0, (1.5, 2))}
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "asof",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


class NoPlots(EvaluatorError):
    """matplotlib is not there."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: curves by name, and levels that do not depend on a position."""

    title: str
    curves: tuple[tuple[str, Outcomes], ...]
    levels: tuple[tuple[str, Estimate], ...] = ()


def picture(results: Results) -> Picture:
    """The picture of a sweep; its title names the model and the shape, and says where the reader is simulated."""
    citing, reading = results.citing(), results.reading()
    told = results.curves()[0]
    title = f"{results.plan.model}: {told['task']}, {told['n']:,} cases"
    return Picture(
        title=title
        + (f", shape: {reading.shape}" if reading else "")
        + ("\nSIMULATED reader, no language model" if results.simulated else ""),
        curves=(("right", results.curve()), *((("cites the gold passage", citing),) if citing else ())),
        levels=(
            ("with the gold passage alone", results.control("oracle")),
            ("without passages", results.control("closed_book")),
        ),
    )


def draw(shown: Picture, paths: Sequence[Path]) -> None:
    """Writes the picture to each path, in the format that its suffix names; NoPlots where matplotlib is missing."""
    try:
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise NoPlots("Plots need matplotlib: pip install 'asof[plots]'") from error
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **_STYLE}):
        figure = Figure(figsize=(7.2, 4.8), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        _fill(figure.add_subplot(), shown)
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
        for path in paths:
            metadata: dict[str, Any] = {"Date": None} if path.suffix == ".svg" else {"Software": None}
            drawn = BytesIO()
            figure.savefig(drawn, format=path.suffix[1:], metadata=metadata)
            write_whole(path, drawn.getvalue())


def _fill(axes: "Axes", shown: Picture) -> None:
    for number, (name, curve) in enumerate(shown.curves):
        if not curve.rows:
            continue  # nothing was measured, which is not the same as 0%
        colour, estimates = COLOURS[number % len(COLOURS)], curve.estimates
        values = [100 * (item.value or 0) for item in estimates]
        # Curves at the same place would hide each other's intervals, so each is moved a little.
        span = max(curve.positions) - min(curve.positions) or 1
        shift = span * 0.016 * (number - (len(shown.curves) - 1) / 2)
        moved = [position + shift for position in curve.positions]
        reach = [
            [value - 100 * (item.low or 0) for value, item in zip(values, estimates, strict=True)],
            [100 * (item.high or 0) - value for value, item in zip(values, estimates, strict=True)],
        ]
        axes.errorbar(
            moved, values, yerr=reach, label=f"{name}, 95% interval", color=colour,
            marker=_MARKERS[number % len(_MARKERS)], capsize=4, linewidth=1.8, markersize=6,
        )  # fmt: skip
    for name, level in shown.levels:
        if level.value is not None:
            axes.axhline(
                100 * level.value, color="black", linewidth=1.2, linestyle=_DASHES.get(name, "--"),
                label=f"{name}: {level.value:.1%}",
            )  # fmt: skip
    axes.set_title("\n".join(fill(line, TITLE_CHARACTERS) for line in shown.title.split("\n")), fontsize=11)
    axes.set_xlabel("position of the gold passage, 0 is first")
    axes.set_ylabel("share of cases (%)")
    axes.set_xticks(list(shown.curves[0][1].positions))
    axes.set_ylim(-3, 103)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
