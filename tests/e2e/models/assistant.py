"""What the tests of the return-decision assistant share: where it lies, what it is asked, and what it leaves."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.root import ROOT

SCRIPT = ROOT / "scripts" / "returns_assistant"
SAMPLES = sorted((ROOT / "policies" / "samples").glob("*.md"))
ORDER = ("--fact", "order=A10234", "--fact", "condition=damaged", "--fact", "region=US")
DAYS = ("--fact", "days_since_delivery=12")
QUESTION = "Is order A10234 eligible for a return?"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Assistant = Callable[..., Done]


def labels(folder: Path) -> list[dict[str, Any]]:
    """The ledger of side effects of a run in the folder."""
    file = folder / ".asof" / "returns-assistant" / "side-effects.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
