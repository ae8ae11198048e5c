"""Whose the files of a home are: those that root makes there belong to the owner of the folder, so that the service of
another user may read them. SQLite does the same with the files that it makes beside a database."""

import os
from contextlib import suppress
from pathlib import Path


def give_to_owner(made: int | Path, folder: Path) -> None:
    """Gives what was just made in a folder, by its descriptor or path, to the folder's owner, where this is root."""
    if os.geteuid() == 0:
        with suppress(OSError):  # a file system may refuse that
            owner, now = folder.stat(), os.stat(made)
            if (owner.st_uid, owner.st_gid) != (now.st_uid, now.st_gid):
                os.chown(made, owner.st_uid, owner.st_gid)
