"""The command `asof-eval contract`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.contract.report import Report

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
    """Measures whether answers do what was asked: their form, the facts they keep, and whether they are of use.

    Rates are over rows: by kind of check, by check, by group of paraphrases and by length of input. A row without an
    answer fails. docs/contract-rows.md says what a row holds.

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
    from evaluator.statistics.estimates_table import print_estimates
    from retriever.entrypoints.printing import inert

    counts = ", ".join(f"{verdict} {count:,}" for verdict, count in report.verdicts.items())
    print(f"rows {len(report.judged):,}: {counts}")
    by_kind = report.by(lambda check: check.kind)
    rates = {"rows": report.passed(), "groups, every wording": report.groups_passed(), **by_kind}
    lengths = report.rows_by(lambda item: item.length)
    for name in (name for name in LENGTHS if name in lengths):
        for kind, estimate in report.by(lambda check: check.kind, lengths[name]).items():
            rates[f"{kind}, {name} input"] = estimate
    rates |= {f"check {name}": rate for name, rate in sorted(report.by(lambda check: check.name).items())}
    print_estimates(rates, head=("passed", "value"))
    broken = [check for item in report.judged for check in item.checks if check.verdict != "PASS"]
    for check in broken[:SHOWN]:
        print(inert(f"{check.verdict} {check.id} {check.name} {check.reason}: {check.detail}"))
    if len(broken) > SHOWN:
        print(f"and {len(broken) - SHOWN:,} more; --json lists all")
