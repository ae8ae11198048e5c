"""An approval as it was given, before it stands under the hash of an event."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from policies.event import Base, Signature
from policies.instant import Instant


@dataclass(frozen=True, slots=True)
class Consent:
    """Who lets words come into force, when and why.

    `content` is the canonical JSON of what they agreed to; a sign-off and a publish that was forced have none. Without
    `at` they do so as it is recorded.
    """

    person: str
    at: Instant | None = None
    reason: str | None = None
    content: str | None = None
    draft: str | None = None
    base: Base | None = None

    def signature(self, salt: bytes) -> Signature:
        """What stands under the hash: commitments to the words, not the words."""
        assert self.at is not None
        return Signature(
            self.person,
            self.at,
            self.draft,
            None if self.content is None else sealed(salt, "approved", self.content),
            self.base,
            None if self.reason is None else sealed(salt, "reason", self.reason),
        )


def sealed(salt: bytes, name: str, words: str) -> str:
    """SHA-256(salt, words) in hexadecimal. Once salt and words are erased, nobody can check a guess by it."""
    return hashlib.sha256(salt + rfc8785.dumps({name: words})).hexdigest()


def digest_of(content: Mapping[str, Any]) -> tuple[str, str]:
    """The canonical JSON of what is approved, and its SHA-256."""
    canonical = rfc8785.dumps(dict(content))
    return canonical.decode(), hashlib.sha256(canonical).hexdigest()
