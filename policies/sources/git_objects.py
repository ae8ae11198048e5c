"""The objects of a git repository, read so that nothing which it, its user or the shell configured takes part."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from policies.errors import DraftError

NOTHING_ELSE = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
"""All that git is told by its environment, besides where programs lie. No protocol is allowed: nothing is fetched."""


class GitObjects:
    """The commits and files of a repository, to be entered; `head` is the commit that it stands on.

    Git heeds the configuration, attributes, hooks and replacements of the repository that it works in, and these can
    name programs to run. So it works in an empty repository of our own, which borrows the objects of the other one.
    """

    def __init__(self, repository: Path) -> None:
        self.repository = repository

    def __enter__(self) -> "GitObjects":
        self._own = tempfile.TemporaryDirectory(prefix="asof-git-")
        try:
            self._environment = NOTHING_ELSE | {"PATH": os.environ.get("PATH", os.defpath)}
            self.head = self._told("--verify", "HEAD")
            shallow = self._told("--path-format=absolute", "--git-path", "shallow")
            borrowed = self._told("--path-format=absolute", "--git-path", "objects")
            form = f"--object-format={self._told('--show-object-format')}"
            self._output("init", "--quiet", "--bare", "--template=", form, self._own.name)
            self.shallow = Path(shallow).exists()
            """Whether older commits were left out when it was cloned."""
            if self.shallow:
                shutil.copy(shallow, self._own.name)
            self._environment |= {"GIT_DIR": self._own.name, "GIT_OBJECT_DIRECTORY": borrowed}
            self._files = subprocess.Popen(
                ["git", "cat-file", "--batch"],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except BaseException:
            self._own.cleanup()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._files.communicate()
        self._own.cleanup()

    def log(self, *arguments: str) -> bytes:
        """What `git log` prints; it reads the commits themselves, and no file that says what is in them."""
        return self._output("-c", "core.commitGraph=false", "log", *arguments)

    def read(self, name: str) -> bytes:
        """The content of a file, named `COMMIT:PATH`."""
        if "\n" in name:
            raise DraftError(name, "a line feed in a file name cannot be imported")
        asked, given = self._pipes()
        asked.write(name.encode("utf-8", "surrogateescape") + b"\n")
        asked.flush()
        header = given.readline().split()
        if len(header) < 3:
            raise DraftError(name, "git cannot find this file's content")
        content = given.read(int(header[-1]))
        given.read(1)
        return content

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._files.stdin is not None
        assert self._files.stdout is not None
        return self._files.stdin, self._files.stdout

    def _told(self, *arguments: str) -> str:
        """What the repository says of itself; this runs no program, whoever owns the repository."""
        told = self._output("-C", str(self.repository), "-c", "safe.directory=*", "rev-parse", *arguments)
        return os.fsdecode(told.removesuffix(b"\n"))

    def _output(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(["git", *arguments], env=self._environment, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise DraftError(str(self.repository), "cannot be read: the command git is not installed") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise DraftError(str(self.repository), f"git cannot read it: {said}")
        return done.stdout
