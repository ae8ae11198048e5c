"""Indexes written by hand: one segment for each group of revisions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.manifest import Built, Manifest
from indexer.segments.arrays import Made, segment_arrays
from indexer.segments.placed import Occurrences
from indexer.segments.segment import write_segment
from indexer.text.blocks import Standing, Structure
from indexer.text.passage import Passage
from tests.fakes import FakeEncoder

ENCODER = FakeEncoder()
BUILT = Built(ENCODER.name, ENCODER.digest, ENCODER.precision, ENCODER.dimension, "terms-1")

Revisions = Sequence[tuple[int, Sequence[str]]]
"""The publish tx of each revision and its passages' words."""


def passage(words: str) -> Passage:
    return Passage("", (), (), words)


def standing(texts: Sequence[str]) -> Structure:
    """The structure of passages that stand alone."""
    words = tuple(Standing(text, len(ENCODER.token_offsets(text)), ()) for text in texts)
    return Structure((), words, tuple(range(1, len(words) + 1)))


def arrays_of(passages: Sequence[Passage], *revisions: Occurrences) -> Made:
    """The arrays of a segment, as the writer makes them."""
    tokens = [len(ENCODER.token_offsets(passage.text)) for passage in passages]
    vectors = ENCODER.encode_all([passage.encoded() for passage in passages])
    return segment_arrays(passages, vectors, tokens, revisions)


def build(folder: Path, *groups: Revisions) -> Manifest:
    """An index with one segment for each group; a passage is in the first segment that needs it."""
    known: dict[str, int] = {}
    entries = []
    for number, revisions in enumerate(groups):
        first = len(known)
        places = []
        for tx, texts in revisions:
            found = [known.setdefault(words, len(known)) for words in texts]
            starts = np.array([10 * at for at in range(len(texts))], dtype=np.int64)
            ends = starts + np.array([len(words) for words in texts], dtype=np.int64)
            places.append(Occurrences(tx, np.array(found, dtype=np.int64), starts, ends, standing(texts)))
        fresh = [passage(words) for words in list(known)[first:]]
        name = f"segment-{len(groups)}-{number}.safetensors"
        entries.append(write_segment(folder, name, first, arrays_of(fresh, *places)))
    return Manifest(max((tx for group in groups for tx, _ in group), default=0), BUILT, tuple(entries))
