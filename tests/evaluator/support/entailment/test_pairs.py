"""Claims that strangers to the rules wrote about policies of their own: none that is false passes."""

import json
from collections import Counter
from typing import Any

import pytest

from evaluator.support.rules import RuleScorer
from tests.root import ROOT

PAIRS = [json.loads(line) for line in (ROOT / "evals" / "support_pairs.jsonl").read_text(encoding="utf-8").splitlines()]


def verdicts(rows: list[dict[str, Any]]) -> Counter[str]:
    scorer = RuleScorer()
    asked = [(row["claim"], row["evidence"], [row.get("context", ())] * len(row["evidence"])) for row in rows]
    scorer.prepare(asked)
    return Counter(scorer.support(*one).verdict for one in asked)


@pytest.mark.parametrize("kind", sorted({row["kind"] for row in PAIRS}))
def test_no_false_claim_passes(kind: str) -> None:
    assert verdicts([row for row in PAIRS if row["kind"] == kind and row["want"] != "PASS"])["PASS"] == 0


def test_most_true_claims_pass() -> None:
    rows = [row for row in PAIRS if row["want"] == "PASS"]
    assert verdicts(rows)["PASS"] >= 0.6 * len(rows)
