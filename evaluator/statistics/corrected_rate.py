"""The true rate behind a judge's labels, from a few items with human labels and many with the judge's alone.

An outcome is 1 where a label is the one counted, else 0. Rates lie in [0, 1].
"""

import math
from collections.abc import Sequence

from evaluator.statistics import clustered
from evaluator.statistics.intervals import Estimate, Z, wilson
from evaluator.statistics.mover import mover
from evaluator.statistics.paired import changes, score_interval


def rogan_gladen(human: Sequence[int], judge: Sequence[int], unlabelled: Sequence[int]) -> Estimate:
    """The judge's rate on unlabelled items, corrected for how often it errs on labelled ones; None where that fails.

    (t + c - 1) / (s + c - 1), cut to [0, 1]. t is the judge's rate; s and c are the shares of human 1s and 0s that the
    judge labels in the same way. It fails without human labels of both kinds, and where s + c <= 1, since the judge
    then tells nothing. Rogan and Gladen 1978, "Estimating prevalence from the results of a screening test", Am. J.
    Epidemiol. 107(1). The interval is that of Lang and Reiczigel 2014, "Confidence limits for prevalence of disease
    adjusted for estimated sensitivity and specificity", Prev. Vet. Med. 113(1): with t' = (n t + z^2/2) / (n + z^2), s'
    and c' with one success and one failure more, and r the rate from these, r + 2 z^2 (r v_s - (1 - r) v_c) ± z / (s' +
    c' - 1) sqrt(t'(1 - t') / (n + z^2) + r^2 v_s + (1 - r)^2 v_c), where v_s = s'(1 - s') / (positives + 2) and v_c
    likewise. Items are taken as independent.
    """
    n, positives = len(unlabelled), sum(human)
    negatives = len(human) - positives
    if not n or not positives or not negatives:
        return Estimate(None, None, None, n, "adjusted")
    caught = sum(one and other for one, other in zip(human, judge, strict=True))
    cleared = sum(not one and not other for one, other in zip(human, judge, strict=True))
    power = caught / positives + cleared / negatives - 1
    s, c = (caught + 1) / (positives + 2), (cleared + 1) / (negatives + 2)
    if power <= 0 or s + c <= 1:
        return Estimate(None, None, None, n, "adjusted")
    value = (sum(unlabelled) / n + cleared / negatives - 1) / power
    t = (sum(unlabelled) + Z**2 / 2) / (n + Z**2)
    rate = (t + c - 1) / (s + c - 1)
    by_s, by_c = s * (1 - s) / (positives + 2), c * (1 - c) / (negatives + 2)
    centre = rate + 2 * Z**2 * (rate * by_s - (1 - rate) * by_c)
    spread = math.sqrt(t * (1 - t) / (n + Z**2) + rate**2 * by_s + (1 - rate) ** 2 * by_c)
    reach = Z / (s + c - 1) * spread
    return Estimate(_cut(value), _cut(centre - reach), _cut(centre + reach), n, "adjusted")


def prediction_powered(
    human: Sequence[int], judge: Sequence[float], unlabelled: Sequence[float], ids: Sequence[str] | None = None
) -> Estimate:
    """The judge's mean on unlabelled items plus the mean of human minus judge on labelled ones; n counts the latter.

    It holds whatever the judge's errors are, and is narrower for a better judge. `judge` and `unlabelled` are outcomes
    or scores in [0, 1]; `ids` names what labelled items share. The variance of scores is var(judge on unlabelled) / N +
    var(human - judge) / n, by cluster. Outcomes use Wilson's and Tango's intervals, combined by MOVER, in place of the
    normal ones, since these also hold where the judge never erred.
    Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, "Prediction-powered inference", Science 382, algorithm 1.
    """
    n, count = len(human), len(unlabelled)
    if not n or not count:
        return Estimate(None, None, None, n, "normal")
    names = [str(case) for case in range(n)] if ids is None else ids
    errors = [float(one) - float(other) for one, other in zip(human, judge, strict=True)]
    rate, error = math.fsum(unlabelled) / count, math.fsum(errors) / n
    if set(judge) | set(unlabelled) <= {0, 1}:
        share = clustered.effective_cases(errors, names) / n
        seen = changes([int(value) for value in judge], human)
        bounds = [wilson(rate * count, count), score_interval(seen.gained * share, seen.lost * share, n * share)]
        low, high = mover([1.0, 1.0], [rate, error], bounds)
        return Estimate(_cut(rate + error), _cut(low), _cut(high), n, "mover")
    if len(set(names)) < 2 or count < 2:
        return Estimate(_cut(rate + error), None, None, n, "normal")
    spread = math.fsum((value - rate) ** 2 for value in unlabelled) / (count - 1) / count
    reach = Z * math.sqrt(spread + clustered.variance_of_mean(errors, names))
    return Estimate(_cut(rate + error), _cut(rate + error - reach), _cut(rate + error + reach), n, "normal")


def _cut(value: float) -> float:
    return min(1.0, max(0.0, value))
