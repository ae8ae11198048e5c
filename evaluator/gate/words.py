"""Numbers and lists of cases in the words of a report."""

from collections.abc import Sequence

from evaluator.gate.rule_result import NamedCase
from evaluator.statistics.intervals import Estimate

LISTED = 5
"""How many cases a sentence names."""

MOST_NAMED = 50
"""How many cases a report names for one rule; the JSON has all."""

MARKS = {"SHIP": "\u2713", "BLOCK": "\u2717", "NEEDS MORE CASES": "\u2026", "BROKEN": "\u26a0"}
"""A sign for each verdict; they differ without colour too."""


def counted(count: int, one: str) -> str:
    """`1 case`, `20 cases`."""
    return f"{count:,} {one if count == 1 else one + 's'}"


TOO_MANY = 10
"""So many times the cases at hand are not worth collecting."""


def instead(more: int, n: int, other: str = "widen the margin") -> str:
    """What to do instead, where a report asks for far more cases than there are; else nothing."""
    if more <= TOO_MANY * max(n, 20):
        return ""
    return (
        ". Nobody collects so many: the candidate is close to the limit, or its answers scatter. Find out why the "
        f"cases named here differ and mend that, or {other} before the next run if you can accept it"
    )


def percent(share: float) -> str:
    """A share as a percentage with one decimal; 100% and 0% only where it is exactly that."""
    if 0 < share < 1:
        return f"{min(max(share * 100, 0.1), 99.9):.1f}%"
    return f"{share * 100:.0f}%"


def points(difference: float) -> str:
    """A difference of two shares in points, signed."""
    return f"{difference * 100:+.1f} points"


def listed(cases: Sequence[NamedCase]) -> str:
    """The first few cases by name."""
    names = list(dict.fromkeys(named.case for named in cases))
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def estimated(estimate: Estimate | None) -> str:
    """A rate with its interval and number of cases."""
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return "nothing measured"
    hits = round(estimate.value * estimate.n)
    return (
        f"{hits:,} of {estimate.n:,} ({percent(estimate.value)}; {percent(estimate.low)} to {percent(estimate.high)})"
    )


def rated(estimate: Estimate | None) -> str:
    """A rate that is no count of cases, with its interval."""
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return "nothing measured"
    return f"{percent(estimate.value)} ({percent(estimate.low)} to {percent(estimate.high)}) of {estimate.n:,}"
