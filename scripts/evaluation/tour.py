"""The evaluator's tour: the shipped cases through the stand-in, then decisions, citations, review, route and gate.

Then the same with five faults planted one by one, each of which has to end with its owner and its next action. Standard
output has one line a run, standard error what is being done. Exits 0 where all came out as written, else 1 and what
did not. docs/evaluating.md walks through the output.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from evaluation.faults import FAULTS, Expected, planted  # noqa: E402

CASES = ROOT / "evals" / "policy_cases.jsonl"
EXIT = {"SHIP": 0, "BLOCK": 1, "NEEDS MORE CASES": 3}


class Failed(Exception):
    """A command of the tour did not do what it should."""


def main() -> int:
    options = _options()
    folder: Path = options.folder.resolve()
    _make_room(folder)
    os.environ["ASOF_HOME"] = str(folder / "home")
    try:
        return _tour(folder, options.only or [fault.name for fault in FAULTS])
    except Failed as error:
        print(error, file=sys.stderr)
        return 1


def _tour(folder: Path, wanted: list[str]) -> int:
    _run("asof", "publish", *sorted((ROOT / "policies" / "samples").glob("*.md")))
    with _service(folder) as url:
        for run, release in (("baseline", "1"), ("healthy", "2")):
            (folder / run).mkdir()
            _say(f"Asking the shipped cases, for the run {run!r}")
            given = ("--cases", CASES, "--traces", folder / run / "traces.jsonl", "--release", release)
            _run(
                ROOT / "scripts" / "returns_assistant",
                "--stand-in",
                *given,
                "--url",
                url,
                shown=True,
            )
    _checked(folder / "baseline")
    healthy = [json.loads(line) for line in (folder / "healthy" / "traces.jsonl").read_text("utf-8").splitlines()]
    wrong = _judged(folder, "healthy", "as it is", Expected("SHIP"))
    for fault in FAULTS:
        if fault.name in wanted:
            (folder / fault.name).mkdir()
            lines = (json.dumps(trace) + "\n" for trace in planted(healthy, fault))
            (folder / fault.name / "traces.jsonl").write_text("".join(lines), "utf-8")
            wrong += _judged(folder, fault.name, fault.said, fault.expected)
    print(f"pages: {folder}/*/gate.html and route.html; what a person would be asked: {folder}/healthy/review.txt")
    for problem in wrong:
        print(f"NOT AS WRITTEN: {problem}", file=sys.stderr)
    return 1 if wrong else 0


def _judged(folder: Path, name: str, said: str, expected: Expected) -> list[str]:
    """Measures a run, prints its line, and gives what did not come out as expected."""
    run = folder / name
    _say(f"{name}: {said}")
    _checked(run)
    checks = ("--checks", run / "decisions.json", "--checks", run / "citations.json", "--cases", CASES)
    before = folder / "baseline"
    against = ("--baseline", before / "decisions.json", "--baseline", before / "citations.json")
    routed = json.loads(
        _run(
            "asof-eval",
            "route",
            run / "traces.jsonl",
            *checks,
            *against,
            "--baseline-traces",
            before / "traces.jsonl",
            "--html",
            run / "route.html",
            "--json",
        )
    )
    (run / "route.json").write_text(json.dumps(routed, indent=2), "utf-8")
    reports = [part for kind in ("html", "markdown", "junit") for part in (f"--{kind}", run / f"gate.{kind}")]
    gate = json.loads(
        _run(
            "asof-eval",
            "gate",
            "--candidate",
            run,
            "--baseline",
            before,
            "--cases",
            CASES,
            *reports,
            "--json",
            codes=tuple(EXIT.values()),
        )
    )
    (run / "gate.json").write_text(json.dumps(gate, indent=2), "utf-8")
    if name == "healthy":
        _reviewed(run)
    return list(_compared(name, gate, routed, expected))


def _compared(name: str, gate: dict[str, Any], routed: dict[str, Any], expected: Expected) -> Iterator[str]:
    verdict, routes = gate["verdict"], routed["routes"]
    owners = sorted({route["owner"] for route in routes})
    if not routes:
        print(f"{name} {verdict}", flush=True)
    for owner in owners:
        first = next(route for route in routes if route["owner"] == owner)
        changed = next((it["detail"] for it in first["because"] if it["measurement"] == "release_changed"), None)
        print(f"{name} {verdict} {owner}: {first['action']}", flush=True)
        cases = len(routed["owners"][owner]["ids"])
        _say(f"  {cases} cases, by the rule {first['rule']}; changed since the baseline: {changed}")
    if verdict != "SHIP":
        _say(f"  the gate: {gate['reasons'][0]}")
    if verdict != expected.verdict:
        yield f"{name}: the gate says {verdict}, and not {expected.verdict}: {gate['reasons'][:3]}"
    if owners != ([expected.owner] if expected.owner else []):
        yield f"{name}: the owners are {owners or 'none'}, and not {expected.owner}"
    if other := {route["rule"] for route in routes} - {expected.rule}:
        yield f"{name}: the rules {sorted(other)} fired, where {expected.rule} is expected"


def _checked(run: Path) -> None:
    traces = run / "traces.jsonl"
    (run / "decisions.json").write_text(_run("asof-eval", "decisions", traces, "--cases", CASES, "--json"), "utf-8")
    (run / "citations.json").write_text(_run("asof-eval", "citations", traces, "--json"), "utf-8")


def _reviewed(run: Path) -> None:
    """Shows how much a person would be asked, and writes down the first question."""
    queue = (run / "decisions.json", run / "citations.json", "--traces", run / "traces.jsonl", "--cases", CASES)
    labels = ("--labels", run / "review-labels.jsonl", "--home", run.parent / "home")
    _say(f"  review: {_run('asof-eval', 'review', *queue, *labels, '--status').splitlines()[0]}")
    (run / "review.txt").write_text(_run("asof-eval", "review", *queue, *labels, "--next"), "utf-8")


def _run(*command: Any, shown: bool = False, codes: tuple[int, ...] = (0,)) -> str:
    """What a command prints; Failed with what it says where it ends otherwise than it should."""
    name = str(command[0])
    program = [sys.executable, name] if name.endswith("returns_assistant") else [_beside_python(name)]
    error = None if shown else subprocess.PIPE
    done = subprocess.run([*program, *map(str, command[1:])], stdout=subprocess.PIPE, stderr=error, encoding="utf-8")
    if done.returncode not in codes:
        raise Failed(f"{' '.join(map(str, command[:2]))} ended with {done.returncode}: {done.stderr or done.stdout}")
    if shown:
        _say(f"  {done.stdout.strip()}")
    return done.stdout


def _beside_python(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


@contextmanager
def _service(folder: Path) -> Iterator[str]:
    """A service over the home, on a free port, until it is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (folder / "service.log").open("w", encoding="utf-8") as log:
        command = [_beside_python("asof"), "serve", "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(process, url, folder / "service.log")
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise Failed(f"The service did not start; {log} says why")


def _make_room(folder: Path) -> None:
    """Empties the folder of an earlier tour; another folder with something in it is left alone."""
    mark = folder / "made-by-scripts-evaluate"
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise SystemExit(f"{folder} holds something that no tour made; name another folder with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mark.touch()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/evaluate",
        description=__doc__,
        epilog="example: scripts/evaluate --folder /tmp/tour",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(".asof/evaluation"), help="where runs and pages go (default %(default)s)"
    )
    names = [fault.name for fault in FAULTS]
    parser.add_argument("--only", choices=names, action="append", help="plant this fault alone; repeatable")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
