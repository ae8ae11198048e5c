"""A write with a name: however often it is sent, it is recorded once."""

import hashlib
from dataclasses import dataclass

from policies.instant import Instant
from policies.revision import VersionId

KEPT_FOR: Instant = 7 * 86_400_000_000
"""Microseconds between a write and the newest event, after which its name may be used for another write."""


@dataclass(frozen=True, slots=True)
class NamedWrite:
    """The name that a writer gave to a write, and the request itself, both as hashes.

    The name is recorded in the same transaction as the write, so neither is ever there without the other.
    """

    name: str
    request: str

    @classmethod
    def of(cls, writer: str, key: str, request: bytes) -> "NamedWrite":
        """The key that a writer gives to a request; two writers' keys are never the same."""
        name = hashlib.sha256(f"{len(writer)} {writer} {key}".encode()).hexdigest()
        return cls(name, hashlib.sha256(request).hexdigest())


@dataclass(frozen=True, slots=True)
class RecordedWrite:
    """A named write and its result: the events with `after < tx <= until`, and what was unchanged.

    `request` is empty where words of the write were erased later.
    """

    name: str
    request: str
    recorded_at: Instant
    after: int
    until: int
    unchanged: tuple[VersionId, ...]
