"""Claims with the evidence given for them, from a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluator.errors import BadFile
from evaluator.files.json_lines import Line, read_lines


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and its evidence; the id is text or a whole number, as the file has it.

    `context` are the words that govern the evidence, each of its texts alike. `facts` are trusted facts by name.
    """

    id: Any
    claim: str
    evidence: tuple[str, ...]
    context: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def read_pairs(path: Path) -> list[Pair]:
    """Every pair of the file, in order; BadLine names the line and field of the first thing wrong."""
    pairs = [_pair(line) for line in read_lines(path)]
    if not pairs:
        raise BadFile(
            f'{path} holds no pairs; each line is {{"id", "claim", "evidence": [text]}}, perhaps with "context": [text]'
        )
    return pairs


def _pair(line: Line) -> Pair:
    line.name("id")
    evidence = line.required("evidence")
    if not isinstance(evidence, list) or not all(isinstance(text, str) for text in evidence):
        raise line.error("evidence", "is not a list of texts")
    return Pair(line.fields["id"], line.text("claim"), tuple(evidence), tuple(line.texts("context")), _facts(line))


def _facts(line: Line) -> dict[str, str]:
    facts: Any = line.fields.get("facts") or {}
    if not isinstance(facts, dict) or not all(isinstance(value, str | int | float) for value in facts.values()):
        raise line.error("facts", 'is no object of facts, such as {"days_since_delivery": 12}')
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in facts.items()}
