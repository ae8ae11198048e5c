"""The arrays of a segment in the making: of passages, of revisions, and of how passages stand in them."""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from indexer.segments.array_file import Array
from indexer.segments.placed import Occurrences
from indexer.segments.postings import build_postings
from indexer.text.blocks import Structure, packed
from indexer.text.passage import Passage
from indexer.text.tokenizer import terms

Made = dict[str, Array]


def segment_arrays(
    passages: Sequence[Passage],
    vectors: npt.NDArray[np.float32],
    tokens: Sequence[int],
    revisions: Sequence[Occurrences],
) -> Made:
    """The arrays of a segment that holds these passages, with their vectors and tokens, and these revisions."""
    return {
        "vectors": np.ascontiguousarray(vectors, dtype=np.float32),
        "tokens": np.array(tokens, dtype=np.int32),
        **passage_arrays(passages),
        **joined_revisions(revisions),
    }


def passage_arrays(passages: Sequence[Passage]) -> Made:
    """The arrays of passages themselves: their keys, records and terms."""
    postings = build_postings(terms(passage.posted()) for passage in passages)
    records = [passage.stored() for passage in passages]
    return {
        **key_arrays(np.frombuffer(b"".join(p.key() for p in passages), dtype=np.uint8).reshape(-1, 32)),
        "lengths": postings.lengths,
        "records": np.frombuffer(b"".join(records), dtype=np.uint8),
        "record_offsets": offsets_of([len(record) for record in records]),
        "terms": term_bytes(postings.terms),
        "post_offsets": postings.offsets,
        "post_passages": postings.passages,
        "post_counts": postings.counts,
    }


def key_arrays(keys: npt.NDArray[np.uint8]) -> Made:
    """The arrays of content keys, shape (n, 32), and the order in which they are looked up."""
    heads = np.ascontiguousarray(keys[:, :8]).view(">u8")[:, 0].astype(np.uint64)
    rows = np.argsort(heads, kind="stable").astype(np.int32)
    return {"keys": keys, "key_heads": heads[rows], "key_rows": rows}


def joined_revisions(revisions: Sequence[Occurrences]) -> Made:
    """The arrays that place revisions."""
    return {
        "rev_tx": np.array([revision.tx for revision in revisions], dtype=np.int64),
        "rev_offsets": offsets_of([len(revision.passages) for revision in revisions]),
        "occ_passage": _joined([revision.passages for revision in revisions]),
        "occ_start": _joined([revision.starts for revision in revisions]),
        "occ_end": _joined([revision.ends for revision in revisions]),
        **structure_arrays([revision.structure for revision in revisions]),
    }


def structure_arrays(structures: Sequence[Structure | None]) -> Made:
    """The arrays of how the passages of revisions stand, with each text of words once."""
    numbers: dict[str, int] = {}
    records = [
        b"" if it is None else packed(it, lambda text: numbers.setdefault(text, len(numbers))) for it in structures
    ]
    words = [zlib.compress(text.encode(), 9) for text in numbers]
    return {
        "structures": np.frombuffer(b"".join(records), dtype=np.uint8),
        "structure_offsets": offsets_of([len(record) for record in records]),
        "words": np.frombuffer(b"".join(words), dtype=np.uint8),
        "word_offsets": offsets_of([len(text) for text in words]),
    }


def term_bytes(terms: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Terms as the bytes of a segment, each ended by a line feed."""
    return np.frombuffer("".join(f"{term}\n" for term in terms).encode(), dtype=np.uint8)


def offsets_of(sizes: Sequence[int] | Array) -> npt.NDArray[np.int64]:
    """Where each of some pieces begins, laid one after the other, and where the last ends; shape (n + 1,)."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(np.array(sizes, dtype=np.int64), out=offsets[1:])
    return offsets


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])
