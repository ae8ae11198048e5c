"""Places that requests take while they are answered or wait; one key takes three quarters of them at most."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

SHARE = 0.75
"""Whoever sends bodies that never end, or waits with all its connections, leaves room for others."""


class Places:
    """So many places. Use them in one event loop only."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken = 0
        self._of_key = Counter[str]()

    def full(self, key: str | None) -> str:
        """Which requests take all the places that one could have; empty where there is room."""
        if self._taken >= self.most:
            return f"{self.most} requests"
        if key is not None and self._of_key[key] >= SHARE * self.most:
            return f"{self._of_key[key]} requests with your key, {SHARE:.0%} of {self.most},"
        return ""

    @contextmanager
    def taken(self, key: str | None) -> Iterator[None]:
        """One place, for as long as it is entered. `key` is the id of the key that comes with the request, or None."""
        self._taken += 1
        if key is not None:
            self._of_key[key] += 1
        try:
            yield
        finally:
            self._taken -= 1
            if key is not None:
                self._of_key[key] -= 1
                if not self._of_key[key]:
                    del self._of_key[key]
