"""Exact inner products by FAISS, each row summed alone.

FAISS's pairwise_distances goes through BLAS. There the last bits of a product depend on the row that a vector stands
in, so ties would no longer break by citation. These two functions give a vector the same bits in every row. FAISS is
imported by the first of them: a command that asks nothing starts without it.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def products(query: Floats, vectors: Floats) -> Floats:
    """The inner product of a query, shape (d,), with every row of vectors, shape (n, d); shape (n,)."""
    import faiss

    query, vectors = np.ascontiguousarray(query), np.ascontiguousarray(vectors)
    found = np.empty(len(vectors), dtype=np.float32)
    pointers = [faiss.swig_ptr(array) for array in (found, query, vectors)]
    faiss.fvec_inner_products_ny(  # type: ignore[attr-defined]
        *pointers, vectors.shape[1], len(vectors)
    )
    return found


def products_at(query: Floats, vectors: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    """The inner product of a query, shape (d,), with some rows of vectors, where they lie; shape (len(rows),)."""
    import faiss

    query, rows = np.ascontiguousarray(query), np.ascontiguousarray(rows, dtype=np.int64)
    found = np.empty(len(rows), dtype=np.float32)
    pointers = [faiss.swig_ptr(array) for array in (found, query, vectors, rows)]
    # One thread answers a question: several would wait for each other longer than they save. OpenMP keeps the number
    # for each calling thread, so setting it once would not reach the threads of a service.
    faiss.omp_set_num_threads(1)
    faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
        *pointers, vectors.shape[1], 1, len(rows)
    )
    return found
