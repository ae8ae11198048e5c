"""A sweep in words: the rows of its table, and the sentence that compares the retriever's two orders."""

from typing import TYPE_CHECKING

from evaluator.positions.results import Orders, Results
from evaluator.positions.settings import CLOSED_BOOK, ORACLE
from evaluator.statistics.estimates_table import in_percent
from evaluator.statistics.intervals import Estimate

if TYPE_CHECKING:
    from evaluator.shape.shape import Contrast, Reading


def table_rows(found: Results) -> list[tuple[str, ...]]:
    """A row for each position, then the controls: right answers and citations, each with its interval."""
    right, citing = found.curve().estimates, found.citing()
    cited = [None] * len(right) if citing is None else citing.estimates
    rows: list[tuple[str, ...]] = [
        (str(position), *in_percent(one), *in_percent(other), f"{one.n:,}")
        for position, one, other in zip(found.plan.positions, right, cited, strict=True)
    ]
    for arm, name in ((ORACLE, "gold passage alone"), (CLOSED_BOOK, "no passages")):
        control = found.control(arm)
        rows.append((name, *in_percent(control), *in_percent(None), f"{control.n:,}"))
    return rows


def shape(reading: "Reading") -> str:
    """The shape of the curve with the two contrasts that it follows from."""
    told = f"Shape: {reading.shape}; primacy {_contrast(reading.primacy)}; recency {_contrast(reading.recency)}"
    needed = reading.cases_needed
    return told if needed is None else f"{told}. It takes some {needed:,} cases to tell"


def comparison(orders: Orders) -> str:
    """Whether `edges` helps, by how much, and over how many cases."""
    gain = orders.gain
    if gain.value is None or gain.low is None or gain.high is None:
        return "Orders: no case was answered in both"
    if gain.low > 0:
        verdict = "edges helps"
    elif gain.high < 0:
        verdict = "edges harms"
    else:
        verdict = "no difference can be told"
    return (
        f"Orders: rank {_percent(orders.rank)}, edges {_percent(orders.edges)}; edges less rank "
        f"{100 * gain.value:+.1f} points (95% interval {100 * gain.low:+.1f} to {100 * gain.high:+.1f}, paired, "
        f"n {gain.n:,}): {verdict}. Right by edges alone {orders.only_edges_right:,}, "
        f"by rank alone {orders.only_rank_right:,}, McNemar p {orders.p_value:.3g}; "
        f"{orders.cases_with_the_gold_passage:,} cases had the gold passage among them"
    )


def _contrast(end: "Contrast") -> str:
    value, low, high = (100 * points for points in (end.value, end.low, end.high))
    return f"{value:+.1f} points (95% interval {low:+.1f} to {high:+.1f}), {end.verdict}"


def _percent(estimate: Estimate) -> str:
    return "none" if estimate.value is None else f"{estimate.value:.1%}"
