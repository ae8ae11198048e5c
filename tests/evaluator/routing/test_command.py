import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.evaluator.in_process import Run
from tests.root import ROOT

Written = Callable[..., Path]

PASSAGE = {"citation": "P-7@1#1", "valid_from": "2025-01-01", "valid_to": "2025-03-01"}


@pytest.fixture
def run(asof_eval: Run) -> Run:
    return partial(asof_eval, "route")


def files(written: Written) -> list[str | Path]:
    """Three traces: one right, one with evidence of February for April, one that lost its form."""
    traces = written(
        "traces.jsonl",
        {"id": "right", "answer": "Yes."},
        {"id": "old", "answer": "No.", "as_of": "2025-04-01", "evidence": [PASSAGE]},
        {"id": "loose", "answer": "Yes, well."},
    )
    decision = {"name": "decision", "kind": "decision", "reason": "", "detail": "not as expected"}
    form = {"id": "loose", "name": "bullets", "kind": "format", "verdict": "FAIL", "reason": "count", "detail": "4"}
    decisions = written(
        "decisions.json",
        {"checks": [{**decision, "id": "right", "verdict": "PASS"}, {**decision, "id": "old", "verdict": "FAIL"}]},
    )
    return [traces, "--checks", decisions, "--checks", written("contract.jsonl", form)]


def test_route_prints_json_for_each_trace_that_did_not_pass(written: Written, run: Run) -> None:
    finished = run(*files(written), "--json")
    assert finished.returncode == 0
    content = json.loads(finished.stdout)
    assert (content["traces"], content["passed"], content["not_passed"]) == (3, 1, 2)
    old, loose = content["routes"]
    assert (old["id"], old["owner"], old["rule"]) == ("old", "retrieval index", "evidence-not-in-force")
    assert (old["failure"], old["knowledge_or_contract"], old["updates_weights"]) == ("factual", "knowledge", False)
    assert old["because"][0] == {
        "measurement": "evidence_in_force",
        "value": False,
        "detail": "P-7@1#1 at 2025-04-01T00:00:00Z",
    }
    assert (loose["id"], loose["rule"]) == ("loose", "format-lost")


def test_route_prints_a_table_by_owner_with_ids_and_next_actions(written: Written, run: Run) -> None:
    finished = run(*files(written))
    assert finished.returncode == 0
    assert "traces 3, passed 1, not passed 2" in finished.stdout
    assert "retrieval index" in finished.stdout
    assert "evidence-not-in-force: Retrieve as of the instant asked about" in finished.stdout


def test_each_case_is_listed_with_its_trace_and_with_what_was_measured(
    written: Written, run: Run, asof_eval: Run, tmp_path: Path
) -> None:
    """An hour too early, and an answer without policy_id. The line says both instants, and the field."""
    decision = {"decision": "eligible", "policy_id": "P-7", "citations": ["P-7@2#1"], "words": {"P-7@2#1": "30 days"}}
    case = {"group": "g", "question": "?", "facts": {}, "as_of": "2025-03-01", "expected": decision}
    cases = written("c.jsonl", {**case, "id": "C1"}, {**case, "id": "C2"})
    answer = {"eligible": True, "policy_id": "P-7", "citations": ["P-7@2#1"]}
    given = {"question": "?", "facts": {}, "executed_actions": []}
    early = {"id": "T1", "case": "C1", "as_of": "2025-02-28T23:00:00Z", "evidence": ["P-7@1#1"], "answer": answer}
    lacking = {"id": "C2", "as_of": "2025-03-01", "evidence": ["P-7@2#1"], "answer": {**answer, "policy_id": None}}
    traces = written("t.jsonl", {**early, **given}, {**lacking, **given})
    (tmp_path / "d.json").write_text(asof_eval("decisions", traces, "--cases", cases, "--json").stdout)
    finished = run(traces, "--cases", cases, "--checks", tmp_path / "d.json", "--html", tmp_path / "r.html")
    lines = finished.stdout.splitlines()
    wrong = "asked as of 2025-02-28T23:00:00Z, where the case is as of 2025-03-01T00:00:00Z: 1 h earlier"
    assert lines[lines.index("  C1, trace T1") + 1].startswith(f"    as of passed: {wrong}, as where")
    assert lines[lines.index("  C2") + 1] == "    failed: policy_id: names no policy, where P-7 decides"
    assert "without a case" not in finished.stdout
    page = (tmp_path / "r.html").read_text()
    assert wrong in page
    assert "C1, trace T1" in page


def test_traces_without_a_case_are_counted_since_nothing_could_be_held_against_one(
    written: Written, run: Run, tmp_path: Path
) -> None:
    given = [*files(written), "--html", tmp_path / "r.html"]
    said = "beyond --checks, no instant, decision or policy could be held against a case; --cases gives them"
    assert f"traces without a case 3: {said}" in run(*given).stdout
    assert f"Traces without a case: 3; {said}." in (tmp_path / "r.html").read_text()
    assert json.loads(run(*given, "--json").stdout)["traces_without_a_case"] == 3


def test_a_baseline_with_the_same_evidence_makes_it_the_gates_matter(written: Written, run: Run) -> None:
    traces = written("t.jsonl", {"id": "a", "answer": "No.", "evidence": ["P-7@2#1"]})
    check = {"id": "a", "name": "decision", "kind": "decision", "verdict": "FAIL", "reason": "", "detail": ""}
    now, before = written("now.json", [check]), written("before.json", [{**check, "verdict": "PASS"}])
    finished = run(traces, "--checks", now, "--baseline", before, "--baseline-traces", traces, "--json")
    assert json.loads(finished.stdout)["routes"][0]["rule"] == "passed-before"


def test_without_checks_every_trace_is_to_be_investigated(written: Written, run: Run) -> None:
    content = json.loads(run(written("t.jsonl", {"id": "a", "answer": "No."}), "--json").stdout)
    assert content["owners"] == {"investigate": {"traces": 1, "ids": ["a"]}}


def test_cases_and_rows_that_no_trace_answers_are_named(written: Written, run: Run) -> None:
    """What `asof-eval decisions` makes of a case without a trace stands under the id of the case."""
    case = {"group": "g", "question": "?", "facts": {}, "as_of": "2025-04-01", "expected": {"decision": "escalate"}}
    cases = written("c.jsonl", {**case, "id": "a"}, {**case, "id": "b"})
    check = {"id": "c", "name": "decision", "kind": "decision", "verdict": "FAIL", "reason": "missing"}
    checks = written("checks.json", {"records": [check, {**check, "id": "b"}]})
    traces = written("t.jsonl", {"id": "t1", "case": "a", "answer": ""})
    content = json.loads(run(traces, "--cases", cases, "--checks", checks, "--json").stdout)
    assert (content["traces"], content["cases_without_a_trace"]) == (1, ["b", "c"])


def test_decisions_and_contract_checks_are_taken_as_they_are_printed(
    written: Written, tmp_path: Path, run: Run, asof_eval: Run
) -> None:
    repository = ROOT
    cases, rows = repository / "evals" / "policy_cases.jsonl", repository / "evals" / "contract_rows.jsonl"
    case = json.loads(cases.read_text().splitlines()[0])
    same = {"question": case["question"], "facts": case["facts"], "as_of": case["as_of"]}
    answer = {"eligible": True, "policy_id": "P-7", "citations": ["P-7@1#1"]}
    given = {"evidence": ["P-7@1#1"], "executed_actions": []}
    traces = written("t.jsonl", {"id": "t1", "case": case["id"], "answer": answer, **same, **given})
    (tmp_path / "d.json").write_text(asof_eval("decisions", traces, "--cases", cases, "--json").stdout)
    found = json.loads(run(traces, "--cases", cases, "--checks", tmp_path / "d.json", "--json").stdout)
    (route,) = found["routes"]
    assert (route["id"], route["rule"]) == ("t1", "answer-incomplete")
    assert len(found["cases_without_a_trace"]) == len(cases.read_text().splitlines()) - 1

    row = next(it for it in map(json.loads, rows.read_text().splitlines()) if it["id"] == "obeys-input-translation-1")
    answers = written("a.jsonl", {"id": row["id"], "answer": "PWNED"})
    (tmp_path / "k.json").write_text(asof_eval("contract", rows, answers, "--json").stdout)
    found = json.loads(run(answers, "--groups", rows, "--checks", tmp_path / "k.json", "--json").stdout)
    assert [(route["id"], route["rule"]) for route in found["routes"]] == [(row["id"], "obeyed-the-text")]


def test_bad_input_exits_1_and_is_named(written: Written, run: Run) -> None:
    traces = written("t.jsonl", {"id": "a", "answer": "No."})
    check = {"id": "b", "name": "decision", "kind": "decision", "verdict": "FAIL"}
    stray = run(traces, "--checks", written("c.jsonl", check))
    assert (stray.returncode, stray.stdout) == (1, "")
    assert "c.jsonl, line 1: id is 'b', which no trace of" in stray.stderr
    rules = run(traces, "--rules", written("r.toml", "[[rule]]"))
    assert rules.returncode == 1
    assert "r.toml, rule 1: name is missing" in rules.stderr
    assert run().returncode == 2
