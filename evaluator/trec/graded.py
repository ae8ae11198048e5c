"""Measures over graded qrels: which documents answer a question, and how well, as pure functions of two mappings.

`grades` holds the relevance of each document: 1 and above is relevant, 0 and below is not, and an absent document has
0. `ranked` are the documents found, best first, each once. A question for which nothing was found scores 0, and so does
a question without a relevant document.
"""

import math
from collections.abc import Mapping, Sequence

Grades = Mapping[str, int]


def ndcg(grades: Grades, ranked: Sequence[str], k: int) -> float:
    """The discounted gain of the first k documents over that of the best possible order, in [0, 1].

    DCG@k = sum_i g_i / log2(i + 1) over places i = 1..k with grades g_i (negative ones as 0); nDCG@k = DCG@k / ideal
    DCG@k. The gain is the grade itself, as in trec_eval's `ndcg_cut`, not 2^g - 1.
    Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4).
    """
    best = _discounted(sorted(grades.values(), reverse=True)[:k])
    return _discounted([grades.get(document, 0) for document in ranked[:k]]) / best if best else 0.0


def recall(grades: Grades, ranked: Sequence[str], k: int) -> float:
    """The share of the relevant documents that are among the first k, like trec_eval's `recall`."""
    every = sum(grade > 0 for grade in grades.values())
    return sum(relevant(grades, ranked[:k])) / every if every else 0.0


def relevant(grades: Grades, ranked: Sequence[str]) -> list[bool]:
    """For each document, in order, whether it is relevant."""
    return [grades.get(document, 0) > 0 for document in ranked]


def _discounted(gains: Sequence[int]) -> float:
    return math.fsum(max(gain, 0) / math.log2(place + 1) for place, gain in enumerate(gains, 1))
