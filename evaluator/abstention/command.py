"""The command `asof-eval abstention`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.statistics.estimates_table import in_percent, print_table
from retriever.entrypoints.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from evaluator.abstention.thresholds import Choice


def register(app: typer.Typer) -> None:
    app.command()(abstention)


def abstention(
    context: typer.Context,
    answerable: Annotated[
        Path, typer.Option("--answerable", metavar="QUESTIONS.jsonl", help="Questions with the revision that answers.")
    ],
    unanswerable: Annotated[
        Path, typer.Option("--unanswerable", metavar="QUESTIONS.jsonl", help='Such as {"query", "as_of"} a line.')
    ],
    lose: Annotated[
        float, typer.Option("--lose", min=0, max=1, help="The share of right answers that may be lost.")
    ] = 0.03,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages count as an answer.")] = 5,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Finds the thresholds below which a question is not answered, and shows what each choice costs.

    Answerable questions are as for `asof-eval retrieval`; the others need only a query, and may have an as_of.
    Set what it prints as ASOF_MIN_DENSE and ASOF_MIN_COVERAGE.

    Example: asof-eval abstention --answerable questions.jsonl --unanswerable off-topic.jsonl --lose 0.03
    """
    from evaluator.abstention.signals import read_signals
    from evaluator.abstention.thresholds import choice
    from retriever.entrypoints.printing import print_json, progress

    asof = open_home(context, home)
    made = choice(read_signals(asof, answerable, unanswerable, k, lambda count: progress("Asking", count)), lose)
    if json:
        print_json(made.content())
    else:
        _print(made)


def _print(made: "Choice") -> None:
    rows = []
    for point in made.curve:
        shown = (f"{point.thresholds.dense:.2f}", f"{point.thresholds.coverage:.2f}")
        costs = (*in_percent(point.abstained), *in_percent(point.lost))
        rows.append((*shown, *costs, "chosen" if point == made.chosen else ""))
    print_table(("dense", "coverage", "turned away", "95% interval", "right answers lost", "95% interval", ""), rows)
    (away, away_interval), (lost, lost_interval) = in_percent(made.abstained), in_percent(made.lost)
    print(
        f"By cross-validation: turned away {away} of {made.abstained.n:,} that nothing answers ({away_interval}), "
        f"lost {lost} of {made.lost.n:,} right answers ({lost_interval}).\n"
        f"To set: export ASOF_MIN_DENSE={made.chosen.thresholds.dense} "
        f"ASOF_MIN_COVERAGE={made.chosen.thresholds.coverage}"
    )
