"""The command `asof-eval decisions`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.checks.check import Verdict
    from evaluator.decisions.report import DecisionReport

BROKEN: tuple["Verdict", ...] = ("FAIL", "UNKNOWN", "ERROR")


def register(app: typer.Typer) -> None:
    app.command()(decisions)


def decisions(
    traces: Annotated[Path, typer.Argument(metavar="TRACES.jsonl", help="One trace of a case a line.")],
    cases: Annotated[
        Path, typer.Option("--cases", metavar="CASES.jsonl", help="Held-out cases with their right decisions.")
    ],
    schema: Annotated[
        Path | None,
        typer.Option("--schema", help="JSON Schema of an answer. Default answer_schema.json beside the cases, if any."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Judges whether decisions are right, by the right policy and words, with no false claim and no forbidden action.

    The field "case" of a trace names its case; without that field its id does. A case without a trace fails. A group
    of paraphrases passes only where each of them does. UNKNOWN is no pass. An answer says its decision in "eligible" or
    "decision". What it says was done, as "label_created": true does, fails without a record of it in the trace. Several
    answers to one case are numbered by "trial".

    Exits 0 whatever was found, failures too, once all could be read. `asof-eval gate` is what blocks a release.

    Example: asof-eval decisions traces.jsonl --cases evals/policy_cases.jsonl
    """
    from evaluator.decisions.report import find_schema, read_traces_by_case, report
    from evaluator.files.policy_cases import read_policy_cases
    from retriever.entrypoints.printing import print_json

    read = read_policy_cases(cases)
    made = report(read, read_traces_by_case(traces, read), find_schema(schema, cases))
    if json:
        print_json(made.content())
    else:
        _print(made)


def _print(report: "DecisionReport") -> None:
    from evaluator.statistics.estimates_table import print_estimates
    from retriever.entrypoints.printing import inert

    several = f", answers a case {report.trials:,}" if report.trials > 1 else ""
    print(f"cases {len(report.cases):,}, groups {len(report.groups):,}, missing {report.missing:,}{several}")
    if report.erased:
        print(inert(f"erased, so nobody can judge them: {', '.join(report.erased)}"))
    rates = {name.replace("_", " "): rate for name, rate in {**report.totals(), **report.by_check()}.items()}
    print_estimates(
        {name: estimate for name, (estimate, _) in rates.items()},
        head=("passed", "rate"),
        counts={name: {verdict: counts[verdict] for verdict in BROKEN} for name, (_, counts) in rates.items()},
    )
    if failed := [group for group, verdict in report.groups.items() if verdict != "PASS"]:
        print(inert(f"groups that did not pass: {', '.join(failed)}"))
    for checks in report.checks.values():
        said: dict[tuple[str, str], list[str]] = {}
        for check in (check for check in checks if check.verdict != "PASS"):
            of_trial = "" if check.trial is None else f" (trial {check.trial})"
            said.setdefault((f"{check.verdict} {check.id}{of_trial}", check.detail), []).append(check.name)
        for (head, detail), names in said.items():
            print(inert(f"{head}: {', '.join(names)}: {detail}"))
