"""The interval of a weighted sum from the intervals of its parts."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def mover(
    weights: Sequence[float],
    values: Sequence[float],
    bounds: Sequence[tuple[float, float]],
    correlations: "npt.NDArray[np.float64] | None" = None,
) -> tuple[float, float]:
    """The interval of sum_i w_i x_i from those (l_i, u_i) of each x_i: the method of variance estimates recovery.

    With d_i = w_i x_i minus the lower end of w_i x_i's interval, low = sum_i w_i x_i - sqrt(sum_ij s_i s_j r_ij d_i
    d_j), where s_i is the sign of w_i and r_ij the correlation of x_i and x_j, shape (k, k); without correlations,
    sqrt(sum_i d_i^2). The high end likewise.
    Zou and Donner 2008, "Construction of confidence limits about effect measures: a general approach", Statistics in
    Medicine 27(10); for two rates it is the hybrid score interval of Newcombe 1998, Statistics in Medicine 17(8).
    """
    middle = math.fsum(map(math.prod, zip(weights, values, strict=True)))
    ends = []
    for side in (0, 1):
        reach = [
            weight * (value - pair[side if weight > 0 else 1 - side])
            for weight, value, pair in zip(weights, values, bounds, strict=True)
        ]
        if correlations is None:
            square = math.fsum(one * one for one in reach)
        else:
            # On one side all reaches w_i x_i - end_i have the same sign; the part of x_i has the sign of w_i.
            parts = [math.copysign(one, weight) for one, weight in zip(reach, weights, strict=True)]
            square = max(0.0, float(parts @ correlations @ parts))
        ends.append(math.sqrt(square))
    return middle - ends[0], middle + ends[1]
