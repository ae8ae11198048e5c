import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from policies.ledger import Ledger
from tests.evaluator.in_process import Run
from tests.evaluator.training.test_rows import DEMONSTRATION, PAIR
from tests.evaluator.training.test_trace_candidates import CASE, RIGHT, WRONG, check, trace

Written = Callable[..., Path]


@pytest.fixture
def exported(asof_eval: Run) -> Run:
    return partial(asof_eval, "export")


def test_all_or_nothing_is_printed_unless_refusals_are_skipped(
    tmp_path: Path, written: Written, ledger: Ledger, exported: Run
) -> None:
    path = written("c.jsonl", DEMONSTRATION, {"id": "d2", "prompt": "x"})
    held_out = written("cases.jsonl", {"id": "q", "query": "Is it sunny today?"})
    arguments = ("demonstrations", path, "--no-schema", "--held-out", held_out, "--home", tmp_path / "home")
    finished = exported(*arguments)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.splitlines() == [
        f"{path}, line 2: response is missing",
        "1 refused, nothing printed; mend them or add --skip-refused",
    ]
    finished = exported(*arguments, "--skip-refused")
    assert finished.returncode == 0
    assert [json.loads(line)["id"] for line in finished.stdout.splitlines()] == ["d1"]
    assert f"{path}, line 2: response is missing" in finished.stderr


def test_without_a_ledger_nothing_is_exported(tmp_path: Path, written: Written, exported: Run) -> None:
    finished = exported("preferences", written("p.jsonl", PAIR), "--home", tmp_path / "none")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "There is no ledger in" in finished.stderr


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        ('{"eligible": true}', "response lacks policy_id, evidence"),
        ('{"eligible": true, "evidence": []}', "response lacks policy_id"),
        (
            "We do.",
            "response is no JSON, and the contract asks for it; for a task without such a contract add --no-schema",
        ),
    ],
)
def test_an_answer_that_breaks_the_contract_is_refused(
    tmp_path: Path, written: Written, ledger: Ledger, exported: Run, response: str, problem: str
) -> None:
    path = written("c.jsonl", {**DEMONSTRATION, "response": response})
    finished = exported("demonstrations", path, "--home", tmp_path / "home")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.splitlines()[0] == f"{path}, line 1: {problem}"


def test_the_contract_is_that_of_the_schema_given(
    tmp_path: Path, written: Written, ledger: Ledger, exported: Run
) -> None:
    path = written("c.jsonl", {**DEMONSTRATION, "response": '{"eligible": true}'})
    schema = written("s.json", {"required": ["eligible"]})
    assert exported("demonstrations", path, "--schema", schema, "--home", tmp_path / "home").returncode == 0


def test_failed_traces_become_pairs_in_two_steps(
    tmp_path: Path, written: Written, ledger: Ledger, exported: Run
) -> None:
    home, question = ("--home", tmp_path / "home"), "Will a cracked jug be exchanged?"
    cases = {"id": "pot", "group": "pot", "question": question, "facts": {"order": "A2"}, "as_of": "2025-04-01"}
    bare = {"case": "pot", "question": None, "facts": None, "as_of": None}
    traces = written("t.jsonl", trace("bad", WRONG), trace("open", WRONG, **bare), trace("mute", ""))
    first = (
        "--from-traces",
        traces,
        "--cases",
        written("cases.jsonl", {**cases, "expected": {"decision": "escalate"}}),
    )
    first += ("--checks", written("c.jsonl", check("bad", "FAIL"), check("open", "FAIL"), check("mute", "FAIL")))
    better = ("--chosen-from", written("b.jsonl", trace("good")), "--chosen-checks", written("bc.jsonl", check("good")))
    finished = exported("preferences", *first, *better, *home)
    assert finished.returncode == 0
    warning, *said = finished.stderr.splitlines()
    assert warning.startswith("Nothing is held out: if these traces answer cases that you evaluate on")
    assert said == [
        "left out: mute: there is no answer: the model gave none, or it was erased",
        "2 candidates, 1 of them with an answer to be written; 1 traces left out",
    ]
    made = [json.loads(line) for line in finished.stdout.splitlines()]
    pairs = written("pairs.jsonl", *made)
    refused = exported("preferences", pairs, *home)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"{pairs}, line 2: chosen is to be written" in refused.stderr
    rest = {name: value for name, value in made[1].items() if name != "to_write"}
    pairs = written("pairs.jsonl", made[0], {**rest, "chosen": json.dumps(RIGHT)})
    rows = [json.loads(line) for line in exported("preferences", pairs, *home).stdout.splitlines()]
    assert [row["id"] for row in rows] == ["bad", "open"]
    assert CASE.question in rows[0]["prompt"][0]["content"]
    assert question in rows[1]["prompt"][0]["content"]


def test_passed_traces_become_demonstrations_in_two_steps(
    tmp_path: Path, written: Written, ledger: Ledger, exported: Run
) -> None:
    home, system = ("--home", tmp_path / "home"), written("system.txt", "Be brief.")
    traces, checks = written("t.jsonl", trace("good")), written("c.jsonl", check("good"))
    made = exported("demonstrations", "--from-traces", traces, "--checks", checks, "--system", system, *home)
    assert made.stderr.splitlines()[1:] == ["1 candidates; 0 traces left out"]
    path = written("d.jsonl", made.stdout.strip())
    (row,) = [json.loads(line) for line in exported("demonstrations", path, *home).stdout.splitlines()]
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert json.loads(row["messages"][2]["content"]) == RIGHT


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "give either CANDIDATES.jsonl or --from-traces TRACES.jsonl"),
        (("p.jsonl", "--from-traces", "t.jsonl"), "give either CANDIDATES.jsonl or --from-traces TRACES.jsonl"),
        (("--from-traces", "t.jsonl"), "--from-traces needs --checks"),
        (("--from-traces", "t.jsonl", "--skip-refused"), "--skip-refused goes with CANDIDATES.jsonl"),
        (("p.jsonl", "--chosen-from", "t.jsonl"), "--chosen-from goes with --from-traces"),
        (
            ("--from-traces", "t", "--checks", "c", "--chosen-from", "b"),
            "--chosen-from and --chosen-checks go together",
        ),
        (("p.jsonl", "--schema", "s.json", "--no-schema"), "give either --schema or --no-schema"),
    ],
)
def test_options_that_do_not_go_together_are_misuse(exported: Run, arguments: tuple[str, ...], problem: str) -> None:
    finished = exported("preferences", *arguments, columns=200)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert problem in finished.stderr
