"""Answers in the shapes that people use: damage was confirmed, the policy grants 30 days, and nothing was executed."""

from pathlib import Path
from typing import Any

import pytest

from evaluator.decisions.decision import decision_checks
from evaluator.decisions.report import read_schema
from evaluator.files.json_lines import Line
from evaluator.files.policy_cases import parse_case
from evaluator.traces.answer import (
    actions_said,
    answer_object,
    decision_said,
    fenced_object,
    policy_said,
    unreadable_json,
)
from retriever.traces.trace import Trace


def outcome(days: str, answer: dict[str, Any], tmp_path: Path, **fields: Any) -> dict[str, str]:
    """The checks that do not pass, with their reasons, for an order that was delivered so many days ago."""
    facts = {"order": "A10234", "condition": "damaged", "days_since_delivery": days}
    expected = {"decision": "eligible" if int(days) <= 30 else "not_eligible", "policy_id": "P-7"}
    asked = {
        "id": "c",
        "group": "g",
        "question": "Eligible?",
        "facts": facts,
        "as_of": "2025-04-01",
        "expected": expected,
    }
    given = {"id": "t", "facts": facts, "as_of": "2025-04-01", "answer": answer, **fields}
    (tmp_path / "schema.json").write_text('{"type": "object", "required": ["label_created"]}')
    schema = read_schema(tmp_path / "schema.json")
    checks = decision_checks(parse_case(Line("here", asked)), Trace.model_validate(given), schema)
    return {check.name: check.reason for check in checks if check.verdict != "PASS"}


SHAPES = [
    lambda decision, policy, label: {"eligible": decision == "eligible", "policy_id": policy, "label_created": label},
    lambda decision, policy, label: {
        "order": "A1",
        "decision": decision,
        "policy": f"{policy}@2",
        "label_created": "yes" if label else "no",
    },
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("days", "decision", "policy", "label", "wrong"),
    [
        ("12", "eligible", "P-7", False, {}),
        ("45", "not_eligible", "P-7", False, {}),
        ("12", "eligible", "P-7", True, {"claimed_actions": "not_evidenced"}),
        ("45", "eligible", "P-7", False, {"decision": "wrong_decision"}),
        ("12", "eligible", "P-3", False, {"policy_id": "wrong_policy"}),
    ],
)
def test_the_five_outputs(
    shape: Any, days: str, decision: str, policy: str, label: bool, wrong: dict[str, str], tmp_path: Path
) -> None:
    assert outcome(days, shape(decision, policy, label), tmp_path) == wrong


def test_a_label_that_was_created_may_be_said(tmp_path: Path) -> None:
    answer = {"eligible": True, "policy_id": "P-7", "label_created": True}
    assert outcome("12", answer, tmp_path, executed_actions=[]) == {"claimed_actions": "not_executed"}
    assert outcome("12", answer, tmp_path, executed_actions=["create_label"]) == {}


@pytest.mark.parametrize(
    ("answer", "decision", "policy", "actions"),
    [
        ({"decision": "Not eligible", "policy": "P-1@3"}, "not_eligible", "P-1", []),
        ({"eligible": None}, "escalate", None, []),
        ({"decision": "maybe", "policy_id": " "}, None, None, []),
        ({"refundIssued": True, "done": {"ticket_opened": "yes"}}, None, None, ["refund", "open_ticket"]),
        ({"voucher_sent": True, "label_created": False}, None, None, ["send_voucher"]),
        ({"requested_actions": ["create_label"], "created": True}, None, None, []),
    ],
)
def test_fields_are_read(answer: dict[str, Any], decision: str | None, policy: str | None, actions: list[str]) -> None:
    assert (decision_said(answer), policy_said(answer)) == (decision, policy)
    assert [name for name, _ in actions_said(answer)] == actions


def test_json_between_fences_says_as_much_and_half_an_object_nothing() -> None:
    fenced = '```json\n{"policy_id": "P-7", "citations": ["P-7@2#1"]}\n```'
    assert fenced_object(fenced) == {"policy_id": "P-7", "citations": ["P-7@2#1"]}
    assert (answer_object(fenced), unreadable_json(fenced)) == (None, False)
    assert unreadable_json('{"policy_id": "P-7", "evidence": [{"quote": "within 30 days"')
    assert not unreadable_json("{sic} is prose")
