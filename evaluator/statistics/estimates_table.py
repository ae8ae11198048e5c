"""Estimates for people: counts in a line, and each estimate with its interval in a row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluator.statistics.intervals import Estimate

NO_COUNTS: Mapping[str, Mapping[str, int]] = {}


def print_counts(counts: Mapping[str, int]) -> None:
    print(", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items()))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from retriever.entrypoints.printing import console, table

    made = table(*columns)
    for row in rows:
        made.add_row(*row)
    console().print(made)


def print_estimates(
    *parts: Mapping[str, "Estimate"],
    head: Sequence[str] = ("measure", "value"),
    counts: Mapping[str, Mapping[str, int]] = NO_COUNTS,
) -> None:
    """Prints a table of the estimates, with a rule after each part.

    `head` names the first two columns. `counts` gives rows more columns: each row's numbers by the column's name.
    """
    from retriever.entrypoints.printing import console, table

    more = list(dict.fromkeys(column for row in counts.values() for column in row))
    rows = table(*head, "95% interval", "n", *more)
    for part in parts:
        for name, estimate in part.items():
            beside = (f"{counts[name][column]:,}" for column in more)
            rows.add_row(name, *in_decimals(estimate), f"{estimate.n:,}", *beside)
        rows.add_section()
    console().print(rows)


def in_decimals(estimate: "Estimate") -> tuple[str, str]:
    """The value and the interval; "none" where there was nothing to measure or the interval is not known."""
    if estimate.value is None:
        return "none", ""
    return f"{estimate.value:.4f}", "none" if estimate.low is None else f"{estimate.low:.4f} to {estimate.high:.4f}"


def in_percent(estimate: "Estimate | None") -> tuple[str, str]:
    """The value and the interval in percent; empty where there was nothing to measure."""
    if estimate is None or estimate.value is None:
        return "", ""
    return f"{estimate.value:.1%}", f"{estimate.low:.1%} to {estimate.high:.1%}"
