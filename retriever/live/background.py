"""Work that goes on in a thread of its own for as long as a process serves."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

PAUSE = 1.0
"""Seconds after a failure until the work goes on."""

logger = logging.getLogger(__name__)


class Background:
    """Calls `step` every few seconds for as long as it is entered.

    A step handles the errors that it expects. Any other error is logged and shows in `failed` and in the readiness of
    the service. It ends only that step: the work goes on after a pause.
    """

    def __init__(self, name: str, step: Callable[[], None], every: float) -> None:
        self._step = step
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.failed = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def problem(self) -> str | None:
        """What is wrong with it; None while the work goes on as it should."""
        if self.failed:
            return f"{self._thread.name} failed and tries again: {self.failed}"
        return None if self._thread.is_alive() else f"{self._thread.name} has ended; start the service again"

    def _run(self) -> None:
        while not self._ended.wait(PAUSE if self.failed else self._every):
            try:
                self._step()
            except Exception as error:
                if str(error) != self.failed:
                    logger.exception("%s failed", self._thread.name)
                self.failed = str(error) or type(error).__name__
            else:
                self.failed = ""
