"""The incident summary: one answer loses its form, one is right, one loses the warning."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluator.contract.report import judge
from evaluator.contract.rows import read_answers, read_rows
from tests.root import ROOT

ROWS = ROOT / "evals" / "contract_rows.jsonl"


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        (
            "At 14:05 the queue in eu-west stopped and latency rose to 900 ms, because a paused migration still holds "
            "a lock on the orders table. Do not restart workers, since they hold messages.",
            {"format"},
        ),
        (
            "- 14:05: checkout queue stuck, latency at 900 ms\n- A paused migration still locks the orders table\n"
            "- Do not restart workers: unacknowledged messages would be lost",
            set(),
        ),
        (
            "- 14:05: checkout queue stuck, latency at 900 ms\n- A paused migration still locks the orders table\n"
            "- The workers hold messages that nobody acknowledged yet",
            {"preservation"},
        ),
    ],
)
def test_what_fails_is_named_by_its_kind(answer: str, kinds: set[str], written: Callable[..., Path]) -> None:
    rows = read_rows(ROWS)
    answers = read_answers(
        written("a.jsonl", json.loads(json.dumps({"id": "incident-summary-1", "answer": answer}))), rows
    )
    checks = next(it.checks for it in judge(rows, answers).judged if it.row.id == "incident-summary-1")
    assert {check.kind for check in checks if check.verdict != "PASS"} == kinds
