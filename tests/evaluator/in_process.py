"""What a command gives that was run in the test's own process."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finished:
    """The exit code and what was printed, under the names that a finished process has."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Finished]
