"""The ledger of side effects: what the assistant did, a JSON line for each. Here, a label is nothing but its line."""

import fcntl
import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def create_label(ledger: Path, order: str) -> dict[str, Any]:
    """The label of an order as the ledger holds it: made now, or found there, since an order gets one label."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        for entry in map(json.loads, file):
            if (entry["name"], entry["order"]) == ("create_label", order):
                found: dict[str, Any] = entry
                return found
        made = {"name": "create_label", "order": order, "label": f"L-{secrets.token_hex(4)}"}
        made["at"] = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(json.dumps(made) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return made
