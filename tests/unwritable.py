"""Folders that a process cannot write into, for tests, which may run as root."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HELD_TO_MODES = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
"""Goes before a command: root's process too is then held to the modes of files."""

needs_modes = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None,
    reason="root writes anywhere, and there is no setpriv to take that away",
)


@contextmanager
def unwritable_folder(folder: Path) -> Iterator[Path]:
    """The folder with all that it holds, which nobody but root may write meanwhile."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield folder
    finally:
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)
