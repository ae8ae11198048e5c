import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile
from evaluator.training.answer_contract import AnswerContract
from tests.root import ROOT

Written = Callable[..., Path]

SHIPPED = ROOT / "evals" / "answer_schema.json"
WHOLE: dict[str, Any] = {
    "eligible": True,
    "policy_id": "P-7",
    "evidence": [{"citation": "P-7@2#1", "quote": "within 30 days"}],
    "citations": ["P-7@2#1"],
    "answer": "Yes, by P-7@2#1.",
    "requested_actions": ["create_label"],
}


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        ('{"eligible": true, "policy_id": "P-7", "evidence": []}', None),
        ('{"eligible": null, "policy_id": null, "evidence": [], "more": 1}', None),
        ('{"eligible": true, "evidence": []}', "lacks policy_id"),
        ('{"eligible": true}', "lacks policy_id, evidence"),
        ("[]", "breaks the contract at $: [] is not of type 'object'"),
        ('"Yes."', "breaks the contract at $: 'Yes.' is not of type 'object'"),
    ],
)
def test_without_a_schema_a_decision_names_its_policy_and_its_evidence(response: str, problem: str | None) -> None:
    assert AnswerContract().problem(response) == problem


@pytest.mark.parametrize("response", ["Yes, by P-7@2#1.", '```json\n{"eligible": true}\n```', '{"eligible": NaN}'])
def test_prose_is_no_answer_to_a_contract(response: str) -> None:
    problem = AnswerContract().problem(response)
    assert problem == "is no JSON, and the contract asks for it; for a task without such a contract add --no-schema"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, None),
        ({"evidence": [{"citation": "P-7@2#1"}]}, "lacks evidence[0].quote"),
        ({"eligible": "yes"}, "breaks the contract at $.eligible: 'yes' is not of type 'boolean', 'null'"),
        ({"note": "x"}, "breaks the contract at $: Additional properties are not allowed ('note' was unexpected)"),
    ],
)
def test_a_schema_in_a_file_is_the_contract(fields: dict[str, Any], problem: str | None) -> None:
    assert AnswerContract.read(SHIPPED).problem(json.dumps({**WHOLE, **fields})) == problem


@pytest.mark.parametrize("field", WHOLE)
def test_each_field_that_the_schema_requires_is_named_where_it_lacks(field: str) -> None:
    answer = {name: value for name, value in WHOLE.items() if name != field}
    assert AnswerContract.read(SHIPPED).problem(json.dumps(answer)) == f"lacks {field}"


def test_what_is_no_schema_is_no_contract(written: Written) -> None:
    with pytest.raises(BadFile, match=r"s\.json is no JSON Schema: 'text' is not valid"):
        AnswerContract.read(written("s.json", {"type": "text"}))
