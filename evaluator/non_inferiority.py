"""Whether a candidate is at most a margin worse than a baseline on the same cases: shown, refuted, or not yet known.

The margin is what one would put up with, and is chosen before looking. "No significant difference" is no evidence of
none: few cases never show one. So the whole interval of the difference must lie on the good side of the margin
(Wellek 2010, "Testing Statistical Hypotheses of Equivalence and Noninferiority"): with intervals of 95% each verdict
is wrong in at most 2.5% of comparisons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evaluator import clustered
from evaluator.intervals import Estimate
from evaluator.paired import changes, risk_difference

TAIL = 0.05
LATENCY_CASES = 59
"""With fewer cases the largest of them may, in more than 5% of comparisons, lie below the true 95th percentile."""

Verdict = Literal["non_inferior", "inferior", "unresolved"]


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """A difference of candidate minus baseline against a margin >= 0, in the unit of what was measured.

    `worse` says in which direction the difference is for the worse: down for a rate, up for a latency. `cases_needed`
    are those at which the margin would be told from no difference with 80% power, where it is known; for a latency
    at least 59.
    """

    difference: Estimate
    margin: float
    worse: Literal["down", "up"]
    verdict: Verdict
    cases_needed: int | None

    def content(self) -> dict[str, Any]:
        """The JSON values of a comparison."""
        return {
            "difference": self.difference.content(),
            "margin": self.margin,
            "worse": self.worse,
            "verdict": self.verdict,
            "cases_needed": self.cases_needed,
        }


def rates(
    baseline: Sequence[int], candidate: Sequence[int], margin: float, clusters: Sequence[str] | None = None
) -> NonInferiority:
    """Whether the rate of outcomes 1 falls by less than `margin` (0.02 is two points), by Tango's score interval."""
    from evaluator.sample_size import cases_for_non_inferiority

    difference = risk_difference(baseline, candidate, clusters)
    verdict = _verdict(difference, margin, "down")
    needed = None
    if verdict == "unresolved" and difference.n and margin > 0:
        seen = changes(baseline, candidate)
        # Half a case more on each side: that nothing changed in a few cases does not mean that nothing ever does.
        discordance = (seen.gained + seen.lost + 1) / (seen.n + 2)
        shifts = [float(after) - float(before) for before, after in zip(baseline, candidate, strict=True)]
        effect = 1.0 if clusters is None else difference.n / clustered.effective_cases(shifts, clusters)
        needed = cases_for_non_inferiority(margin, discordance, effect=effect)
    return NonInferiority(difference, margin, "down", verdict, needed)


def tail_latencies(
    baseline: Sequence[float], candidate: Sequence[float], margin: float, clusters: Sequence[str] | None = None
) -> NonInferiority:
    """Whether the 95th percentile rises by less than `margin`, in the unit of the values, over cases paired by order.

    The interval is the bootstrap's: cases, or clusters of them, are drawn with their two latencies together, since a
    long question is slow for both. Below 59 cases nothing is concluded: the tail has not been seen.
    """
    import numpy as np

    pairs = np.asarray(list(zip(baseline, candidate, strict=True)), dtype=np.float64).reshape(-1, 2)
    n = len(pairs)
    if n == 0:
        return NonInferiority(Estimate(None, None, None, 0, "bootstrap"), margin, "up", "unresolved", LATENCY_CASES)

    def rise(cases: Any) -> float:
        before, after = np.quantile(pairs[cases], 1 - TAIL, axis=0)
        return float(after - before)

    ends = clustered.interval(rise, [str(case) for case in range(n)] if clusters is None else clusters)
    assert ends is not None
    method: Literal["bootstrap", "cluster_bootstrap"] = "bootstrap" if clusters is None else "cluster_bootstrap"
    difference = Estimate(rise(np.arange(n)), *ends, n, method)
    verdict = _verdict(difference, margin, "up") if n >= LATENCY_CASES else "unresolved"
    return NonInferiority(difference, margin, "up", verdict, LATENCY_CASES if n < LATENCY_CASES else None)


def _verdict(difference: Estimate, margin: float, worse: Literal["down", "up"]) -> Verdict:
    if difference.low is None or difference.high is None:
        return "unresolved"
    # As a loss: how much worse, at best and at most.
    least, most = (difference.low, difference.high) if worse == "up" else (-difference.high, -difference.low)
    if most < margin:
        return "non_inferior"
    return "inferior" if least > margin else "unresolved"
