"""Traces as the service keeps them."""

from typing import Any

from retriever.entrypoints.http.answers.described import INSTANT, Described
from retriever.traces.trace import Trace


class StoredTrace(Trace):
    """A trace as it is kept. One whose evidence was erased has no answer any more, and says so."""

    answer: str | dict[str, Any] | None = None  # type: ignore[assignment]
    recorded_at: str = INSTANT
    erased: bool = False


class TracePage(Described):
    """Traces in the order of arrival; `next` is the `after` of the following page."""

    traces: list[StoredTrace]
    next: str | None
