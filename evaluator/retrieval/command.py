"""The command `asof-eval retrieval`."""

from pathlib import Path
from typing import Annotated

import typer

from evaluator.statistics.estimates_table import print_counts, print_estimates
from retriever.entrypoints.options import HomeOption, JsonOption, open_home


def register(app: typer.Typer) -> None:
    app.command()(retrieval)


def retrieval(
    context: typer.Context,
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions with the revision that should answer.")
    ],
    answers: Annotated[
        Path | None,
        typer.Argument(metavar="ANSWERS.jsonl", help="One answer a line; without it, the home is asked."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many blocks count, from the best one.")] = 5,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Measures how often the words in force are found: the right revision, its wording, and nothing stale.

    Answers are what `asof retrieve --from-file QUESTIONS.jsonl --json` prints. They are matched by id, or by
    order where they have none; a question without an answer scores zero.

    Example: asof-eval retrieval questions.jsonl -k 5
    """
    from evaluator.retrieval.asked import asked
    from evaluator.retrieval.qrels import read_as_of_questions
    from evaluator.retrieval.quality import measure
    from evaluator.retrieval.run import matched, read_responses
    from retriever.entrypoints.printing import print_json, progress

    cases = read_as_of_questions(questions)
    if answers is None:
        with progress("Asking", len(cases)) as advance:
            quality = measure(cases, asked(open_home(context, home).retriever, cases, k, advance), k)
    else:
        quality = measure(cases, matched(cases, read_responses(answers)), k)
    if json:
        print_json(quality.content())
    else:
        print_counts(quality.counts())
        print_estimates(quality.estimates())
