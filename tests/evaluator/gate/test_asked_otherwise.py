"""Whoever asks with another date or other facts than the case is blocked for it; two runs of other cases are broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.decisions.report import read_traces_by_case, report
from evaluator.errors import BrokenRun
from evaluator.files.policy_cases import read_policy_cases
from tests.evaluator.gate.gate_runs import check, decisions, gate, rules_in, run_in, trace

RULES = """
[[not_worse]]
name = "no worse"
of = "decisions"
checks = ["decision"]
margin = 0.5
clustered = false
"""

AS_THE_CASES_SAY = "asked as the cases say"

IDS = ("a", "b", "c")


def asked(id: str, **fields: Any) -> dict[str, Any]:
    given = {"question": "May it go back?", "facts": {"region": "US"}, "as_of": "2025-04-01", **fields}
    return {**trace(f"trace-{id}", case=id, **given), "answer": {"eligible": True, "policy_id": "P-7"}}


def judged_run(folder: Path, traces: list[dict[str, Any]]) -> Path:
    """A run with what `asof-eval decisions` finds of these traces."""
    expected = {"decision": "eligible", "policy_id": "P-7"}
    of_case = {"question": "May it go back?", "facts": {"region": "US"}, "as_of": "2025-04-01", "expected": expected}
    lines = (json.dumps({"id": id, "group": id, **of_case}) for id in IDS)
    written = folder.with_suffix(".cases.jsonl")
    written.write_text("".join(f"{line}\n" for line in lines))
    cases = read_policy_cases(written)
    run_in(folder, traces)
    made = report(cases, read_traces_by_case(folder / "traces.jsonl", cases), None)
    (folder / "decisions.json").write_text(json.dumps(made.content()))
    return folder


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    return judged_run(tmp_path / "old", [asked(id) for id in IDS])


OTHERWISE = [
    ({"as_of": "2025-01-01"}, "as of 2025-01-01"),
    ({"facts": {"region": "CA"}}, "region CA for US"),
    ({"facts": {}}, "region"),
    ({"question": "May it stay?"}, "May it stay?"),
]


@pytest.mark.parametrize(("fields", "said"), OTHERWISE)
def test_a_candidate_that_asked_otherwise_than_the_case_is_blocked_and_told_how(
    tmp_path: Path, baseline: Path, fields: dict[str, Any], said: str
) -> None:
    new = judged_run(tmp_path / "new", [asked("a", **fields), asked("b"), asked("c")])
    made = gate(tmp_path, RULES, new, baseline)
    assert (made.verdict, made.exit_code) == ("BLOCK", 1)
    first = made.findings[0]
    assert (first.rule, first.decision) == (AS_THE_CASES_SAY, "BLOCK")
    assert made.reasons[0].startswith(f"BLOCK: {AS_THE_CASES_SAY}: in 1 case: a: ")
    assert [named.case for named in first.cases] == ["a"]
    assert said in first.cases[0].text
    assert [failure.case for failure in made.failures] == ["a"]


@pytest.mark.parametrize(("fields", "said"), OTHERWISE)
def test_a_wrong_instant_is_retrievals_to_mend_and_other_questions_and_facts_are_the_gates(
    tmp_path: Path, baseline: Path, fields: dict[str, Any], said: str
) -> None:
    new = judged_run(tmp_path / "new", [asked("a", **fields), asked("b"), asked("c")])
    [failure] = gate(tmp_path, RULES, new, baseline).failures
    if "as_of" in fields:
        assert (failure.owner, failure.rule) == ("retrieval index", "as-of-not-passed")
        assert failure.found == (
            "asked as of 2025-01-01, where the case is as of 2025-04-01T00:00:00Z: 90 days earlier",
        )
    else:
        assert (failure.owner, failure.rule) == ("evaluation gate and rollback", "asked-otherwise")


def test_a_receipt_of_another_instant_is_blocked_though_the_trace_says_the_cases(
    tmp_path: Path, baseline: Path
) -> None:
    receipt = {"request": {"as_of": "2025-04-01T05:00:00Z"}}
    new = judged_run(tmp_path / "new", [asked("a", receipt=receipt), asked("b"), asked("c")])
    made = gate(tmp_path, RULES, new, baseline)
    assert (made.verdict, made.findings[0].rule) == ("BLOCK", AS_THE_CASES_SAY)
    assert "5 h later, as where a day or time is read in another time zone" in made.reasons[0]


def test_it_is_blocked_without_a_baseline_too(tmp_path: Path) -> None:
    new = judged_run(tmp_path / "new", [asked("a", as_of="2025-01-01"), asked("b"), asked("c")])
    rule = '[[rate]]\nname = "right"\nof = "decisions"\nat_least = 0.1\n'
    made = gate(tmp_path, rule, new)
    assert {found.rule: found.decision for found in made.findings}[AS_THE_CASES_SAY] == "BLOCK"
    assert made.verdict == "BLOCK"


def test_one_trial_of_several_is_enough(tmp_path: Path) -> None:
    traces = [asked(id, trial=trial) for id in IDS for trial in (1, 2)]
    for at, line in enumerate(traces):
        line["id"] = f"trace-{at}"
    traces[3]["as_of"] = "2025-01-01"
    made = gate(tmp_path, RULES, judged_run(tmp_path / "new", traces), judged_run(tmp_path / "old", traces[::2]))
    assert (made.verdict, made.findings[0].rule) == ("BLOCK", AS_THE_CASES_SAY)
    assert [named.case for named in made.findings[0].cases] == ["b"]


def test_the_rule_is_not_mentioned_where_all_was_asked_as_written(tmp_path: Path, baseline: Path) -> None:
    made = gate(tmp_path, RULES, judged_run(tmp_path / "new", [asked(id) for id in IDS]), baseline)
    assert [found.rule for found in made.findings] == ["no worse"]


def test_an_instant_written_otherwise_is_as_the_case_says(tmp_path: Path, baseline: Path) -> None:
    new = judged_run(tmp_path / "new", [asked(id, as_of="2025-04-01T02:00:00+02:00") for id in IDS])
    assert [found.rule for found in gate(tmp_path, RULES, new, baseline).findings] == ["no worse"]


@pytest.mark.parametrize(("fields", "what"), [(OTHERWISE[0][0], "as_of"), (OTHERWISE[1][0], "facts")])
def test_runs_that_differ_without_decisions_that_say_so_are_broken(
    tmp_path: Path, fields: dict[str, Any], what: str
) -> None:
    records = decisions(*(check(id) for id in IDS))
    new = run_in(tmp_path / "new", [asked("a", **fields), asked("b"), asked("c")], decisions=records)
    old = run_in(tmp_path / "old", [asked(id) for id in IDS], decisions=records)
    with pytest.raises(BrokenRun, match=f"Case 'a' has another {what} in the candidate"):
        gate(tmp_path, RULES, new, old)


def test_decisions_that_say_so_of_one_case_excuse_no_other(tmp_path: Path, baseline: Path) -> None:
    new = judged_run(tmp_path / "new", [asked("a", as_of="2025-01-01"), asked("b"), asked("c")])
    lines = [json.loads(line) for line in (new / "traces.jsonl").read_text().splitlines()]
    lines[1]["as_of"] = "2025-02-01"  # after its decisions were made
    (new / "traces.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with pytest.raises(BrokenRun, match="Case 'b' has another as_of"):
        gate(tmp_path, RULES, new, baseline)


def test_a_baseline_that_asked_otherwise_is_nothing_to_compare_with(tmp_path: Path, baseline: Path) -> None:
    other = judged_run(tmp_path / "other", [asked("a", as_of="2025-01-01"), asked("b"), asked("c")])
    with pytest.raises(BrokenRun, match="Case 'a' has another as_of"):
        gate(tmp_path, RULES, baseline, other)


def test_the_command_tells_the_two_apart_by_exit_code(tmp_path: Path, baseline: Path) -> None:
    rules = str(rules_in(tmp_path / "gate.toml", RULES))
    traces = [asked("a", as_of="2025-01-01"), asked("b"), asked("c")]
    told = judged_run(tmp_path / "told", traces)
    untold = run_in(tmp_path / "untold", traces, decisions=decisions(*(check(id) for id in IDS)))
    for run, code, word in ((told, 1, "BLOCK"), (untold, 2, "BROKEN")):
        options = ["gate", "--rules", rules, "--candidate", str(run), "--baseline", str(baseline)]
        result = CliRunner().invoke(app, options)
        assert (result.exit_code, result.stdout.splitlines()[0]) == (code, word)
