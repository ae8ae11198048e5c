"""The commands `asof-eval trec` and `asof-eval trec-export`: TREC files in and out."""

from pathlib import Path
from typing import Annotated

import typer

from retriever.entrypoints.options import JsonOption


def register(app: typer.Typer) -> None:
    app.command()(trec)
    app.command()(trec_export)


def trec(
    qrels: Annotated[Path, typer.Argument(metavar="QRELS", help="Lines of QUESTION 0 DOCUMENT GRADE.")],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Lines of QUESTION Q0 DOCUMENT RANK SCORE TAG.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many documents count, from the best one.")] = 10,
    json: JsonOption = False,
) -> None:
    """Measures a run against graded qrels in TREC's formats: nDCG, recall, reciprocal rank, success.

    The run is ordered as trec_eval orders it: by falling score, and by falling document name where scores are equal.
    Ranks are not read. A question of the qrels without a result scores zero.

    Example: asof-eval trec qrels.txt run.txt -k 10
    """
    from evaluator.statistics.estimates_table import print_counts, print_estimates
    from evaluator.trec.files import measure, read_qrels, read_run
    from retriever.entrypoints.printing import print_json

    quality = measure(read_qrels(qrels), read_run(run), k)
    if json:
        print_json(quality.content())
    else:
        print_counts(quality.counts())
        print_estimates(quality.estimates())


def trec_export(
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions with the revision that should answer.")
    ],
    answers: Annotated[Path, typer.Argument(metavar="ANSWERS.jsonl", help="One answer a line.")],
    qrels: Annotated[Path, typer.Option("--qrels", metavar="FILE", help="Where to write the qrels.")],
    run: Annotated[Path, typer.Option("--run", metavar="FILE", help="Where to write the run.")],
) -> None:
    """Writes as-of questions and answers as TREC qrels and run, for other tools; documents are versions, such as P-7@2.

    The files are those of `asof-eval retrieval`. A version has the place of its best passage.

    Example: asof-eval trec-export questions.jsonl answers.jsonl --qrels qrels.txt --run run.txt
    """
    from evaluator.files.atomic_write import write_whole
    from evaluator.retrieval.qrels import read_as_of_questions
    from evaluator.retrieval.run import matched, read_responses
    from evaluator.trec.files import qrels_lines, run_lines

    cases = read_as_of_questions(questions)
    responses = matched(cases, read_responses(answers))
    for path, lines in ((qrels, qrels_lines(cases)), (run, run_lines(cases, responses))):
        write_whole(path, "".join(f"{line}\n" for line in lines))
