"""Stages of an answer, for whoever wants to know how long each takes: `eligible`, `view`, `rank`, `evidence`."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Stages = Callable[[str], AbstractContextManager[None]]
"""Entered with the name of a stage for as long as it lasts; several threads call it at once."""

STAGES = ("eligible", "view", "encode", "rank", "evidence")
"""`encode` lies within `rank`, and is entered only where a question's vector was not kept from before."""

_NOTHING = nullcontext()


def unwatched(stage: str) -> AbstractContextManager[None]:
    """Stages that nobody watches."""
    return _NOTHING
