"""Writes to a home folder until it is killed, saying on standard output what it starts and what is acknowledged.

Each line is JSON: {"start": n, "kind": ..., "marker": ..., "files": signature} and then {"ack": n, "versions": [...]}.
"""

import itertools
import json
import random
import sys
from pathlib import Path

from policies.change import Change, Correct, Erase, Load, Publish, Undo
from policies.instant import parse_instant
from policies.revision import Draft, VersionId
from retriever.bootstrap import Asof
from retriever.config import Settings

IMPORTED = 5


def signature(home: Path) -> str:
    """The size and time of every file below a folder: it differs once anything was written."""
    found = sorted(
        path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock" and "-shm" not in path.name
    )
    return json.dumps([(str(path.relative_to(home)), path.stat().st_size, path.stat().st_mtime_ns) for path in found])


def draft(policy_id: str, marker: str) -> Draft:
    words = "\n\n".join(f"The word of {marker} in paragraph {n} concerns {policy_id}." for n in range(4))
    return Draft(policy_id, f"Title {marker}", words, "child", parse_instant("2024-01-01"))


def changes(
    kind: str, marker: str, versions: list[VersionId], last: list[VersionId], chance: random.Random
) -> list[Change]:
    """`last` are the revisions that the last write brought, if it brought any."""
    if kind == "correct":
        return [Correct(last[0], draft(last[0].policy_id, marker))]
    if kind == "undo":
        return [Undo()]
    if kind == "publish":
        return [Publish(draft(f"publish-{chance.randrange(10)}", marker))]
    if kind == "import":
        return [Load(draft(f"import-{marker}-{n}", marker), 1, False, None) for n in range(IMPORTED)]
    return [Erase(versions.pop(chance.randrange(len(versions))), "a test")]


def main(home: Path, seed: int) -> None:
    chance = random.Random(seed)
    asof = Asof(Settings(home))
    asof.writer(create=True)
    asof.encoder.encode("warm")
    timeline = asof.ledger.timeline()
    versions = [version for version in timeline.publishes if version not in timeline.erased]
    last: list[VersionId] = []
    for n in itertools.count():
        kinds = [
            "publish",
            "publish",
            "import",
            *(["erase"] if versions else []),
            *(["correct", "undo"] if last else []),
        ]
        kind = chance.choice(kinds)
        marker = f"marker{seed}x{n}"
        asked = changes(kind, marker, versions, last, chance)
        target = [str(change.version) for change in asked if isinstance(change, Erase)]
        print(
            json.dumps({"start": n, "kind": kind, "marker": marker, "erases": target, "files": signature(home)}),
            flush=True,
        )
        written = asof.write(asked)
        done = [VersionId(event.policy_id, event.revision) for event in written.events if event.revision is not None]
        print(json.dumps({"ack": n, "versions": [str(version) for version in done]}), flush=True)
        last = [] if kind == "erase" else done
        versions += last


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
