"""A write that is recorded once, however often it is sent."""

import hashlib
from dataclasses import dataclass

from policies.instant import Instant

KEPT_FOR: Instant = 7 * 86_400_000_000
"""Microseconds after which a name may be used for another write."""


@dataclass(frozen=True, slots=True)
class Once:
    """The name that whoever writes gives to a write, and what they wrote, both as hashes.

    A name is recorded in the transaction of its write, so neither is ever there without the other.
    """

    name: str
    request: str

    @classmethod
    def of(cls, writer: str, key: str, request: bytes) -> "Once":
        """The key that a writer gives to a request; two writers' keys are never the same."""
        name = hashlib.sha256(f"{len(writer)} {writer} {key}".encode()).hexdigest()
        return cls(name, hashlib.sha256(request).hexdigest())
