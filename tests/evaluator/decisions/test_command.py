import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.evaluator.decisions.test_report import SCHEMA, case, trace
from tests.evaluator.in_process import Run

Written = Callable[..., Path]


@pytest.fixture
def run(asof_eval: Run) -> Run:
    return partial(asof_eval, "decisions")


def test_rates_are_printed_and_what_did_not_pass(written: Written, run: Run) -> None:
    file = written("cases.jsonl", case("a1", "a"), case("b1", "b"))
    traces = written("t.jsonl", trace("a1"), trace("b1", eligible=False))
    printed = run(traces, "--cases", file, "--schema", SCHEMA)
    assert printed.returncode == 0, printed.stderr
    assert "cases 2, groups 2, missing 0" in printed.stdout
    (row,) = [line.split() for line in printed.stdout.splitlines() if line.startswith(" decision ")]
    assert row == ["decision", "0.5000", "0.0945", "to", "0.9055", "2", "1", "0", "0"]
    assert "groups that did not pass: b" in printed.stdout
    assert "FAIL b1: decision: not_eligible, where the policy has eligible" in printed.stdout
    content = json.loads(run(traces, "--cases", file, "--schema", SCHEMA, "--json").stdout)
    assert content["by_group"] == {"a": "PASS", "b": "FAIL"}
    assert content["by_case"]["b1"] == {
        "group": "b",
        "verdict": "FAIL",
        "expected": "eligible by P-7, citing P-7@2#1",
    }
    assert len(content["records"]) == 10


def test_what_is_lacking_is_named(written: Written, run: Run) -> None:
    file, traces = written("cases.jsonl", case("a1", "a")), written("t.jsonl", trace("a1"))
    refused = run(traces, "--cases", file, "--schema", file.parent / "none.json")
    assert refused.returncode == 1
    assert "none.json cannot be read" in refused.stderr
    assert run(traces).returncode == 2


def test_without_a_schema_the_form_is_not_asked_about(written: Written, run: Run) -> None:
    file, traces = written("cases.jsonl", case("a1", "a")), written("t.jsonl", trace("a1"))
    records = json.loads(run(traces, "--cases", file, "--json").stdout)["records"]
    assert {record["name"] for record in records} == {
        "decision",
        "policy_id",
        "required_citation",
        "claimed_actions",
    }


def test_several_answers_to_a_case_are_judged_each_and_the_case_passes_only_with_all(
    written: Written, run: Run
) -> None:
    file = written("cases.jsonl", case("a1", "a"))
    lines = [trace(f"t{n}", case="a1", trial=n, eligible=n != 2) for n in (1, 2, 3)]
    printed = run(written("t.jsonl", *lines), "--cases", file, "--schema", SCHEMA)
    assert "answers a case 3" in printed.stdout
    assert "FAIL a1 (trial 2): decision: not_eligible, where the policy has eligible" in printed.stdout
    refused = run(written("two.jsonl", lines[0], lines[0] | {"id": "t9"}), "--cases", file)
    assert "number several answers to a case in the field trial" in refused.stderr


def test_an_erased_answer_is_named_and_the_others_are_judged(written: Written, run: Run) -> None:
    file = written("cases.jsonl", case("a1", "a"), case("b1", "b"))
    gone = {"id": "t7", "answer": None, "erased": True, "evidence": ["P-7@2#1"]}
    made = run(written("t.jsonl", trace("a1"), gone, {**gone, "id": "b1"}), "--cases", file, "--json")
    content = json.loads(made.stdout)
    assert content["erased"] == ["t7"]
    assert (content["by_case"]["a1"]["verdict"], content["by_case"]["b1"]["verdict"]) == ("PASS", "ERROR")
    assert {record["reason"] for record in content["records"] if record["id"] == "b1"} == {"erased"}
