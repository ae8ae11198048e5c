"""What is known of the request that a task works on. Every thread of that task can read and set it."""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field

from starlette.types import Scope


@dataclass(slots=True)
class CurrentRequest:
    """One request while it is worked on. `generation` is the generation that answered it."""

    scope: Scope
    began: float = field(default_factory=time.perf_counter)
    generation: int | None = None
    done: bool = False


_CURRENT: ContextVar[CurrentRequest | None] = ContextVar("asof_request", default=None)


def begin_request(scope: Scope) -> CurrentRequest:
    """The current request of this task, and of the threads that it calls, from now on."""
    request = CurrentRequest(scope)
    _CURRENT.set(request)
    return request


def key_id() -> str:
    """The id of the key of this task's request; empty if it has no key."""
    request = _CURRENT.get()
    key = None if request is None else request.scope["state"].get("key")
    return "" if key is None else key.id


def answered_from(generation: int) -> None:
    """Records the generation that answers this task's request, if there is a request."""
    if (request := _CURRENT.get()) is not None:
        request.generation = generation
