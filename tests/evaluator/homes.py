"""Two policies in a home behind the real composition root, for questions that one of them answers."""

from pathlib import Path

from policies.change import Publish
from policies.instant import parse_instant
from policies.revision import Draft
from retriever.bootstrap import Asof

THIRTY = "Damaged items are accepted within 30 days."


def published(home: Path) -> Path:
    """P-7 and G-1, in force from January 2025."""
    start = parse_instant("2025-01-01")
    Asof.at(home).write(
        [
            Publish(Draft("P-7", "Damaged items", THIRTY, "here", start)),
            Publish(Draft("G-1", "Gift cards", "Gift cards are never refunded.", "here", start)),
        ]
    )
    return home
