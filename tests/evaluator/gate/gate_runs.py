"""Runs for the gate, as the commands print them, in folders."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evaluator.decisions.decision import KINDS
from evaluator.files.policy_cases import PolicyCase
from evaluator.gate.record import Record, decide
from evaluator.gate.rules import read_rules
from evaluator.gate.run import read_run


def check(id: str, name: str = "decision", verdict: str = "PASS", reason: str = "as_expected", detail: str = "") -> Any:
    return {"id": id, "name": name, "kind": KINDS[name], "verdict": verdict, "reason": reason, "detail": detail}


def decisions(*records: dict[str, Any], groups: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "records": list(records),
        "by_case": {id: {"group": group, "verdict": "PASS"} for id, group in (groups or {}).items()},
    }


def cited(id: str, citation: str = "P-7@2#1", **fields: Any) -> dict[str, Any]:
    """A record of `asof-eval citations` that nothing is wrong with, but for the fields given."""
    good = {"exists": True, "in_force": True, "in_evidence": True, "verdict": "supported", "reason": "supported"}
    return {"id": id, "citation": citation, "quote": None, "detail": "", **good, **fields}


def trace(id: str, first_token_ms: float | None = None, **fields: Any) -> dict[str, Any]:
    timings = {} if first_token_ms is None else {"timings": {"first_token_ms": first_token_ms}}
    return {"id": id, "answer": "Yes.", **timings, **fields}


def ids(count: int) -> list[str]:
    return [f"case-{number:03d}" for number in range(1, count + 1)]


def passing(count: int, failing: Iterable[int] = (), name: str = "decision") -> list[dict[str, Any]]:
    """So many cases, those of these numbers failing."""
    wrong = set(failing)
    return [
        check(id, name, *(("FAIL", "wrong_decision", "eligible, where the policy has escalate") if at in wrong else ()))
        for at, id in enumerate(ids(count), start=1)
    ]


def run_in(folder: Path, traces: Iterable[dict[str, Any]] = (), **documents: dict[str, Any]) -> Path:
    """A run's folder with these documents, and these traces where there are any."""
    folder.mkdir(parents=True)
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    if lines := list(traces):
        (folder / "traces.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder


def rules_in(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def limit_rule(that: str, clustered: bool = True) -> str:
    return f'[[limit]]\nname = "limit"\nthat = "{that}"\nclustered = {str(clustered).lower()}\n'


def asked_often(outcomes: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Traces and decisions of cases that were asked several times: `{"a": "+-"}` passes once and fails once."""
    traces, records = [], []
    for case, signs in outcomes.items():
        for trial, sign in enumerate(signs, start=1):
            failed = () if sign == "+" else ("FAIL", "wrong_decision", "eligible, where the policy has escalate")
            traces.append(trace(f"{case}-{trial}", case=case, trial=trial))
            records.append({**check(case, "decision", *failed), "trial": trial})
    return traces, records


def gate(
    folder: Path,
    rules: str,
    candidate: Path,
    baseline: Path | None = None,
    cases: Mapping[str, PolicyCase] | None = None,
) -> Record:
    """The record of these rules, written into the folder, on runs that were written too."""
    read = read_rules(rules_in(folder / "gate.toml", rules))
    before = None if baseline is None else read_run([baseline])
    return decide(read, "gate.toml", read_run([candidate]), before, cases=cases)
