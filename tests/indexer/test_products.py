import threading

import faiss
import numpy as np
import pytest

from indexer.products import Floats, products, products_at

DIMENSIONS = [32, 384, 768]


def unit_vectors(count: int, dimension: int = 384, seed: int = 7) -> Floats:
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_products_equal_those_of_numpy(dimension: int) -> None:
    vectors = unit_vectors(1000, dimension)
    expected = vectors.astype(np.float64) @ vectors[3].astype(np.float64)
    found = products(vectors[3], vectors)
    assert (found.shape, found.dtype) == ((1000,), np.float32)
    assert np.abs(found - expected).max() < 1e-6
    rows = np.array([999, 3, 3, 0])
    assert np.abs(products_at(vectors[3], vectors, rows) - expected[rows]).max() < 1e-6


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_products_where_vectors_lie_have_the_bits_of_those_in_a_block(dimension: int) -> None:
    vectors = unit_vectors(300, dimension)
    query = unit_vectors(1, dimension, seed=8)[0]
    random = np.random.default_rng(9)
    for count in (1, 2, 7, 300, 500):
        rows = random.integers(0, 300, count)
        assert products_at(query, vectors, rows).tobytes() == products(query, vectors[rows]).tobytes()
        assert products_at(query, vectors, rows).tobytes() == products(query, vectors)[rows].tobytes()


@pytest.mark.parametrize("rows", [1, 3, 5, 16, 97])
def test_equal_vectors_score_equal_to_the_last_bit_in_whatever_row_they_stand(rows: int) -> None:
    random = np.random.default_rng(7)
    query, vector = random.standard_normal((2, 384)).astype(np.float32)
    others = random.standard_normal((rows, 384)).astype(np.float32)
    every = np.concatenate([np.stack([vector] * rows), others, vector[None, :]])
    alone = products(query, vector[None, :])[0]
    found = products(query, every)
    assert {*found[:rows], found[-1]} == {alone}
    assert set(products_at(query, every, np.array([2 * rows, *range(rows)]))) == {alone}


def test_vectors_that_lie_at_any_address_score_the_same() -> None:
    """A segment's arrays begin where its header ends, on no boundary but that of a float."""
    vectors, query = unit_vectors(50), unit_vectors(1, seed=8)[0]
    for shift in (4, 8, 12, 20):
        content = b"\0" * shift + vectors.tobytes()
        lying = np.frombuffer(content, dtype=np.float32, offset=shift).reshape(vectors.shape)
        assert products(query, lying).tobytes() == products(query, vectors).tobytes()
        rows = np.array([49, 0, 7])
        assert products_at(query, lying, rows).tobytes() == products(query, vectors)[rows].tobytes()


def test_rows_may_be_of_any_integer_kind_and_lie_apart() -> None:
    vectors, query = unit_vectors(20), unit_vectors(1, seed=8)[0]
    expected = products(query, vectors)[::3].tobytes()
    rows = np.arange(20)[::3]
    assert products_at(query, vectors, rows).tobytes() == expected
    assert products_at(query, vectors, rows.astype(np.int32)).tobytes() == expected  # type: ignore[arg-type]


def test_a_question_is_answered_by_one_thread_in_whatever_thread_it_is_asked() -> None:
    vectors = unit_vectors(20)
    found: list[tuple[bytes, int]] = []

    def ask() -> None:
        product = products_at(vectors[0], vectors, np.arange(20))
        found.append((product.tobytes(), faiss.omp_get_max_threads()))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [(products(vectors[0], vectors).tobytes(), 1)]


def test_no_passages_have_no_products() -> None:
    query, none = np.ones(384, dtype=np.float32), np.empty((0, 384), dtype=np.float32)
    assert products(query, none).shape == (0,)
    assert products_at(query, none, np.empty(0, dtype=np.int64)).shape == (0,)
    assert products_at(query, unit_vectors(3), np.empty(0, dtype=np.int64)).shape == (0,)
