"""What a home folder holds, as JSON values: what must come out of a golden one for as long as its format is read.

`python -m tests.golden.content FOLDER` makes a golden home of the format that is written now.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from indexer.manifest import FOLDER, read_manifest
from indexer.snapshot import Snapshot
from indexer.writer import IndexWriter
from policies.change import Change, Erase, Publish, Restrict, Withdraw
from policies.instant import format_instant, parse_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.sources.draft import parse_draft
from policies.storage.ledger_store import LedgerStore
from tests.fakes import FakeEncoder

COMMITS: list[list[tuple[str, str, str]]] = [
    [
        ("P-7", "2025-01-01", "# Damaged items\n\nDamaged items within 7 days are eligible.\n\n- cups\n- plates\n"),
        ("P-8", "2025-01-01", "Gifts may be exchanged.\n\nDamaged items within 7 days are eligible.\n"),
    ],
    [("P-7", "2025-03-01", "# Damaged items\n\nDamaged items within 30 days are eligible.\n\n- cups\n- plates\n")],
    [("P-9", "2025-02-01", "| item | days |\n|---|---|\n| Becher 🙂 | 14 |\n| § 4.2 | 返品 |\n")],
    [("P-6", "2025-02-01", "These words are erased.\n\nGifts may be exchanged.\n")],
]


def make(folder: Path) -> None:
    ticks = iter(range(1000))
    ledger = Ledger(
        LedgerStore.open(folder, create=True), lambda: parse_instant("2025-06-01") + next(ticks) * 1_000_000
    )
    encoder = FakeEncoder()
    writer = IndexWriter(folder, ledger, lambda: encoder)
    for drafts in COMMITS:
        changes: list[Change] = []
        for policy, effective, body in drafts:
            front = f"---\npolicy: {policy}\ntitle: Rules of {policy}\neffective: {effective}\n---\n"
            changes.append(Publish(parse_draft(front + body, f"{policy}.md")))
        writer.write(changes)
    writer.write([Erase(VersionId("P-6", 1), "a court order")])
    writer.write([Withdraw("P-8", parse_instant("2025-09-01")), Restrict(VersionId("P-9", 1), ("legal",))])
    writer.write(
        [Publish(parse_draft("---\npolicy: P-5\ntitle: Five\neffective: 2025-01-01\n---\nSpoons.\n", "P-5.md"))]
    )
    (folder / "expected.json").write_text(json.dumps(content(folder, ledger), indent=1, ensure_ascii=False))
    ledger.close()
    (folder / "writer.lock").unlink(missing_ok=True)


def content(folder: Path, ledger: Ledger) -> dict[str, Any]:
    """Everything that a reader can find in a home."""
    manifest = read_manifest(folder / FOLDER)
    assert manifest is not None
    snapshot = Snapshot(folder / FOLDER, manifest)
    numbers = np.arange(snapshot.passages, dtype=np.int32)
    passages = [snapshot.passage(number) for number in numbers.tolist()]
    timeline = ledger.timeline()
    return {
        "head": ledger.verify(),
        "generation": manifest.generation,
        "segments": [[segment.entry.first_passage, segment.entry.passages] for segment in snapshot.segments],
        "passages": [passage.record() for passage in passages],
        "found": snapshot.find([passage.key() for passage in passages]),
        "lengths": snapshot.lengths(numbers).tolist(),
        "tokens": [snapshot.tokens(number) for number in numbers.tolist()],
        "vectors": hashlib.sha256(snapshot.vectors(numbers).tobytes()).hexdigest(),
        "postings": {term: [found.tolist() for found in snapshot.postings([term])[:2]] for term in snapshot.terms},
        "occurrences": {
            str(tx): [found.passages.tolist(), found.starts.tolist(), found.ends.tolist()]
            for tx, found in sorted(snapshot.occurrences.items())
        },
        "history": [
            [policy_id, cell.revision, format_instant(cell.valid.start), format_instant(cell.known.start)]
            for policy_id, policy in sorted(timeline.policies.items())
            for cell in policy.history()
        ],
        "audience": list(timeline.audience(VersionId("P-9", 1))),
        "erased": [str(version) for version in timeline.erased],
    }


if __name__ == "__main__":
    make(Path(sys.argv[1]))
