"""The ledger of side effects: what the assistant did, a JSON line for each. Here, a label is nothing but its line."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

LEDGER = Path(".asof/returns-assistant/side-effects.jsonl")
"""The ledger where no other is named, in the folder of the run. Its folder is made; that of another has to exist."""


class BadLedger(Exception):
    """A ledger that cannot be read, so that nobody knows what was done already."""


def create_label(ledger: Path, subject: dict[str, str]) -> dict[str, Any]:
    """The label of a subject, such as {"order": "A10234"}: made now, or found in the ledger, since each gets one."""
    wanted = {"name": "create_label", **subject}
    if ledger == LEDGER:
        ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for entry in _entries(file):
            if wanted.items() <= entry.items():
                return entry
        made = {**wanted, "label": f"L-{secrets.token_hex(4)}", "at": datetime.now(UTC).isoformat(timespec="seconds")}
        file.write(json.dumps(made) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return made


def _entries(file: IO[str]) -> Iterator[dict[str, Any]]:
    file.seek(0)
    for number, line in enumerate(file, start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise BadLedger(f"{file.name}, line {number} is no JSON object; nothing is done before it is mended")
        yield entry
