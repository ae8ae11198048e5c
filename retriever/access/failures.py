"""Recent failures by address. A caller who fails too often is told to wait; a caller with a good key is not."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

MOST = 300
"""Failures of one address in `SECONDS`: more than a person makes by mistake, and too few to load the service."""

SECONDS = 60.0

ADDRESSES = 4096
"""How many addresses are counted. After that, the address whose last failure is oldest is forgotten."""


@dataclass(slots=True)
class _Count:
    began: float
    failed: int = 0


class Failures:
    """How often each address failed in a minute that begins with its first failure. Use it in one thread only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, address: str) -> float:
        """The seconds to wait if the address failed too often, else 0; counts one more failure."""
        now, whose = self._clock(), network(address)
        count = self._counts.pop(whose, None)
        if count is None or now >= count.began + SECONDS:
            count = _Count(now)
        count.failed += 1
        self._counts[whose] = count
        if len(self._counts) > ADDRESSES:
            self._counts.popitem(last=False)
        return count.began + SECONDS - now if count.failed > MOST else 0.0


def network(address: str) -> str:
    """An IPv4 address; the first half of an IPv6 address, because one caller often has that whole range.

    A socket of both kinds tells an IPv4 address as part of one IPv6 network, the same for all of them.
    """
    try:
        given = IPv6Address(address)
    except AddressValueError:
        return address
    return str(given.ipv4_mapped or given.exploded[:19])
