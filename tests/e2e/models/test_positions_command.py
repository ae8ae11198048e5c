"""`asof-eval positions` against a simulated reader in a process of its own."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.models.address import BadEndpoint
from evaluator.positions.endpoint import KEY_VARIABLE, EndpointRefused
from tests.e2e.models.simulated import sent_and_answered, simulated_reader
from tests.root import ROOT

EVAL = (sys.executable, "-m", "evaluator.cli", "positions")
READER = (sys.executable, "-m", "evaluator.positions.simulation.simulated_reader")
U = "0:1,1:0,3:0,4:1"


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty questions, each about a thing of its own."""
    path = tmp_path_factory.mktemp("cases") / "cases.jsonl"
    lines = [
        {
            "question": f"which number has thing {number}",
            "answers": [f"number {7000 + number}"],
            "ctxs": [{"title": f"Thing {number}", "text": f"Thing {number} has number {7000 + number}."}],
        }
        for number in range(30)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture(scope="module")
def reader(cases: Path) -> Iterator[httpx.Client]:
    with simulated_reader(cases, "--curve", U, "--oracle", "1", "--closed-book", "0", "--delay", "0.02") as client:
        yield client


def arguments(reader: httpx.Client, cases: Path, out: Path, *more: str) -> list[str]:
    given = {"--cases": cases, "--endpoint": reader.base_url, "--model": f"simulated-{out.name}", "--out": out, "-k": 5}
    return [*EVAL, *(str(part) for pair in given.items() for part in pair), *more]


def run(*command: str) -> Result:
    """The command in this process: only what is killed or stopped needs one of its own."""
    return CliRunner().invoke(app, command[len(EVAL) - 1 :])


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_killed_sweep_goes_on_without_a_lost_or_repeated_call(
    reader: httpx.Client, cases: Path, tmp_path: Path
) -> None:
    command = arguments(reader, cases, tmp_path / "killed", "--concurrency", "4")
    kept = tmp_path / "killed" / "calls.jsonl"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (not kept.exists() or kept.read_text().count('"answer"') < 50):
            time.sleep(0.01)
        os.kill(first.pid, signal.SIGKILL)
    lines = [json.loads(line) for line in kept.read_text().splitlines(keepends=True) if line.endswith("\n")]
    answered = {line["key"] for line in lines if "answer" in line}
    on_their_way = {line["asked"] for line in lines if "asked" in line} - answered
    assert 50 <= len(answered) < 210
    assert len(on_their_way) <= 4
    finished = run(*command)
    assert finished.exit_code == 0, finished.stderr
    assert f"210 calls, {len(answered)} of them answered before" in finished.stderr
    found = read(tmp_path / "killed" / "results.json")
    assert found["complete"] is True
    assert found["correct"]["outcomes"] == [[1, 0, 0, 0, 1]] * 30
    assert found["shape"]["shape"] == "u"
    told = run(*EVAL[:-1], "shape", str(tmp_path / "killed" / "curves.json"), "--json")
    assert json.loads(told.stdout)[0]["shape"] == "u"
    mine = {arm["call"] for case in found["cases"] for arm in case["arms"].values()}
    sent, _ = sent_and_answered(reader)
    assert len(mine) == 210
    assert {key for key in mine if sent[key] > 1} <= on_their_way
    assert all(sent[key] <= 2 for key in mine)


def test_the_same_answers_give_the_same_files_byte_by_byte(reader: httpx.Client, cases: Path, tmp_path: Path) -> None:
    command = arguments(reader, cases, tmp_path / "same", "--orders", "rank,edges", "--limit", "10")
    assert run(*command).exit_code == 0
    names = ("results.json", "curves.json", "curve.png", "curve.svg")
    first = [(tmp_path / "same" / name).read_bytes() for name in names]
    again = run(*command)
    assert "to send 0 tokens" in again.stderr
    assert [(tmp_path / "same" / name).read_bytes() for name in names] == first


def test_everything_that_comes_of_a_simulated_reader_says_so(reader: httpx.Client, cases: Path, tmp_path: Path) -> None:
    finished = run(*arguments(reader, cases, tmp_path / "label", "--limit", "6"))
    assert finished.stdout.startswith("SIMULATED reader")
    assert read(tmp_path / "label" / "results.json")["simulated"] is True
    refused = run(*arguments(reader, cases, tmp_path / "other", "--limit", "6", "--model", "gpt"))
    assert isinstance(refused.exception, EndpointRefused)
    assert "model name that begins with simulated" in str(refused.exception)


def test_injected_failures_end_complete(cases: Path, tmp_path: Path) -> None:
    with simulated_reader(cases, "--curve", U, "--faults", "0.1", "--stall", "1.5") as faulty:
        command = arguments(
            faulty, cases, tmp_path / "faults", "--timeout", "1", "--limit", "12", "--concurrency", "16"
        )
        finished = run(*command)
        sent, answered = sent_and_answered(faulty)
    assert finished.exit_code == 0, finished.stderr
    assert max(sent.values()) > 1
    assert len(answered) == 12 * 7


def test_what_is_missing_is_named_and_the_exit_code_is_1(cases: Path, tmp_path: Path) -> None:
    with simulated_reader(cases, "--curve", U, "--broken", "0.05") as broken:
        finished = run(*arguments(broken, cases, tmp_path / "broken", "--retries", "0", "--limit", "12"))
        sent, answered = sent_and_answered(broken)
    assert finished.exit_code == 1
    found = read(tmp_path / "broken" / "results.json")
    assert 0 < len(found["missing"]) == len(sent) - len(answered)
    lines = [line for line in finished.stderr.splitlines() if line.startswith("missing: ")]
    assert [line.rpartition(": ")[0] for line in lines[1:]] == [
        f"missing: case {item['case']}, {item['arm']}" for item in found["missing"][1:]
    ]
    assert ": HTTP 500 after 1 send: " in lines[0]
    assert {line.rpartition(": ")[2] for line in lines[1:]} <= {"the same"}


@contextmanager
def interruptible() -> Iterator[None]:
    """Processes that are started within it obey SIGINT, also where this run, in the background of a shell, does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_stopped_sweep_says_how_to_go_on(cases: Path, tmp_path: Path) -> None:
    kept = tmp_path / "stopped" / "calls.jsonl"
    with simulated_reader(cases, "--curve", U, "--delay", "0.2") as slow:
        command = arguments(slow, cases, tmp_path / "stopped", "--concurrency", "2")
        with interruptible(), subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and (not kept.exists() or kept.read_text().count('"answer"') < 4):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    answers = kept.read_text().count('"answer"')
    assert f"Stopped. {answers} answers are kept in {tmp_path / 'stopped'}; the same command goes on" in said


def test_on_a_terminal_nothing_is_sent_before_it_is_confirmed(
    reader: httpx.Client, cases: Path, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    command = arguments(reader, cases, tmp_path / "refused", "--limit", "6")
    finished = subprocess.run(command, cwd=ROOT, stdin=theirs, capture_output=True, text=True, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert finished.returncode == 1
    assert "Start? [y/N]" in finished.stderr
    assert (tmp_path / "refused" / "calls.jsonl").read_text() == ""


def test_costs_are_shown_before_anything_is_sent(reader: httpx.Client, cases: Path, tmp_path: Path) -> None:
    finished = run(
        *arguments(reader, cases, tmp_path / "cost", "--limit", "6", "--price-in", "0", "--price-out", "1000")
    )
    # 6 cases of 7 calls, each of at most 100 tokens, at 1,000 a million.
    assert "42 calls, 0 of them answered before" in finished.stderr
    assert "to be answered with at most 4,200; at most 4.20 at the prices given" in finished.stderr
    prices = ("--limit", "6", "--price-in", "0", "--price-out", "1000")
    longer = run(*arguments(reader, cases, tmp_path / "longer", *prices, "--parameter", "max_tokens=5000"))
    assert "to be answered with at most 210,000; at most 210.00 at the prices given" in longer.stderr
    unlimited = run(*arguments(reader, cases, tmp_path / "unlimited", *prices, "--parameter", "max_tokens=null"))
    assert "to be answered with no limit; no limit to the cost at the prices given" in unlimited.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--positions", "0,1,2,3"), "over 5 or more"),
        (("--positions", "1,2,3,4,5"), "has to rise from 0 to 4"),
        (("--positions", "a"), "not a list of numbers"),
        (("--count", "6"), "more than the 5 passages"),
        (("--orders", "edges"), "is not rank,edges"),
        (("--price-in", "1"), "or neither"),
        (("--parameter", "model=1"), "names what the call sets itself"),
        (("--parameter", "n=2"), "one answer is read"),
        (("--parameter", "seed=x"), "is not JSON"),
        (("--parameter", "temperature=NaN"), "is not JSON that can be sent"),
        (("--parameter", "temperature=1e999"), "is not JSON that can be sent"),
    ],
)
def test_options_that_cannot_be_are_refused_with_exit_code_2(
    cases: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    given = ["positions", "--cases", str(cases), "--endpoint", "http://127.0.0.1:9", "--model", "m", "-k", "5"]
    result = CliRunner().invoke(app, [*given, "--out", str(tmp_path / "out"), *options])
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("options", "key", "said"),
    [
        (("--endpoint", "localhost:8000/v1"), "sk-1", "such as http://localhost:8000/v1"),
        (("--endpoint", ""), "sk-1", "such as http://localhost:8000/v1"),
        ((), "schlüssel", "ASOF_ENDPOINT_KEY holds white space or letters beyond ASCII"),
    ],
)
def test_where_no_call_could_be_sent_none_is_tried(
    cases: Path, tmp_path: Path, options: tuple[str, ...], key: str, said: str
) -> None:
    given = ["positions", "--cases", str(cases), "--endpoint", "http://127.0.0.1:9", "--model", "m", "-k", "5"]
    result = CliRunner().invoke(app, [*given, "--out", str(tmp_path / "out"), *options], env={KEY_VARIABLE: key})
    assert isinstance(result.exception, BadEndpoint)
    assert said in str(result.exception)
    kept = tmp_path / "out" / "calls.jsonl"
    assert not kept.exists() or kept.read_text() == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--curve", "x"), "'x' is no curve; write POSITION:CHANCE, such as 0:0.85,9:0.6,19:0.85"),
        (("--curve", "a:0.5"), "'a:0.5' is no curve; write POSITION:CHANCE"),
        (("--cases", "/nope"), "/nope cannot be read: No such file or directory"),
    ],
)
def test_a_simulated_reader_says_what_is_wrong_with_its_options(options: tuple[str, ...], said: str) -> None:
    finished = subprocess.run([*READER, *options], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 2
    assert said in finished.stderr
    assert "Traceback" not in finished.stderr


def test_the_help_of_a_simulated_reader_ends_with_an_example() -> None:
    shown = subprocess.run([*READER, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60).stdout
    assert shown.splitlines()[-1].startswith(
        "Example: python -m evaluator.positions.simulation.simulated_reader --cases "
    )
