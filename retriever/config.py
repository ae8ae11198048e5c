"""Settings, read once and passed in."""

import os
from dataclasses import dataclass
from pathlib import Path

from indexer.embedding import DEFAULT_MODEL
from indexer.onnx_graph import DEFAULT_PRECISION, PRECISIONS, Precision
from retriever.errors import BadSetting


@dataclass(frozen=True, slots=True)
class Settings:
    """`home` holds the ledger and its index; `model` names the embedding model; `threads` encode passages.

    `precision` is how the default model's weights are run; an index built with one is not mixed with the other.
    """

    home: Path
    model: str = DEFAULT_MODEL
    threads: int | None = None
    precision: Precision = DEFAULT_PRECISION

    @classmethod
    def from_environment(cls, home: Path | None = None) -> "Settings":
        """The settings that ASOF_HOME, ASOF_MODEL, ASOF_THREADS and ASOF_PRECISION give; `home` wins over the first."""
        threads = os.environ.get("ASOF_THREADS", "")
        if threads and not (threads.isascii() and threads.isdigit() and int(threads)):
            raise BadSetting(f"ASOF_THREADS is {threads!r}; give a whole number of threads, such as 2")
        wanted = os.environ.get("ASOF_PRECISION") or DEFAULT_PRECISION
        precision = next((known for known in PRECISIONS if known == wanted), None)
        if precision is None:
            raise BadSetting(f"ASOF_PRECISION is {wanted!r}; give one of {', '.join(PRECISIONS)}")
        return cls(
            home=home or Path(os.environ.get("ASOF_HOME") or ".asof"),
            model=os.environ.get("ASOF_MODEL") or DEFAULT_MODEL,
            threads=int(threads) if threads else None,
            precision=precision,
        )
