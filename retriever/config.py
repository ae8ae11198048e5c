"""Settings, read once and passed in."""

import os
from dataclasses import dataclass
from pathlib import Path

from indexer.embedding import DEFAULT_MODEL
from retriever.errors import BadSetting


@dataclass(frozen=True, slots=True)
class Settings:
    """`home` holds the ledger and its index; `model` names the embedding model; `threads` encode passages."""

    home: Path
    model: str = DEFAULT_MODEL
    threads: int | None = None

    @classmethod
    def from_environment(cls, home: Path | None = None) -> "Settings":
        """The settings that ASOF_HOME, ASOF_MODEL and ASOF_THREADS give; `home` wins over the first."""
        threads = os.environ.get("ASOF_THREADS", "")
        if threads and not (threads.isascii() and threads.isdigit() and int(threads)):
            raise BadSetting(f"ASOF_THREADS is {threads!r}; give a whole number of threads, such as 2")
        return cls(
            home=home or Path(os.environ.get("ASOF_HOME") or ".asof"),
            model=os.environ.get("ASOF_MODEL") or DEFAULT_MODEL,
            threads=int(threads) if threads else None,
        )
