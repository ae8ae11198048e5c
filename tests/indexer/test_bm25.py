from collections.abc import Sequence
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Plus

from indexer.bm25 import TERM_BY_TERM_FROM, Floats, PostingsBM25
from indexer.segments.postings import Ints, build_postings

TERMS = st.sampled_from("abcdefgh")
CORPORA = st.lists(st.lists(TERMS, max_size=15), min_size=1, max_size=15).filter(any)
QUERIES = st.lists(st.sampled_from("abcdefghxyz"), max_size=8)


def test_scores_follow_the_equation() -> None:
    # N = 2, avgdl = 1.5. Only the first document holds a: idf = ln(3 / 1); |d| = 2, so its denominator is
    # 1 + 1.5 (1 - 0.75 + 0.75 * 2 / 1.5) = 2.875. The second gets idf * delta.
    scores = PostingsBM25([["a", "b"], ["b"]]).get_scores(["a"])
    assert scores.tolist() == pytest.approx([log(3) * (1 + 2.5 / 2.875), log(3)], abs=1e-12)


@given(CORPORA, QUERIES)
def test_scores_equal_those_of_rank_bm25(corpus: list[list[str]], query: list[str]) -> None:
    np.testing.assert_allclose(
        PostingsBM25(corpus).get_scores(query), BM25Plus(corpus).get_scores(query), rtol=0, atol=1e-9
    )


@given(CORPORA, QUERIES, st.floats(0.5, 3), st.floats(0, 0.9), st.floats(0, 2))
def test_scores_equal_those_of_rank_bm25_with_other_parameters(
    corpus: list[list[str]], query: list[str], k1: float, b: float, delta: float
) -> None:
    ours, theirs = (kind(corpus, k1=k1, b=b, delta=delta) for kind in (PostingsBM25, BM25Plus))
    np.testing.assert_allclose(ours.get_scores(query), theirs.get_scores(query), rtol=0, atol=1e-9)


@pytest.mark.parametrize("corpus", [[["a", "b", "a"]], [[], ["a"], []], [["a"], ["a"], ["a"]]])
@pytest.mark.parametrize("query", [[], ["a"], ["a", "a", "b"], ["unseen"], ["unseen", "a"]])
def test_small_corpora_score_as_in_rank_bm25(corpus: list[list[str]], query: list[str]) -> None:
    expected = BM25Plus(corpus).get_scores(query)
    assert PostingsBM25(corpus).get_scores(query).tolist() == pytest.approx(expected.tolist(), abs=1e-9)


def test_a_repeated_query_term_counts_each_time() -> None:
    ranking = PostingsBM25([["a", "b"], ["b"]])
    assert ranking.get_scores(["a", "a"]).tolist() == pytest.approx((2 * ranking.get_scores(["a"])).tolist())


def test_an_empty_corpus_has_no_scores() -> None:
    ranking = PostingsBM25([])
    assert ranking.get_scores(["a"]).shape == (0,)
    assert ranking.matches(["a"]).shape == (0,)


def test_documents_without_terms_all_score_zero() -> None:
    assert PostingsBM25([[], []]).get_scores(["a"]).tolist() == [0, 0]


def test_a_document_matches_when_it_holds_a_term_of_the_query() -> None:
    ranking = PostingsBM25([["a", "b"], [], ["c"], ["b"]])
    assert ranking.matches(["b", "c", "unseen"]).tolist() == [True, False, True, True]
    assert ranking.matches(["unseen"]).tolist() == [False] * 4
    assert ranking.matches([]).tolist() == [False] * 4


@given(CORPORA, QUERIES)
def test_batch_scores_and_top_documents_are_those_of_rank_bm25(corpus: list[list[str]], query: list[str]) -> None:
    ours, theirs = PostingsBM25(corpus), BM25Plus(corpus)
    asked = list(range(len(corpus)))[::-2]
    assert ours.get_batch_scores(query, asked) == pytest.approx(theirs.get_batch_scores(query, asked), abs=1e-9)
    numbers = [str(number) for number in range(len(corpus))]
    scores = dict(zip(numbers, theirs.get_scores(query), strict=True))
    best = [scores[number] for number in ours.get_top_n(query, numbers, n=3)]
    assert best == pytest.approx(sorted(scores.values(), reverse=True)[:3], abs=1e-9)


@given(CORPORA, QUERIES, st.data())
def test_over_a_subset_scores_are_those_of_a_corpus_of_that_subset(
    corpus: list[list[str]], query: list[str], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(corpus))), unique=True, min_size=1))
    subset = [corpus[number] for number in chosen]
    if not any(subset):
        return
    postings = build_postings(corpus)
    rows = np.full(len(corpus), -1, dtype=np.int32)
    rows[chosen] = np.arange(len(chosen))

    def find(asked: Sequence[str]) -> tuple[Ints, Floats, list[int]]:
        documents, gains, sizes = [np.empty(0, dtype=np.int32)], [np.empty(0)], []
        for term in asked:
            at = postings.terms.index(term) if term in postings.terms else None
            span = slice(0, 0) if at is None else slice(postings.offsets[at], postings.offsets[at + 1])
            here = rows[postings.passages[span]]
            documents.append(here[here >= 0])
            gains.append(ranking.gains(documents[-1], postings.counts[span][here >= 0]))
            sizes.append(len(documents[-1]))
        return np.concatenate(documents), np.concatenate(gains), sizes

    ranking = PostingsBM25.over(postings.lengths[chosen], find)
    np.testing.assert_allclose(ranking.get_scores(query), BM25Plus(subset).get_scores(query), rtol=0, atol=1e-9)
    held = [bool(set(document) & set(query)) for document in subset]
    assert ranking.matches(query).tolist() == held


def test_a_large_corpus_is_added_up_term_by_term_to_the_same_scores() -> None:
    random = np.random.default_rng(5)
    corpus = [[f"t{term}" for term in random.zipf(1.5, 6) if term < 50] for _ in range(TERM_BY_TERM_FROM)]
    query = ["t1", "t2", "t7", "t2", "unseen", "t49"]
    ranking = PostingsBM25(corpus)
    scores = ranking.get_scores(query)
    np.testing.assert_allclose(scores, BM25Plus(corpus).get_scores(query), rtol=0, atol=1e-9)


def test_coverage_is_the_weighted_share_of_the_terms_held() -> None:
    # N = 3: a stands in two documents, b in one, unseen in none; weights ln(4 / 2), ln(4 / 1), ln(4 / 1).
    ranking = PostingsBM25([["a", "b"], ["a"], ["c"]])
    total = log(2) + 2 * log(4)
    shares = [(log(2) + log(4)) / total, log(2) / total, 0.0]
    assert ranking.coverage(["a", "b", "a", "unseen"]).tolist() == pytest.approx(shares)
    assert ranking.coverage([]).tolist() == [0, 0, 0]
    assert PostingsBM25([]).coverage(["a"]).tolist() == []
