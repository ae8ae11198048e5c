"""Which requests are in the audit log: every write and every refusal, also refusals past a limit."""

import asyncio
import logging
import sys
from collections import Counter
from typing import Any

from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retriever.access.audit import AuditLog
from retriever.access.permissions import Action
from retriever.entrypoints.http.browsing import SAFE
from retriever.entrypoints.http.middleware.measuring import REFUSED
from retriever.entrypoints.http.middleware.observing import UNANSWERED

MOST_A_SECOND = {408: 1, 413: 1, 429: 1}
"""The most lines a second for refusals before any route. They say little, and hundreds may come at once."""

MOST_OTHERS_A_SECOND = 50
"""The most lines a second for each other status: enough for mistakes of people, and too few to fill a disk."""

logger = logging.getLogger(__name__)


class Audited:
    """An ASGI middleware outside the limits. A line is written before the answer is sent.

    If a second has too many refusals, the rest get one line with their count at the end of the second.
    """

    def __init__(self, app: ASGIApp, audit: AuditLog) -> None:
        self._app = app
        self._audit = audit
        self._lines = Counter[int]()
        self._left_out = Counter[int]()
        self._second: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            self._over()  # the service ends
            return

        answered = False

        async def sent(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                await self._note(scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            if not answered:  # an error that is answered outside, or a caller who is gone
                await self._note(scope, 500 if isinstance(sys.exception(), Exception) else UNANSWERED)

    async def _note(self, scope: Scope, status: int) -> None:
        state = scope["state"]
        action = state.get("action")
        changes = action in (Action.WRITE, Action.APPROVE) or (action is Action.OPERATE and scope["method"] not in SAFE)
        written = changes and (status not in REFUSED or status == 504)
        if not written and (status not in REFUSED or not self._room(status)):
            return
        await run_in_threadpool(
            self._record,
            "none" if action is None else action.value,
            state.get("key"),
            scope["method"],
            scope["path"],
            status,
            state["request_id"],
            None,
            state.get("made_key"),
        )

    def _room(self, status: int) -> bool:
        """Whether a refusal gets its own line; if not, it is counted."""
        if self._second is None:
            self._second = asyncio.get_running_loop().call_later(1.0, self._over)
        self._lines[status] += 1
        room = self._lines[status] <= MOST_A_SECOND.get(status, MOST_OTHERS_A_SECOND)
        self._left_out[status] += not room
        return room

    def _over(self) -> None:
        """Ends the second: writes one line for each status of refusals that were left out."""
        if self._second is not None:
            self._second.cancel()
        self._second = None
        self._lines.clear()
        for status, count in (+self._left_out).items():
            self._record("none", None, "*", "*", status, "", count)
        self._left_out.clear()

    def _record(self, *line: Any) -> None:
        """Appends a line. If this fails, the answer is sent all the same, and the log names the lost line."""
        try:
            self._audit.record(*line)
        except OSError as error:
            action, key, _, _, status, request_id, *_ = line
            held = None if key is None else key.id
            logger.error(
                "An audit line is lost: %s, key %s, status %s, request %s",
                action,
                held,
                status,
                request_id,
                exc_info=error,
            )
