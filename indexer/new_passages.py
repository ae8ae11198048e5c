"""What is new to an index: revisions, and their passages that no segment holds yet, as the arrays of a segment."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from indexer.encoding.embedding import Encoder, Progress
from indexer.segments.arrays import Made, segment_arrays
from indexer.segments.placed import UNSHOWN, Occurrences
from indexer.snapshot import Snapshot
from indexer.text.governing import derived
from indexer.text.passage import Passage, passages_of
from policies.revision import Span

COUNTED = 16_384
"""Of how many texts the tokens are remembered: those of one revision mostly stand in the next one, too."""


def token_counter(encoder: Encoder) -> Callable[[str], int]:
    """Counts the tokens of a text, and remembers those of the last texts."""
    return lru_cache(COUNTED)(lambda text: len(encoder.token_offsets(text)))


class NewPassages:
    """The passages of a segment in the making: those that no earlier segment holds."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder, seen: set[int]) -> None:
        self._snapshot = snapshot
        self._encoder = encoder
        self._count = token_counter(encoder)
        self._numbers: dict[bytes, int] = {}
        self._next = snapshot.passages
        self.passages: list[Passage] = []
        self.revisions: list[Occurrences] = []
        self.occurrences = 0
        self.seen = seen

    def add(self, tx: int, title: str, text: str, spans: Sequence[Span]) -> None:
        """Takes in the revision that was published by `tx`, with its passages where they stand in it."""
        structure = derived(title, text, spans, self._count)
        shown = np.array([bool(standing.words) for standing in structure.standings], dtype=bool)
        passages = [passage for passage, shows in zip(passages_of(title, text, spans), shown, strict=True) if shows]
        numbers = self._numbered(passages)
        self.occurrences += len(spans)
        self.seen.update(numbers)
        placed = np.full(len(spans), UNSHOWN, dtype=np.int64)
        placed[shown] = numbers
        self.revisions.append(
            Occurrences(
                tx=tx,
                passages=placed,
                starts=np.array([span.start for span in spans], dtype=np.int64),
                ends=np.array([span.end for span in spans], dtype=np.int64),
                structure=structure,
            )
        )

    def texts(self) -> list[str]:
        """What has to be embedded, each text once."""
        return list(dict.fromkeys(passage.encoded() for passage in self.passages))

    def arrays(self, advance: Progress = lambda count: None) -> Made:
        """The arrays of a segment of what was taken in."""
        encoder, texts = self._encoder, self.texts()
        encoded = encoder.encode_all(texts, advance)
        rows = {text: row for row, text in enumerate(texts)}
        vectors = encoded[[rows[passage.encoded()] for passage in self.passages]]
        tokens = [len(encoder.token_offsets(passage.text)) for passage in self.passages]
        return segment_arrays(self.passages, vectors, tokens, self.revisions)

    def _numbered(self, passages: Sequence[Passage]) -> list[int]:
        """The number of each passage; those that no segment holds are numbered after all others."""
        keys = [passage.key() for passage in passages]
        fresh = {key: passage for key, passage in zip(keys, passages, strict=True) if key not in self._numbers}
        for (key, passage), number in zip(fresh.items(), self._snapshot.find(list(fresh)), strict=True):
            self._numbers[key] = number if number >= 0 else self._next
            if number < 0:
                self._next += 1
                self.passages.append(passage)
        return [self._numbers[key] for key in keys]
