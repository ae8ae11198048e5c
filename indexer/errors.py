"""Everything that can go wrong with an index.

IndexerError
├── ModelUnavailable    the embedding model or re-ranker cannot be found, exported or loaded
├── IndexMismatch       the index was built with another model, tokenizer or format
└── IndexDamaged        a file of the index is missing or does not fit its checksum
"""


class IndexerError(Exception):
    """A failure that names the object and the next step."""


class ModelUnavailable(IndexerError):
    pass


class IndexMismatch(IndexerError):
    pass


class IndexDamaged(IndexerError):
    pass
