"""The weight of the dense score: PolicyQA and the as-of questions over a grid, and what cross-validation picks."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks._data import imported_home, json_lines, parser, questions, worded
from benchmarks._policyqa import PolicyQA
from indexer.encoding.embedding import Encoder
from indexer.text.tokenizer import terms
from indexer.view import View
from policies.instant import parse_instant
from retriever.answering.fusion import DENSE_WEIGHT, convex, top
from retriever.asking.eligible import Eligible, Scope, resolve
from retriever.bootstrap import Asof
from retriever.live.live_index import Generation

WEIGHTS = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
FOLDS = 5

Floats = npt.NDArray[np.float64]
Ranker = Callable[[Floats, Floats], Floats]
"""Dense and lexical scores of the eligible passages to one score each."""
DenseOf = Callable[[View, str], npt.NDArray[np.float32]]
"""The dense scores of a view's passages for a question."""


def main() -> None:
    given = parser(__doc__).parse_args()
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home)
        rankers = [partial(convex, weight=weight) for weight in WEIGHTS]
        qa, qa_policies = policyqa(given.data / "policyqa", asof.encoder, rankers)
        cases = json_lines(questions(given.data))
        first, five, policies = as_of(asof, cases, rankers)
    print("weight   PolicyQA nDCG@10   as-of: right wording first   in the top 5")
    for column, weight in enumerate(WEIGHTS):
        chosen = "  <- in use" if weight == DENSE_WEIGHT else ""
        figures = qa[:, column].mean(), first[:, column].mean(), five[:, column].mean()
        print(f"{weight:6.1f} {figures[0]:18.4f} {figures[1]:28.4f} {figures[2]:14.4f}{chosen}")
    print(f"\n{FOLDS}-fold cross-validation by policy; the aim is the mean of PolicyQA nDCG@10 and as-of first")
    picked = []
    scores = []
    for fold in range(FOLDS):
        train_qa, train_first = qa[folds(qa_policies) != fold], first[folds(policies) != fold]
        best = int(np.argmax((train_qa.mean(axis=0) + train_first.mean(axis=0)) / 2))
        picked.append(WEIGHTS[best])
        scores.append((qa[folds(qa_policies) == fold][:, best], first[folds(policies) == fold][:, best]))
    held = [np.concatenate(parts).mean() for parts in zip(*scores, strict=True)]
    print(f"picked: {picked}; held-out PolicyQA {held[0]:.4f}, as-of first {held[1]:.4f}")


def policyqa(folder: Path, encoder: Encoder, rankers: Sequence[Ranker]) -> tuple[Floats, list[str]]:
    """nDCG@10 of each question within its own policy, a column a ranker; and the policies."""
    qa = PolicyQA.read(folder)
    vectors = encoder.encode_all([passage["text"] for passage in qa.corpus])
    asked_vectors = encoder.encode_all([query["text"] for query in qa.asked])
    scores = np.empty((len(qa.asked), len(rankers)))
    for number, query in enumerate(qa.asked):
        bm25 = qa.lexical[query["policy_id"]].get_scores(terms(query["text"]))
        dense = (vectors[qa.places[query["policy_id"]]] @ asked_vectors[number]).astype(np.float64)
        for column, ranker in enumerate(rankers):
            scores[number, column] = qa.ndcg(query, top(ranker(dense, bm25), 10).tolist())
    return scores, [query["policy_id"] for query in qa.asked]


def as_of(
    asof: Asof, cases: list[dict[str, Any]], rankers: Sequence[Ranker], dense_of: DenseOf | None = None
) -> tuple[Floats, Floats, list[str]]:
    """Whether the right wording is first, and among five, a column a ranker; and the policies."""
    dense_of = dense_of or (lambda view, query: view.inner_products(asof.encoder.encode(query)))
    generation = asof.index.current()
    first, five = np.empty((len(cases), len(rankers))), np.empty((len(cases), len(rankers)))
    for number, case in enumerate(cases):
        eligible, view = in_force(generation, case["as_of"])
        dense = dense_of(view, case["query"]).astype(np.float64)
        lexical = view.bm25.get_scores(terms(case["query"]))
        for column, ranker in enumerate(rankers):
            hits = [
                worded(case, eligible.version(view.source(row)[0]), view.passage(row).text)
                for row in top(ranker(dense, lexical), 5).tolist()
            ]
            first[number, column], five[number, column] = hits[0], any(hits)
    return first, five, [case["policy_id"] for case in cases]


def in_force(generation: Generation, as_of: str) -> tuple[Eligible, View]:
    """The public passages in force at an instant."""
    scope = Scope(parse_instant(as_of), generation.timeline.recorded_at, None, {}, ("public",), False)
    eligible = resolve(generation.timeline, scope)
    return eligible, generation.views.view(eligible.txs)


def folds(policies: list[str]) -> npt.NDArray[np.int64]:
    """The fold of each question: that of its policy, so that no policy is on both sides."""
    order = {policy: number % FOLDS for number, policy in enumerate(sorted(set(policies)))}
    return np.array([order[policy] for policy in policies])


if __name__ == "__main__":
    main()
