"""What is kept of a key's secret: a salted hash, so that a reader of the file cannot call the service.

**New keys have HMAC-SHA256**, with the salt as its key. It takes microseconds. A slow hash protects secrets that people
choose, because such secrets can be guessed. A key's secret has 256 random bits: nobody guesses it, whatever a guess
costs. So a slow hash would protect nothing here, and each wrong key would cost the service 50 ms.

**Old keys have scrypt** (RFC 7914) with N = 2^14, r = 8, p = 1: 16 MB and about 50 ms. Format 1 of `keys.json` has no
other.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

SALT_BYTES = 16
DIGEST_BYTES = 32


class Scheme(StrEnum):
    FAST = "hmac-sha256"
    SLOW = "scrypt"


@dataclass(frozen=True, slots=True)
class SecretHash:
    """The hash of one secret."""

    scheme: Scheme
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: str) -> "SecretHash":
        """The fast hash of a secret, under a new salt."""
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(Scheme.FAST, salt, _digest(Scheme.FAST, secret, salt))

    def fits(self, secret: str) -> bool:
        """Whether this is the hash of the secret. The check takes the same time for yes and no."""
        return hmac.compare_digest(_digest(self.scheme, secret, self.salt), self.digest)


def _digest(scheme: Scheme, secret: str, salt: bytes) -> bytes:
    # The text of the secret is hashed, not its bytes: several base64 texts stand for the same bytes.
    text = secret.encode("ascii")
    if scheme is Scheme.FAST:
        return hmac.digest(salt, text, "sha256")
    return hashlib.scrypt(text, salt=salt, n=2**14, r=8, p=1, maxmem=2**26, dklen=DIGEST_BYTES)
