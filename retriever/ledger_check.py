"""Whether the ledger of a home may be opened: it is the one of the home's index, and its log belongs to it."""

from contextlib import suppress
from pathlib import Path

from indexer.errors import IndexerError
from indexer.manifest import FOLDER, check_head, read_manifest
from policies.errors import LedgerDamaged
from policies.storage.first_look import damage_with_log, first_look, put_back
from policies.storage.ledger_store import EVENTS, FILE


def check_before_opening(home: Path) -> None:
    """LedgerLost or IndexDamaged where the ledger is not the one of the index, LedgerDamaged where its file and log
    cannot be read as one. Nothing was changed then: the right file can still be put back.
    """
    folder, path, manifest = home / FOLDER, home / FILE, None
    with suppress(IndexerError):
        manifest = read_manifest(folder)  # before the ledger, which always holds what the index covers
    if damage := damage_with_log(path, EVENTS):
        raise LedgerDamaged(
            f"{path} and the log beside it, {FILE}-wal, cannot be read as one ledger: {damage}. {put_back(path)}"
        )
    if manifest is not None and (looked := first_look(path, manifest.generation)) is not None:
        check_head(manifest, looked.hash_at, lambda: looked.newest, folder)
