"""Everything that can go wrong with an index.

IndexerError
├── ModelUnavailable    the embedding model or re-ranker cannot be found, exported or loaded
├── IndexMismatch       the index was built with another model, tokenizer or format
├── IndexDamaged        a file of the index is missing or does not fit its checksum
├── IndexBehind         the ledger holds events that the index does not, and no write in progress brings them in
└── NotSearchable       a write is recorded, and could not be taken into the index
"""

from collections.abc import Sequence


class IndexerError(Exception):
    """A failure that names the object and the next step."""


class ModelUnavailable(IndexerError):
    pass


class IndexMismatch(IndexerError):
    pass


class IndexDamaged(IndexerError):
    pass


class IndexBehind(IndexerError):
    pass


class NotSearchable(IndexerError):
    """`recorded` names what the ledger holds of the write, `tx` is its newest transaction."""

    def __init__(self, recorded: Sequence[str], tx: int, problem: str, *, erases: bool = False) -> None:
        what = ", ".join(name or "The setting" for name in recorded)
        still = "The index still holds the erased words. " if erases else ""
        super().__init__(
            f"{what} (transaction {tx}) is recorded and cannot be searched yet: {problem}. {still}Do not send it "
            "again. A running service catches up by itself, as does `asof index`; until then questions are refused"
        )
        self.recorded = tuple(recorded)
        self.tx = tx
