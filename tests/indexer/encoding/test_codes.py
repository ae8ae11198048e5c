"""Codes: the error that is stated is never passed."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.encoding.codes import AT_ONCE, Codes
from indexer.products import products


@settings(max_examples=200)
@given(
    seed=st.integers(0, 2**32 - 1),
    dimension=st.sampled_from([1, 3, 32, 384, 1536]),
    scale=st.sampled_from([1e-6, 1.0, 50.0]),
    outlier=st.booleans(),
)
def test_scores_are_within_the_stated_error_of_the_exact_ones(
    seed: int, dimension: int, scale: float, outlier: bool
) -> None:
    random = np.random.default_rng(seed)
    vectors = (scale * random.standard_normal((40, dimension))).astype(np.float32)
    query = random.standard_normal(dimension).astype(np.float32)
    if outlier:  # one number so large that all others come to nearly nothing
        vectors[:5, 0], query[-1] = 1000 * scale, 300.0
    scores, error = Codes.of(40, dimension, vectors.__getitem__).inner_products(query)
    assert np.abs(scores.astype(np.float64) - vectors.astype(np.float64) @ query.astype(np.float64)).max() <= error
    assert np.abs(scores - products(query, vectors)).max() <= error


def test_error_is_small_beside_the_scores_of_unit_vectors() -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((1000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    _, error = Codes.of(1000, 384, vectors.__getitem__).inner_products(vectors[0])
    assert 0 < error < 0.03


def test_zeros_have_codes_too() -> None:
    codes = Codes.of(2, 4, np.zeros((2, 4), dtype=np.float32).__getitem__)
    scores, error = codes.inner_products(np.zeros(4, dtype=np.float32))
    assert (scores.tolist(), error) == ([0.0, 0.0], pytest.approx(0, abs=1e-12))


def test_vectors_are_taken_some_at_a_time() -> None:
    random = np.random.default_rng(2)
    vectors = random.standard_normal((AT_ONCE + 3, 8)).astype(np.float32)
    asked = []

    def some(rows: slice) -> np.ndarray:
        asked.append((rows.start, rows.stop))
        return vectors[rows]

    codes = Codes.of(len(vectors), 8, some)
    assert asked == [(0, AT_ONCE), (AT_ONCE, AT_ONCE + 3)]
    scores, error = codes.inner_products(vectors[-1])
    assert np.abs(scores - products(vectors[-1], vectors)).max() <= error


def test_asking_keeps_every_reference() -> None:
    vectors = np.ones((3, 8), dtype=np.float32)
    codes = Codes.of(3, 8, vectors.__getitem__)
    codes.inner_products(vectors[0])
    before = sys.getrefcount(None), sys.getrefcount(codes.codes)
    for _ in range(1000):
        codes.inner_products(vectors[0])
    after = sys.getrefcount(None), sys.getrefcount(codes.codes)
    assert max(abs(now - then) for now, then in zip(after, before, strict=True)) < 100
