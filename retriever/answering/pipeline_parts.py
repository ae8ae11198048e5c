"""The parts of a pipeline, as one name in a receipt. Equal parts give the same evidence for the same request."""

import hashlib
from collections.abc import Mapping

import rfc8785

PARTS = ("rules", "model", "precision", "terms", "fusion", "naming", "blocks", "thresholds", "reranker")
"""A name holds their digests in this order."""

DIGITS = 6


def pipeline_name(parts: Mapping[str, str]) -> str:
    """16 hexadecimal digits over all parts, then 6 over each part. Each name of `PARTS` must be given."""
    whole = hashlib.sha256(rfc8785.dumps([parts[name] for name in PARTS])).hexdigest()[:16]
    each = (hashlib.sha256(parts[name].encode()).hexdigest()[:DIGITS] for name in PARTS)
    return ".".join((whole, *each))


def differing(one: str, other: str) -> tuple[str, ...]:
    """The parts in which two names differ; `rules` if another version of Asof made one of the names."""
    if one == other:
        return ()
    left, right = one.split("."), other.split(".")
    if len(left) != len(right):
        return ("rules",)
    pairs = zip(PARTS, left[1:], right[1:], strict=True)
    return tuple(name for name, a, b in pairs if a != b) or ("rules",)
