"""Failures of late by address: who fails too often is told to wait, and whoever has a good key is not."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

MOST = 300
"""Failures of one address in `SECONDS`: more than a person makes by mistake, and too few to be work for the service."""

SECONDS = 60.0

ADDRESSES = 4096
"""Addresses that are kept count of; beyond, the one that failed longest ago is forgotten."""


@dataclass(slots=True)
class _Count:
    began: float
    failed: int = 0


class Failures:
    """How often each address failed, in minutes that begin with its first failure. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, address: str) -> float:
        """Counts a failure; gives the seconds to wait where there were too many, else 0."""
        now, network = self._clock(), _network(address)
        count = self._counts.pop(network, None)
        if count is None or now >= count.began + SECONDS:
            count = _Count(now)
        count.failed += 1
        self._counts[network] = count
        if len(self._counts) > ADDRESSES:
            self._counts.popitem(last=False)
        return count.began + SECONDS - now if count.failed > MOST else 0.0


def _network(address: str) -> str:
    """An IPv4 address as it is, and the first half of an IPv6 one: whoever has one of these has them all."""
    try:
        return IPv6Address(address).exploded[:19]
    except AddressValueError:
        return address
