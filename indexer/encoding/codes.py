"""Vectors in 8 bits, for a first pass with a known error: re-scoring after it gives the exact result.

Each vector x becomes whole numbers c and a scale s, x ~ s c with s = max |x| / 127. They depend on the vector alone, so
nothing is trained, and nothing has to be made anew as an index grows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.products import Floats

AT_ONCE = 16_384
"""How many vectors are turned into codes at a time, so that intermediate results stay in the cache."""

ASKED_AT_ONCE = 65_536
"""How many codes are compared with a query at a time."""


@dataclass(frozen=True, slots=True)
class Codes:
    """`codes` int8 (n, d) and `scales` float32 (n,): vector i is about scales[i] * codes[i].

    `distance` is the largest norm of a vector minus its approximation by codes; `norm` is the largest norm of an
    approximation.
    """

    codes: npt.NDArray[np.int8]
    scales: Floats
    distance: float
    norm: float

    @classmethod
    def of(cls, count: int, dimension: int, vectors: Callable[[slice], Floats]) -> "Codes":
        """The codes of `count` vectors, asked for some at a time, shape (some, dimension)."""
        codes = np.empty((count, dimension), dtype=np.int8)
        scales = np.empty(count, dtype=np.float32)
        distance = norm = 0.0
        for start in range(0, count, AT_ONCE):
            some = slice(start, min(start + AT_ONCE, count))
            exact = vectors(some)
            codes[some], scales[some] = _rounded(exact)
            value = codes[some] * scales[some, None]
            norm = max(norm, float(np.linalg.norm(value, axis=1).max()))
            distance = max(distance, float(np.linalg.norm(exact - value, axis=1).max()))
        return cls(codes, scales, distance, norm)

    def inner_products(self, query: Floats) -> tuple[Floats, float]:
        """Approximate inner products of a query, shape (d,), with every vector, shape (n,), and their largest error.

        Where q' and x' are the approximations, |q x - q' x'| <= |q| |x - x'| + |q - q'| |x'|  (Cauchy and Schwarz). The
        error also holds what float32 may lose in summing d terms, here and in the exact products (Higham 2002,
        "Accuracy and Stability of Numerical Algorithms", section 3.1).
        """
        import simsimd

        codes, scale = _rounded(query[None, :])
        scores = np.empty(len(self.codes), dtype=np.float32)
        for start in range(0, len(self.codes), ASKED_AT_ONCE):
            # Other Python threads wait during a call, so each call takes about a millisecond. The argument `out`
            # would save a copy, but loses a reference to None with every call (simsimd 6.5).
            some = slice(start, start + ASKED_AT_ONCE)
            found = np.asarray(simsimd.cdist(codes, self.codes[some], metric="dot", out_dtype="f32"))[0]
            np.multiply(found, self.scales[some] * scale[0], out=scores[some])
        length = float(np.linalg.norm(query))
        missed = float(np.linalg.norm(query - codes[0] * scale[0]))
        summing = 2 * (len(query) + 3) * 2.0**-24 * length * (self.norm + self.distance)
        return scores, 1.0001 * (length * self.distance + missed * self.norm) + summing


def _rounded(vectors: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """The codes of some vectors, shape (n, d), and their scales, shape (n,)."""
    scales = np.maximum(np.abs(vectors).max(axis=1), np.float32(1e-30)) / np.float32(127)
    codes = np.rint(vectors / scales[:, None])
    return codes.astype(np.int8), scales.astype(np.float32)
