"""What the commands themselves print is a run that the gate reads: the two are held to each other."""

import json
from pathlib import Path
from typing import Any

from evaluator.citations.accuracy import measure
from evaluator.contract.report import judge
from evaluator.contract.rows import read_rows
from evaluator.decisions.report import read_schema, read_traces_by_case, report
from evaluator.files.policy_cases import read_policy_cases
from evaluator.gate.record import decide
from evaluator.gate.rules import read_rules
from evaluator.gate.run import read_run
from evaluator.support.lexical.score import LexicalScorer
from evaluator.traces.trace import read_traces
from policies.instant import parse_instant
from policies.ledger import Ledger
from tests.conftest import ROOT
from tests.evaluator.gate.gate_runs import rules_in, trace

RULES = """
[[never]]
name = "invented"
of = "citations"
checks = ["exists"]

[[never]]
name = "stale and contradicted"
of = "citations"
checks = ["stale"]

[[never]]
name = "side effects"
of = "decisions"
kinds = ["side_effect"]

[[never]]
name = "schema"
of = "decisions"
checks = ["answer_schema"]
"""


def case(id: str) -> dict[str, Any]:
    expected = {"decision": "eligible", "policy_id": "P-7", "citations": ["P-7@2#1"], "words": {"P-7@2#1": "30"}}
    shared = {"question": "May it go back?", "facts": {"order": "A1"}, "as_of": "2025-04-01"}
    return {"id": id, "group": id[0], **shared, "expected": expected}


def answered(id: str, citation: str, words: str, **fields: Any) -> dict[str, Any]:
    answer = {
        "eligible": True,
        "policy_id": "P-7",
        "evidence": [],
        "citations": [citation],
        "answer": f"{words} [{citation}].",
        "requested_actions": [],
    }
    shared = {"facts": {"order": "A1"}, "as_of": "2025-04-01", "executed_actions": [], "evidence": [citation]}
    return {**trace(f"trace-{id}"), "case": id, **shared, "answer": answer, **fields}


def written(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def test_each_fault_of_real_answers_breaks_its_rule_in_its_case(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    good, now = "Damaged items are accepted within 30 days", parse_instant("2025-07-01")
    traces = written(
        folder / "traces.jsonl",
        answered("a1", "P-7@2#1", good),
        answered("a2", "P-7@9#1", good),
        answered("b1", "P-7@1#1", "Damaged items are accepted within 7 days"),
        answered("c1", "P-7@2#1", good, claimed_actions=["create_label"]),
    )
    cases = read_policy_cases(written(tmp_path / "cases.jsonl", *map(case, ("a1", "a2", "b1", "c1", "d1"))))
    decided = report(cases, read_traces_by_case(traces, cases), read_schema(ROOT / "evals" / "answer_schema.json"))
    rows = read_rows(ROOT / "evals" / "contract_rows.jsonl")
    for name, content in (
        ("decisions", decided.content()),
        ("citations", measure(read_traces(traces), ledger, now, LexicalScorer()).content()),
        ("contract", judge(rows, [None] * len(rows)).content()),
    ):
        (folder / f"{name}.json").write_text(json.dumps(content))

    run = read_run([folder])
    assert run.checks["citations"].keys() == {"a1", "a2", "b1", "c1"}
    assert {id: run.groups[id] for id in ("a1", "a2", "b1")} == {"a1": "a", "a2": "a", "b1": "b"}
    made = decide(read_rules(rules_in(tmp_path / "gate.toml", RULES)), "gate.toml", run, None)
    named = {found.rule: {one.case for one in found.cases} for found in made.findings}
    assert named == {
        "invented": {"a2"},
        "stale and contradicted": {"b1"},
        "side effects": {"c1", "d1"},  # d1 was not answered, so nobody can tell
        "schema": {"d1"},
    }
    assert len(run.checks["contract"]) == len(rows) == 43
    assert run.groups[rows[0].id] == rows[0].group
