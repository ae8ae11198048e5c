"""What is noted of the request that is being worked on, from whichever thread works on it."""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field

from starlette.types import Scope


@dataclass(slots=True)
class CurrentRequest:
    """One request while it is worked on. `generation` is the one that answered it."""

    scope: Scope
    began: float = field(default_factory=time.perf_counter)
    generation: int | None = None
    done: bool = False


_CURRENT: ContextVar[CurrentRequest | None] = ContextVar("asof_request", default=None)


def begin_request(scope: Scope) -> CurrentRequest:
    """A request that is worked on from now on, in this task and the threads that it calls."""
    request = CurrentRequest(scope)
    _CURRENT.set(request)
    return request


def key_id() -> str:
    """The id of the key that this task's request came with; empty where it came with none."""
    request = _CURRENT.get()
    key = None if request is None else request.scope["state"].get("key")
    return "" if key is None else key.id


def answered_from(generation: int) -> None:
    """Notes the generation that answers this task's request, where there is one."""
    if (request := _CURRENT.get()) is not None:
        request.generation = generation
