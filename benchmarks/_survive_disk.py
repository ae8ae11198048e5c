"""A small file system of its own for the home: filled to the brim and freed again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LEAST = 4096
"""Bytes of the smallest piece that a file system gives away."""


class SmallDisk:
    """A folder on a file system of fixed size; `mounted` is false where none could be made, and nothing fills it."""

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder = folder
        self.mounted = mounted
        self._ballast = folder / "ballast"

    def fill(self, leaving: int) -> None:
        """Takes all the room but `leaving` bytes."""
        with self._ballast.open("ab") as file:
            room = os.statvfs(self.folder)
            piece = max(0, room.f_bavail * room.f_frsize - leaving)
            at = file.tell()
            while piece >= LEAST:  # others write meanwhile, so the whole piece may not be there any more
                try:
                    os.posix_fallocate(file.fileno(), at, piece)
                except OSError:
                    piece //= 2
                else:
                    at += piece
                    room = os.statvfs(self.folder)
                    piece = min(piece, max(0, room.f_bavail * room.f_frsize - leaving))

    def free(self) -> None:
        """Gives the room back."""
        self._ballast.unlink(missing_ok=True)

    def used(self) -> int:
        """Bytes in use."""
        room = os.statvfs(self.folder)
        return (room.f_blocks - room.f_bfree) * room.f_frsize


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A file system of so many megabytes in memory, mounted on a folder for as long as it is used."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield SmallDisk(folder, mounted)
    finally:
        if mounted:
            with suppress(subprocess.CalledProcessError):
                subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)
