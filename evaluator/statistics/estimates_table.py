"""Estimates as a table for people."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluator.statistics.intervals import Estimate


def print_estimates(counts: Mapping[str, int], estimates: Mapping[str, "Estimate"]) -> None:
    """Prints counts in a line, and each estimate with its interval in a row."""
    from retriever.entrypoints.printing import console, table

    print(", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items()))
    rows = table("measure", "value", "95% interval", "n")
    for name, estimate in estimates.items():
        if estimate.value is None:
            rows.add_row(name, "none", "", "0")
        else:
            rows.add_row(name, f"{estimate.value:.4f}", interval(estimate), f"{estimate.n:,}")
    console().print(rows)


def interval(estimate: "Estimate") -> str:
    """The interval in words; "none" where there is none."""
    return "none" if estimate.low is None else f"{estimate.low:.4f} to {estimate.high:.4f}"
