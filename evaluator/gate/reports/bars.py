"""The interval of a rule result as a drawing: the value, the ends of its interval, and the limit.

The limit's text stands above the bar and the axis's texts below it, so they never overlap. The words beside it and the
marker's form say whether a result is good, never colour alone.
"""

from dataclasses import dataclass
from typing import Literal

from evaluator.gate.rule_result import ValueAgainstLimit
from evaluator.gate.words import percent

WIDTH, HEIGHT = 360.0, 64.0
LEFT, RIGHT = 12.0, 348.0
"""Where the axis begins and ends, in user units of the drawing."""

LIMIT_TEXT, BAR, AXIS, AXIS_TEXT = 13.0, 30.0, 44.0, 59.0
"""The heights of the limit's text, of the bar, of the axis, and of the axis's text; of a text, that of its baseline."""

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Text:
    x: float
    y: float
    anchor: Anchor
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The places of a drawing, in user units within (0, 0) and (WIDTH, HEIGHT)."""

    low: float
    high: float
    value: float
    limit: float
    good_from: float
    good_to: float
    texts: tuple[Text, ...]
    spoken: str
    """What it shows, in words, for those who do not see it."""


def bar(measured: ValueAgainstLimit) -> Bar:
    """The drawing of what was measured, on an axis that holds the interval and the limit, and its end or zero."""
    low = measured.value if measured.low is None else measured.low
    high = measured.value if measured.high is None else measured.high
    anchor = 1.0 if measured.unit == "share" else 0.0
    begins, ends = min(low, measured.limit, anchor), max(high, measured.limit, anchor)
    pad = 0.08 * (ends - begins) or 0.01
    begins, ends = begins - pad, ends + pad
    if measured.unit == "share":
        begins, ends = max(0.0, begins), 1.0
    elif measured.unit in ("duration_ms", "number") and low >= 0:
        begins = 0.0

    def place(value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (value - begins) / (ends - begins), 2)

    limit = place(measured.limit)
    above = measured.good == "above"
    margin = measured.unit in ("points", "ms")  # of a margin the end itself is past it; a limit itself is still good
    words = ("more than", "less than") if margin else ("at least", "at most")
    said = f"{words[0] if above else words[1]} {shown(measured, measured.limit)} wanted"
    return Bar(
        low=place(low),
        high=place(high),
        value=place(measured.value),
        limit=limit,
        good_from=limit if above else LEFT,
        good_to=RIGHT if above else limit,
        texts=(
            Text(limit, LIMIT_TEXT, _anchor(limit), said),
            Text(LEFT, AXIS_TEXT, "start", shown(measured, begins)),
            Text(RIGHT, AXIS_TEXT, "end", shown(measured, ends)),
        ),
        spoken=f"{shown(measured, measured.value)}, {_interval(measured)}; {said}",
    )


def shown(measured: ValueAgainstLimit, value: float) -> str:
    """A value in the unit of what was measured."""
    if measured.unit == "share":
        return percent(value)
    if measured.unit in ("duration_ms", "number"):
        return f"{value:,.0f} ms" if measured.unit == "duration_ms" else f"{value:,.4g}"
    return f"{value * 100:+.1f} points" if measured.unit == "points" else f"{value:+,.0f} ms"


def _interval(measured: ValueAgainstLimit) -> str:
    if measured.low is None or measured.high is None:
        return "without an interval"
    return f"from {shown(measured, measured.low)} to {shown(measured, measured.high)}"


def _anchor(x: float) -> Anchor:
    """How a text is anchored so that it has room at a place."""
    third = (RIGHT - LEFT) / 3
    return "start" if x < LEFT + third else "end" if x > RIGHT - third else "middle"
