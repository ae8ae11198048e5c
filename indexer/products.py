"""Exact inner products by FAISS, each row summed alone.

FAISS's pairwise_distances goes through BLAS, where equal vectors differ in their last bits by the row they stand
in, and ties would no longer break by citation. These two give a row the same bits wherever it stands.
"""

import faiss
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def products(query: Floats, vectors: Floats) -> Floats:
    """The inner product of a query, shape (d,), with every row of vectors, shape (n, d); shape (n,)."""
    query, vectors = np.ascontiguousarray(query), np.ascontiguousarray(vectors)
    found = np.empty(len(vectors), dtype=np.float32)
    pointers = [faiss.swig_ptr(array) for array in (found, query, vectors)]
    faiss.fvec_inner_products_ny(  # type: ignore[attr-defined]
        *pointers, vectors.shape[1], len(vectors)
    )
    return found


def products_at(query: Floats, vectors: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    """The inner product of a query, shape (d,), with some rows of vectors, where they lie; shape (len(rows),)."""
    query, rows = np.ascontiguousarray(query), np.ascontiguousarray(rows, dtype=np.int64)
    found = np.empty(len(rows), dtype=np.float32)
    pointers = [faiss.swig_ptr(array) for array in (found, query, vectors, rows)]
    # A question is answered by one thread; several would wait for each other longer than they save. OpenMP keeps the
    # number for each calling thread, so that setting it once would leave those of a service out.
    faiss.omp_set_num_threads(1)
    faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
        *pointers, vectors.shape[1], 1, len(rows)
    )
    return found
