"""The command `asof-eval`, also `asof eval`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.citations.command import citations
from evaluator.contract import command as contract_command
from evaluator.decisions.command import decisions
from evaluator.footprint import command as footprint_command
from evaluator.gate.command import gate
from evaluator.judges import command as judge_command
from evaluator.positions import command as positions_command
from evaluator.review import command as review_command
from evaluator.routing import command as routing_command
from evaluator.shape import command as shape_command
from evaluator.statistics import command as size_command
from evaluator.statistics.estimates_table import print_estimates
from evaluator.support.command import support
from evaluator.traces.command import traces
from evaluator.training import command as exporting
from evaluator.trec import command as trec_command
from retriever.entrypoints.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from evaluator.abstention.thresholds import Point, Signal
    from evaluator.retrieval.qrels import AsOfQuestion
    from evaluator.retrieval.run import Response
    from evaluator.statistics.intervals import Estimate
    from retriever.asking.query import Query
    from retriever.bootstrap import Asof


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Are the citations true, was the right passage found, and does the release ship?",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _evaluate(context: typer.Context, home: HomeOption = None) -> None:
    if home is not None:
        context.find_root().obj = {"home": home}


app.command()(decisions)
app.command()(gate)
app.command()(support)
app.command()(traces)
app.command()(citations)


@app.command()
def retrieval(
    context: typer.Context,
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions with the revision that should answer.")
    ],
    answers: Annotated[
        Path | None,
        typer.Argument(metavar="ANSWERS.jsonl", help="One answer a line; without it, the home is asked."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages count, from the best one.")] = 5,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Measures how often the words in force are found: the right revision, its wording, and nothing stale.

    Answers are what `asof retrieve --from-file QUESTIONS.jsonl --json` prints. They are matched by id, or by
    order where they have none; a question without an answer scores zero.

    Example: asof-eval retrieval questions.jsonl -k 5
    """
    from evaluator.retrieval.qrels import read_cases
    from evaluator.retrieval.quality import measure
    from evaluator.retrieval.run import matched, read_responses
    from retriever.entrypoints.printing import print_json

    cases = read_cases(questions)
    responses = (
        _asked(open_home(context, home), cases, k) if answers is None else matched(cases, read_responses(answers))
    )
    quality = measure(cases, responses, k)
    if json:
        print_json(quality.content())
    else:
        print_estimates(quality.counts(), quality.estimates())


@app.command()
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
    from dataclasses import replace

    from evaluator.abstention.thresholds import choose, curve, held_out
    from evaluator.errors import BadFile
    from evaluator.retrieval.qrels import read_cases
    from retriever.answering.abstention import NEVER_ABSTAINS
    from retriever.asking.questions_file import read_questions
    from retriever.entrypoints.printing import print_json

    cases, others = read_cases(answerable), [query for _, query in read_questions(unanswerable, {})]
    asof = open_home(context, home)
    asof.settings = replace(asof.settings, thresholds=NEVER_ABSTAINS)
    signals = _signals(asof, cases, others, k)
    if not any(signal.hit is None for signal in signals):
        raise BadFile(f"{unanswerable} holds no question to which anything is eligible; give some to be turned away")
    if not any(signal.hit for signal in signals):
        raise BadFile(f"No question of {answerable} is answered rightly: there is nothing that thresholds could lose")
    points, chosen, (away, lost) = curve(signals), choose(signals, lose), held_out(signals, lose)
    if json:
        held = {"abstained": away.content(), "hits_lost": lost.content()}
        print_json({"chosen": chosen.content(), "held_out": held, "curve": [point.content() for point in points]})
    else:
        _print_curve(points, chosen, (away, lost))


contract_command.register(app)
exporting.register(app)
routing_command.register(app)
review_command.register(app)
footprint_command.register(app)
judge_command.register(app)
shape_command.register(app)
size_command.register(app)
trec_command.register(app)
positions_command.register(app)


def main() -> None:
    """Runs the command line; every error of the library becomes a message and exit code 1."""
    from retriever.entrypoints.reported import run

    run(app)


def _asked(asof: "Asof", cases: Sequence["AsOfQuestion"], k: int) -> list["Response | None"]:
    """What the library answers to each question at its instant, without being told the policy."""
    from evaluator.files.json_lines import Line
    from evaluator.retrieval.run import parse_response
    from retriever.asking.query import Query
    from retriever.entrypoints.printing import progress

    responses: list[Response | None] = []
    with progress("Asking", len(cases)) as advance:
        for case in cases:
            answer = asof.retriever.retrieve(Query(case.query, case.as_of, k=k))
            responses.append(parse_response(Line(f"the answer to {case.id}", answer.content())))
            advance(1)
    return responses


def _signals(asof: "Asof", cases: Sequence["AsOfQuestion"], others: Sequence["Query"], k: int) -> list["Signal"]:
    """The deciding scores of questions that policies answer, and of those that none does."""
    from evaluator.abstention.thresholds import Signal
    from evaluator.retrieval.measures import success
    from retriever.asking.query import Query
    from retriever.entrypoints.printing import progress

    signals = []
    for case, response in zip(cases, _asked(asof, cases, k), strict=True):
        found = asof.retriever.signals(Query(case.query, case.as_of))
        if found is not None and response is not None:
            signals.append(Signal(*found, success(case, response.evidence, k), case.policy_id))
    with progress("Asking", len(others)) as advance:
        for number, query in enumerate(others):
            if (found := asof.retriever.signals(query)) is not None:
                signals.append(Signal(*found, None, f"unanswerable {number}"))
            advance(1)
    return signals


def _print_curve(points: Sequence["Point"], chosen: "Point", held: tuple["Estimate", "Estimate"]) -> None:
    from retriever.entrypoints.printing import console, table

    rows = table("dense", "coverage", "turned away", "95% interval", "right answers lost", "95% interval", "")
    for point in points:
        shown = [f"{point.thresholds.dense:.2f}", f"{point.thresholds.coverage:.2f}"]
        for estimate in (point.abstained, point.lost):
            shown += [f"{estimate.value:.1%}", f"{estimate.low:.1%} to {estimate.high:.1%}"]
        rows.add_row(*shown, "chosen" if point is chosen or point == chosen else "")
    console().print(rows)
    away, lost = held
    print(
        f"By cross-validation: turned away {away.value:.1%} of {away.n:,} that nothing answers "
        f"({away.low:.1%} to {away.high:.1%}), lost {lost.value:.1%} of {lost.n:,} right answers "
        f"({lost.low:.1%} to {lost.high:.1%}).\n"
        f"To set: export ASOF_MIN_DENSE={chosen.thresholds.dense} ASOF_MIN_COVERAGE={chosen.thresholds.coverage}"
    )


if __name__ == "__main__":
    main()
