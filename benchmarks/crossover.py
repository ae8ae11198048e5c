"""From how many passages on two passes of dense search are faster than exact products of all, fusion included."""

import numpy as np
import numpy.typing as npt

from benchmarks._data import imported_home, parser, seconds
from benchmarks.index import rounds
from indexer.encoding.codes import Codes
from indexer.encoding.embedding import Vectors
from indexer.products import products, products_at
from indexer.view import TWO_PASSES_FROM, Dense
from retriever.answering.fusion import top_fused
from retriever.bootstrap import Asof

SIZES = (2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000)


def main() -> None:
    given = parser(__doc__).parse_args()
    with imported_home(given.data, given.home) as home:
        snapshot = Asof.at(home).index.current().snapshot
        real = snapshot.vectors(np.arange(snapshot.passages, dtype=np.int32))
    print(f"moved copies of the real vectors; in use from {TWO_PASSES_FROM:,} passages on")
    print("passages   exact p50 ms   two passes p50 ms   re-scored   error")
    random = np.random.default_rng(3)
    for size in SIZES:
        vectors = real[random.integers(0, len(real), size)]
        vectors += np.float32(0.2 / np.sqrt(vectors.shape[1])) * random.standard_normal(vectors.shape, dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        compared = Compared(vectors, random.random(size) ** 4)
        queries = real[:: len(real) // 60]
        exact, _ = rounds(compared.exact, queries, 1)
        two, _ = rounds(compared.two_passes, queries, 1)
        each = np.mean(compared.rescored)
        print(f"{size:8,} {exact:14.2f} {two:19.2f} {each:11.0f} {compared.error:7.4f}", flush=True)
    large = random.standard_normal((400_000, real.shape[1]), dtype=np.float32)
    print(f"one core reads {reading(large):.0f} GB/s, by exact products of {large.nbytes / 1e6:.0f} MB")


def reading(vectors: Vectors) -> float:
    """The bytes a second, in GB, at which one core reads vectors that no cache holds: the floor of any pass."""
    spent = [seconds(lambda: products(vectors[0], vectors)) for _ in range(7)]
    return float(vectors.nbytes / np.median(spent) / 1e9)


class Compared:
    """Both ways over the same vectors and lexical scores."""

    def __init__(self, vectors: Vectors, lexical: npt.NDArray[np.float64]) -> None:
        self._vectors = vectors
        self._codes = Codes.of(*vectors.shape, vectors.__getitem__)
        self._lexical = lexical
        self.rescored: list[int] = []
        self.error = 0.0

    def exact(self, query: Vectors) -> object:
        scores = products(query, self._vectors)
        return top_fused(Dense(scores, 0.0, scores.__getitem__), self._lexical, 5)

    def two_passes(self, query: Vectors) -> object:
        scores, self.error = self._codes.inner_products(query)
        asked = []

        def exact(rows: npt.NDArray[np.int64]) -> Vectors:
            asked.append(len(rows))
            return products_at(query, self._vectors, rows)

        best = top_fused(Dense(scores, self.error, exact), self._lexical, 5)
        self.rescored.append(sum(asked))
        return best


if __name__ == "__main__":
    main()
