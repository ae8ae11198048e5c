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
    assert content["by_case"]["b1"] == {"group": "b", "verdict": "FAIL"}
    assert len(content["records"]) == 10


def test_what_is_lacking_is_named(written: Written, run: Run) -> None:
    file, traces = written("cases.jsonl", case("a1", "a")), written("t.jsonl", trace("a1"))
    refused = run(traces, "--cases", file)
    assert refused.returncode == 1
    assert "answer_schema.json cannot be read" in refused.stderr
    assert run(traces).returncode == 2
