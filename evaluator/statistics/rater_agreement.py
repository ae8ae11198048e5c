"""How far two raters agree on labels, beyond agreement by chance.

A table has shape (q, q) for q labels: how often the first rater gave the label of the row and the second that of the
column. Each measure is 1 for full agreement and 0 for agreement by chance. It is NaN where it is not defined, such as
where only one label was given. The measures define chance in different ways, so they differ where one label is
frequent.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from evaluator.statistics import clustered
from evaluator.statistics.intervals import Estimate, with_width

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Table = npt.NDArray[np.int64]

    Agreement = Callable[[Table], float]


def cohens_kappa(table: "Table") -> float:
    """(p - e) / (1 - e): p is the share on the diagonal, e = sum_k row_k column_k, each rater's shares of label k.

    Cohen 1960, "A coefficient of agreement for nominal scales", Educ. Psychol. Meas. 20(1).
    """
    from statsmodels.stats.inter_rater import cohens_kappa as kappa

    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if int(rows @ columns) == int(table.sum()) ** 2:
        return math.nan
    return float(kappa(table, return_results=False))


def gwets_ac1(table: "Table") -> float:
    """(p - e) / (1 - e) with e = sum_k m_k (1 - m_k) / (q - 1), where m_k is the mean of the raters' shares of label k.

    Unlike kappa it does not fall to 0 where nearly all items have one label.
    Gwet 2008, "Computing inter-rater reliability and its variance in the presence of high agreement", Brit. J. Math.
    Stat. Psychol. 61(1).
    """
    count = len(table)
    if count < 2:
        return math.nan
    means = (table.sum(axis=0) + table.sum(axis=1)) / (2 * table.sum())
    chance = float((means * (1 - means)).sum()) / (count - 1)
    return (float(table.trace() / table.sum()) - chance) / (1 - chance)


def krippendorffs_alpha(table: "Table") -> float:
    """1 - D_o / D_e: observed disagreement over the disagreement of all labels paired at random, for nominal labels.

    Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"; by the library krippendorff.
    """
    import krippendorff
    import numpy as np

    if np.count_nonzero(table.sum(axis=0) + table.sum(axis=1)) < 2:
        return math.nan
    kinds = np.eye(len(table), dtype=np.int64)
    units = [kinds[row] + kinds[column] for row, column in np.ndindex(*table.shape)]
    counts = np.repeat(np.asarray(units), table.reshape(-1), axis=0)
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def agreement(
    measure: "Agreement", first: Sequence[str], second: Sequence[str], labels: Sequence[str], ids: Sequence[str]
) -> Estimate:
    """The measure over all items with its bootstrap interval; items of one id are drawn together.

    Full agreement has no interval, since no resample disagrees. The share of items that agree, with Wilson's interval,
    tells how sure it is.
    """
    n = len(first)
    if n == 0:
        return Estimate(None, None, None, 0, "cluster_bootstrap")
    cells = _cells(first, second, labels)
    value = measure(_table(cells, len(labels)))
    if math.isnan(value):
        return Estimate(None, None, None, n, "cluster_bootstrap")
    low, high = clustered.interval(lambda drawn: measure(_table(cells[drawn], len(labels))), ids) or (None, None)
    return with_width(Estimate(value, low, high, n, "cluster_bootstrap"))


def _cells(first: Sequence[str], second: Sequence[str], labels: Sequence[str]) -> "npt.NDArray[np.intp]":
    """For each item, the place of its two labels in a table that is counted row by row."""
    import numpy as np

    places = {label: at for at, label in enumerate(labels)}
    pairs = zip(first, second, strict=True)
    return np.asarray([places[one] * len(labels) + places[other] for one, other in pairs], dtype=np.intp)


def _table(cells: "npt.NDArray[np.intp]", count: int) -> "Table":
    import numpy as np

    return np.bincount(cells, minlength=count**2).reshape(count, count)
