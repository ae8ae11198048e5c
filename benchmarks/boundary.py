"""The returns assistant with a real model over all cases: right, handed over, wrong and caught, wrong and uncaught."""

import argparse
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks._samples_service import serving
from evaluator.decisions.report import find_schema, read_traces_by_case, report
from evaluator.files.policy_cases import PolicyCase, read_policy_cases
from evaluator.statistics.intervals import proportion
from evaluator.statistics.trials import flip_rate, pass_all_k
from evaluator.traces.answer import answer_object, decision_said, escalation, policy_said
from retriever.traces.trace import Trace

ROOT = Path(__file__).parent.parent
CASES = ROOT / "evals" / "policy_cases.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", help="an OpenAI-compatible endpoint; without one the local model is started")
    parser.add_argument("--model", help="the endpoint's name of the model")
    parser.add_argument(
        "--write", action="store_true", help="with --endpoint: the model writes, and decisions may be open"
    )
    parser.add_argument("--stand-in", action="store_true", help="the rules by hand, in place of a model")
    parser.add_argument("--trials", type=int, default=3, help="so often each case (default %(default)s)")
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=JSON", help="as the assistant takes it"
    )
    parser.add_argument("--read", type=Path, metavar="TRACES", help="read these traces, and ask nothing")
    parser.add_argument("--traces", type=Path, default=Path("bench-results/boundary.jsonl"), help="where traces go")
    given = parser.parse_args()
    path = given.read or _asked(given)
    cases = read_policy_cases(CASES)
    show(cases, read_traces_by_case(path, cases))


def _asked(given: argparse.Namespace) -> Path:
    """Asks all cases over a home of the sample policies, and says how long that took."""
    chosen = ["--endpoint", given.endpoint, "--model", given.model] if given.endpoint else ["--local"]
    chosen += ["--choose", "--strict"] if given.endpoint and not given.write else []
    chosen = ["--stand-in"] if given.stand_in else [*chosen, "--timeout", "600"]
    parameters = [part for item in given.parameter for part in ("--parameter", item)]
    given.traces.parent.mkdir(parents=True, exist_ok=True)
    with serving() as url:
        command = [sys.executable, "scripts/returns_assistant", "--url", url, *chosen, *parameters]
        command += ["--cases", str(CASES), "--traces", str(given.traces), "--trials", str(given.trials)]
        started = time.monotonic()
        subprocess.run(command, cwd=ROOT, check=True)
    print(f"{time.monotonic() - started:,.0f} s in all\n")
    traces: Path = given.traces
    return traces


def show(cases: Sequence[PolicyCase], traces: Mapping[str, Sequence[Trace]]) -> None:
    """Prints the outcomes of all answers, and each that was wrong and reached the customer."""
    trials = max(map(len, traces.values()))
    by_case: dict[str, list[bool]] = defaultdict(list)
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    uncaught: list[str] = []
    milliseconds: list[float] = []
    answered = 0
    schema = find_schema(None, CASES)
    for trial in range(trials):
        of_trial = {id: [all_of_case[trial]] for id, all_of_case in traces.items()}
        verdicts = report(cases, of_trial, schema).verdicts
        for case in cases:
            (trace,) = of_trial[case.id]
            passed, handed = verdicts[case.id] == "PASS", escalation(trace)
            by_case[case.id].append(passed)
            answered += handed is None
            milliseconds.append((trace.timings.total_ms or 0) if trace.timings else 0)
            outcomes[outcome(case, trace, passed)] += 1
            if handed is not None:
                reasons[str(handed["reason"])] += 1
            elif not passed:
                uncaught.append(f"{case.id}, trial {trial + 1}: {trace.answer}, expected {case.expected}")
    asked = len(cases) * trials
    print(f"{len(cases)} cases, {trials} trials each, by {next(iter(traces.values()))[0].checkpoint}")
    for name, count in outcomes.most_common():
        print(f"  {count:4d}  {count / asked:6.1%}  {name}")
    print("handed to a person, by reason:")
    for name, count in reasons.most_common():
        print(f"  {count:4d}  {count / asked:6.1%}  {name}")
    share, wrong = proportion(answered, asked), proportion(len(uncaught), max(answered, 1))
    print(f"answered: {answered} of {asked}, {_percent(share)}; of these wrong: {len(uncaught)}, {_percent(wrong)}")
    groups = {case.id: case.group for case in cases if case.group}
    print(f"pass^{trials}: {_percent(pass_all_k(by_case, trials, groups))}", end="")
    print(f"; changed between trials: {_percent(flip_rate(by_case, trials, groups))}" if trials > 1 else "")
    middle = sorted(milliseconds)[len(milliseconds) // 2]
    print(f"an answer took {middle / 1000:.1f} s (median), {max(milliseconds) / 1000:.1f} s at most")
    for line in uncaught:
        print("WRONG AND UNCAUGHT:", line)


def outcome(case: PolicyCase, trace: Trace, passed: bool) -> str:
    """What became of one answer, in words."""
    handed, own = escalation(trace), answer_object(trace.answer)
    said = None if own is None else decision_said(own)
    if handed is None:
        return "right, answered" if passed else "wrong and uncaught"
    if said in (None, "escalate"):
        return "no decision of the model, handed over"
    right = said == case.expected.decision and policy_said(own or {}) in case.expected.policy_ids
    return "right, but not shown to be: handed over" if right else "wrong and caught: handed over"


def _percent(estimate: Any) -> str:
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


if __name__ == "__main__":
    main()
