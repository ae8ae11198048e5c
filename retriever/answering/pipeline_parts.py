"""The parts of a pipeline whose equality gives the same evidence for the same request, as one name in a receipt."""

import hashlib
from collections.abc import Mapping

import rfc8785

PARTS = ("rules", "model", "precision", "terms", "fusion", "naming", "thresholds", "reranker")
"""In the order of their digests in a name."""

DIGITS = 6


def pipeline_name(parts: Mapping[str, str]) -> str:
    """16 hexadecimal digits over all parts, then 6 over each: `PARTS` must all be given."""
    whole = hashlib.sha256(rfc8785.dumps([parts[name] for name in PARTS])).hexdigest()[:16]
    each = (hashlib.sha256(parts[name].encode()).hexdigest()[:DIGITS] for name in PARTS)
    return ".".join((whole, *each))


def differing(one: str, other: str) -> tuple[str, ...]:
    """The parts in which two names differ; `rules` for a name of another version's making."""
    if one == other:
        return ()
    left, right = one.split("."), other.split(".")
    if len(left) != len(right):
        return ("rules",)
    pairs = zip(PARTS, left[1:], right[1:], strict=True)
    return tuple(name for name, a, b in pairs if a != b) or ("rules",)
