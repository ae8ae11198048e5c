"""What a home folder holds, and up to which transaction it is searchable."""

from typing import Any

from policies.instant import format_instant
from retriever.bootstrap import Asof


def home_status(asof: Asof, *, files: bool = True) -> dict[str, Any]:
    """The JSON values of a home's state; `problems` says what is wrong with it, and what to do.

    With `files`, every file of the index is held against its checksum, which takes time.
    """
    policies_count, revisions = asof.ledger.counts()
    tx, recorded_at, head = asof.ledger.head()
    problems = [*asof.problems(), *(asof.damage() if files else ())]
    current = asof.index.newest()
    return {
        "home": str(asof.settings.home),
        "policies": policies_count,
        "revisions": revisions,
        "passages": current.snapshot.passages,
        "occurrences": sum(len(placed.passages) for placed in current.snapshot.occurrences.values()),
        "generation": current.number,
        "recorded_at": format_instant(recorded_at),
        "model": current.snapshot.manifest.built.model,
        "precision": current.snapshot.manifest.built.precision,
        "segments": len(current.snapshot.segments),
        "tx": tx,
        "head": head,
        "problems": problems,
    }
