"""The order of evidence: by rank, or with the best passages at both edges of a prompt."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def ordered(items: Sequence[Item], order: str) -> list[Item]:
    """`rank` leaves the order; `edges` puts ranks 1, 3, 5 ... first and ... 6, 4, 2 last."""
    if order == "rank":
        return list(items)
    return [*items[0::2], *reversed(items[1::2])]
