"""The command `asof-eval contract`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.contract.report import Report
    from evaluator.statistics.intervals import Estimate

SHOWN = 20


def register(app: typer.Typer) -> None:
    app.command()(contract)


def contract(
    rows: Annotated[Path, typer.Argument(metavar="ROWS.jsonl", help="Tasks, each with the checks of its answer.")],
    answers: Annotated[
        Path | None,
        typer.Argument(metavar="ANSWERS.jsonl", help='Such as {"id", "answer"} a line; without it, those in the rows.'),
    ] = None,
    require: Annotated[bool, typer.Option("--require", help="Exit 1 where any row does not pass.")] = False,
    json: JsonOption = False,
) -> None:
    """Measures whether answers keep to what was asked: their form, the facts they keep, and whether they are of use.

    Rates are over rows, by kind of check, check, group of paraphrases and length of input. A row without an answer
    fails. docs/contract-rows.md says what a row holds.

    Example: asof-eval contract evals/contract_rows.jsonl answers.jsonl --require
    """
    from evaluator.contract.report import judge
    from evaluator.contract.rows import read_answers, read_rows
    from retriever.entrypoints.printing import print_json

    read = read_rows(rows)
    report = judge(read, [row.answer for row in read] if answers is None else read_answers(answers, read))
    if json:
        print_json(report.content())
    else:
        _print(report)
    if require and report.verdicts["PASS"] < len(read):
        raise typer.Exit(1)


def _print(report: "Report") -> None:
    from evaluator.contract.report import LENGTHS
    from retriever.entrypoints.printing import console, inert, table

    counts = ", ".join(f"{verdict} {count:,}" for verdict, count in report.verdicts.items())
    print(f"rows {len(report.judged):,}: {counts}")
    shown = table("passed", "value", "95% interval", "n")
    shown.add_row("rows", *_columns(report.passed()))
    shown.add_row("groups, every wording", *_columns(report.groups_passed()))
    for kind, estimate in report.by(lambda check: check.kind).items():
        shown.add_row(f"{kind}", *_columns(estimate))
    lengths = report.rows_by(lambda item: item.length)
    for name in (name for name in LENGTHS if name in lengths):
        for kind, estimate in report.by(lambda check: check.kind, lengths[name]).items():
            shown.add_row(f"{kind}, {name} input", *_columns(estimate))
    for check, estimate in sorted(report.by(lambda check: check.name).items()):
        shown.add_row(f"check {check}", *_columns(estimate))
    console().print(shown)
    broken = [check for item in report.judged for check in item.checks if check.verdict != "PASS"]
    for check in broken[:SHOWN]:
        print(inert(f"{check.verdict} {check.id} {check.name} {check.reason}: {check.detail}"))
    if len(broken) > SHOWN:
        print(f"and {len(broken) - SHOWN:,} more; --json lists all")


def _columns(estimate: "Estimate") -> tuple[str, str, str]:
    return f"{estimate.value:.4f}", f"{estimate.low:.4f} to {estimate.high:.4f}", f"{estimate.n:,}"
