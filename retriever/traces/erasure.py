"""What an erasure reaches beside the ledger and the index: the cache, the traces and the receipts of a home."""

import os
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from pathlib import Path

from policies.revision import VersionId
from retriever.errors import StoreUnusable
from retriever.home_folder import CACHE
from retriever.traces.database import named
from retriever.traces.receipt_store import ReceiptStore
from retriever.traces.store import TraceStore

MARK = "emptied-for"
"""The file in the cache that names the set of erased revisions for which the cache was emptied."""


def forget_kept(
    home: Path,
    erased: Collection[VersionId],
    traces: Callable[[], TraceStore],
    receipts: Callable[[], ReceiptStore],
) -> None:
    """Nothing that the home keeps tells of erased words any more.

    The cache is emptied, traces lose their answers, and receipts are removed, because their digests tell of the words.
    StoreUnusable where something cannot be reached, after all else is done.
    """

    def forget_cache() -> None:
        _forget_cache(home, erased)

    def forget_traces() -> None:
        if TraceStore.exists(home):
            traces().forget(erased)

    def forget_receipts() -> None:
        if ReceiptStore.exists(home):
            with closing(receipts()) as store:
                store.write()

    unreached = []
    for step in (forget_cache, forget_traces, forget_receipts):
        try:
            step()
        except StoreUnusable as error:
            unreached.append(error)
    if unreached:
        raise type(unreached[0])("; ".join(map(str, unreached))) from unreached[0]


def empty_cache(home: Path) -> None:
    """The cache holds nothing, also where it is a link to a folder; StoreUnusable names what cannot be removed.

    A link inside it that leads elsewhere is left alone: what lies there may be somebody's own.
    """
    cache = home / CACHE
    problems: list[tuple[str, str]] = []

    def failed(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            problems.append((str(error.filename), error.strerror or str(error)))

    for folder, folders, files in os.walk(cache, topdown=False, onerror=failed):
        for path in (Path(folder, name) for name in (*files, *folders)):
            try:
                if path.is_symlink() and path.exists() and not path.resolve().is_relative_to(cache.resolve()):
                    problems.append((str(path), "it is a link that leads out of the cache"))
                elif path.is_dir() and not path.is_symlink():
                    path.rmdir()
                else:
                    path.unlink()
            except OSError as error:
                failed(error)
    if problems:
        name, problem = problems[0]
        raise StoreUnusable(f"{name} cannot be removed ({problem}). Remove all that {cache} holds")


def _forget_cache(home: Path, erased: Collection[VersionId]) -> None:
    """Empties the cache, unless it was emptied for these erased revisions and marked."""
    mark = home / CACHE / MARK
    if not erased:
        return
    with suppress(OSError, UnicodeDecodeError):
        if mark.read_text(encoding="ascii") == named(erased):
            return
    empty_cache(home)
    with suppress(OSError):  # without a mark it is emptied again; and where there is no cache, none is made
        mark.write_text(named(erased), encoding="ascii")
