"""Which requests are sent again, and after how many seconds."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

COME_BACK = (429, 503)
"""With these statuses, a service asks for another try later."""

NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
"""Nothing was sent, so anything may be sent again."""

CUT_OFF = (httpx.NetworkError, httpx.RemoteProtocolError)
"""The connection broke, before or after the service got the request."""


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `most` more sends; the n-th wait is drawn between half and all of `first` * 2^(n-1) seconds.

    If `Retry-After` is longer, it is the wait. No wait is longer than `longest`. If the service names a longer one,
    the request is not sent again; with `insistent`, it is sent again after `longest`. A request that timed out is not
    sent again, because the caller's limit has passed; `errors` can change this.
    """

    most: int = 3
    first: float = 0.1
    longest: float = 10.0
    statuses: tuple[int, ...] = COME_BACK
    errors: tuple[type[httpx.RequestError], ...] = NOT_CONNECTED + CUT_OFF
    insistent: bool = False

    def wait(
        self,
        sent: int,
        outcome: httpx.Response | httpx.RequestError,
        draw: Callable[[], float] = random.random,
        now: Callable[[], float] = time.time,
    ) -> float | None:
        """Seconds to wait before the next send, after `sent` sends; None if there is no next send."""
        if sent > self.most or not self._worth_repeating(outcome):
            return None
        drawn = min(self.longest, self.first * 2.0 ** (sent - 1)) * (0.5 + draw() / 2)
        named = _named(outcome, now()) if isinstance(outcome, httpx.Response) else None
        if named is None:
            return drawn
        if named > self.longest and not self.insistent:
            return None
        return max(min(named, self.longest), drawn)

    def _worth_repeating(self, outcome: httpx.Response | httpx.RequestError) -> bool:
        if isinstance(outcome, httpx.Response):
            return outcome.status_code in self.statuses
        return isinstance(outcome, self.errors)


RETRIES = Retries()
"""What a client does where nobody says otherwise."""


def _named(response: httpx.Response, now: float) -> float | None:
    """The seconds that `Retry-After` names, as a number or a date; None if it is missing or cannot be read."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        named = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (named if named.tzinfo else named.replace(tzinfo=UTC)).timestamp() - now
