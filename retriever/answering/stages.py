"""Stages of an answer, to measure how long each takes: `eligible`, `view`, `rank`, `evidence`."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Stages = Callable[[str], AbstractContextManager[None]]
"""Gives a context for the name of a stage; the stage runs inside it. Several threads call it at once."""

STAGES = ("eligible", "view", "encode", "rank", "evidence")
"""`encode` lies within `rank`. It is entered only if the vector of the question is not in the cache."""

_NOTHING = nullcontext()


def unwatched(stage: str) -> AbstractContextManager[None]:
    """Stages that nobody watches."""
    return _NOTHING
