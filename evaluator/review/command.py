"""The command `asof-eval review`: the next case for a person, labels, progress and the export for calibration."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.review.judgement import Judgement
from retriever.entrypoints.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from evaluator.review.material.shown import Words
    from evaluator.review.review_queue import ReviewQueue
    from retriever.bootstrap import Asof


LABELS = Path("review-labels.jsonl")


def register(app: typer.Typer) -> None:
    app.command()(review)


def review(
    context: typer.Context,
    queue: Annotated[
        list[Path], typer.Argument(metavar="QUEUE...", help="Pairs with scores, scores of judges, what was checked.")
    ],
    next_: Annotated[bool, typer.Option("--next", help="Print the next case that a person should judge.")] = False,
    label: Annotated[str | None, typer.Option("--label", metavar="ID", help="Record a label of this case.")] = None,
    verdict: Annotated[Judgement | None, typer.Option("--verdict", help="What the label says.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why the label says so.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Withdraw the last label of --reviewer.")] = False,
    reviewer: Annotated[str | None, typer.Option("--reviewer", metavar="NAME", help="Who judges.")] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Print how many are left, and the agreement so far.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write labels and scores, for calibration.")
    ] = None,
    labels: Annotated[
        Path, typer.Option("--labels", metavar="FILE", help="Where labels are kept; lines are only added.")
    ] = LABELS,
    traces: Annotated[
        list[Path] | None,
        typer.Option("--traces", metavar="TRACES.jsonl", help="The answers that checks are about; repeatable."),
    ] = None,
    cases: Annotated[
        list[Path] | None,
        typer.Option("--cases", metavar="CASES.jsonl", help="What was asked: cases or contract rows; repeatable."),
    ] = None,
    schema: Annotated[
        Path | None,
        typer.Option("--schema", help="JSON Schema of an answer. Default answer_schema.json beside the cases, if any."),
    ] = None,
    threshold: Annotated[float, typer.Option("--threshold", min=0, max=1, help="The score that decides.")] = 0.5,
    margin: Annotated[float, typer.Option("--margin", min=0, max=1, help="How far from it counts as near.")] = 0.1,
    audit: Annotated[
        float, typer.Option("--audit", min=0, max=1, help="The share of all cases drawn by chance.")
    ] = 0.05,
    seed: Annotated[int, typer.Option("--seed", help="Draws that share; another seed, another sample.")] = 1,
    failed: Annotated[bool, typer.Option("--failed", help="Ask about what failed too, and first.")] = False,
    per_case: Annotated[int, typer.Option("--per-case", min=1, help="How many reviewers each case is to have.")] = 1,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Shows what a person should judge next, records the labels, and writes them out for judge calibration.

    Cases in doubt come first: checks or judges disagree, ERROR, UNKNOWN, a score near the threshold. Then come those
    that passed and may still confuse: passages that conflict, open or hedged words, long answers. Every fifth case is
    from a random sample of all cases. Cases of equal words are asked once. What the checkers found is shown after the
    label. On a terminal, without --next, --label, --undo, --status and --export, it asks about one case after the
    other.

    Example: asof-eval review citations.json --label A10234-1/1 --verdict FAIL --reason "says 7" --reviewer mia
    """
    from evaluator.review.case import read_review_cases
    from evaluator.review.material.background import Backgrounds
    from evaluator.review.material.cited_words import cited_words
    from evaluator.review.material.schema_lines import find_schema
    from evaluator.review.material.task import read_tasks
    from evaluator.review.queue import Sampling, ordered
    from evaluator.review.review_queue import ReviewQueue
    from evaluator.traces.case_trace import read_case_traces

    modes = {
        "--next": next_,
        "--label": label is not None,
        "--undo": undo,
        "--status": status,
        "--export": export is not None,
    }
    chosen = [name for name, given in modes.items() if given]
    if len(chosen) > 1:
        raise typer.BadParameter(f"give one of {' and '.join(chosen)}")
    traced = [trace for path in traces or () for trace in read_case_traces(path)]
    backgrounds = Backgrounds(traced, read_tasks(cases or []), find_schema(schema, cases or []))
    read = read_review_cases(queue, backgrounds)
    asof = open_home(context, home)
    words = cited_words(asof)
    asked = ordered(read, Sampling(threshold, margin, audit, seed, failed), words)
    review_queue = ReviewQueue(asked, read, labels, per_case, (reviewer or "").strip() or None)
    if label is not None:
        _record_one(review_queue, label, verdict, reason, asof, json)
    elif undo:
        _undo(review_queue, asof)
    elif status:
        _print_status(review_queue, json)
    elif export is not None:
        exported, rows = review_queue.export(export, [*queue, *(traces or ()), *(cases or ())])
        print(f"{exported:,} labels written to {export}, in {rows:,} rows")
    elif next_:
        files = {
            "--traces": traces or [],
            "--cases": cases or [],
            "--schema": [schema] if schema else [],
            "--labels": [labels] if labels != LABELS else [],
            "--home": [home] if home else [],
        }
        _print_next(
            review_queue, words, json, [*queue, *(it for name in files for path in files[name] for it in (name, path))]
        )
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _ask(review_queue, words, asof)
    else:
        raise typer.BadParameter(
            "give --next, --label, --undo, --status or --export; only a terminal is asked without them"
        )


def _record_one(
    review_queue: "ReviewQueue", id: str, verdict: Judgement | None, reason: str | None, asof: "Asof", json: bool
) -> None:
    from evaluator.review.pages.finding import finding, recorded_page
    from retriever.entrypoints.printing import print_json

    if verdict is None or reason is None or not reason.strip() or review_queue.reviewer is None:
        raise typer.BadParameter("a label needs --verdict, --reason and --reviewer")
    case = review_queue.case(id)
    before = review_queue.record(id, verdict, reason, review_queue.reviewer, asof.clock())
    asked, alike = review_queue.asked_of(case), review_queue.alike(case)
    if json:
        print_json({"id": id, "verdict": verdict.value, "holds_for": alike, **finding(case, asked)})
    else:
        print(recorded_page(case, asked, verdict, before, alike))


def _undo(review_queue: "ReviewQueue", asof: "Asof") -> bool:
    """Whether there was a label to undo."""
    from retriever.entrypoints.printing import inert

    if review_queue.reviewer is None:
        raise typer.BadParameter("say whose last label is undone with --reviewer NAME")
    undone = review_queue.undo(review_queue.reviewer, asof.clock())
    if undone is None:
        print(inert(f"{review_queue.labels} holds no label of {review_queue.reviewer} to undo."))
    else:
        print(inert(f"{undone.id}: {undone.verdict} withdrawn; the line is kept, and the case is asked again"))
    return undone is not None


def _print_next(review_queue: "ReviewQueue", words: "Words", json: bool, given: Sequence[str | Path]) -> None:
    """Prints the next case with the command that labels it, of the same files: a label is of the words shown."""
    import shlex

    from evaluator.review.pages.content import content
    from evaluator.review.pages.page import page
    from retriever.entrypoints.printing import inert, print_json

    asked, judged, of = review_queue.following(set()), review_queue.judged(), len(review_queue.asked)
    if json:
        print_json(None if asked is None else content(asked, words, judged, of))
    elif asked is None:
        print("Nothing is left to judge.")
    else:
        print(page(asked, words, judged, of))
        files = " ".join(shlex.quote(str(value)) for value in given)
        command = f"asof-eval review {files} --label {shlex.quote(asked.case.id)}"
        print(inert(f"\n{command} --verdict PASS|FAIL|UNKNOWN --reason '...' --reviewer NAME"))


def _print_status(review_queue: "ReviewQueue", json: bool) -> None:
    from evaluator.review.pages.status import print_status
    from retriever.entrypoints.printing import print_json

    found = review_queue.progress()
    if json:
        print_json(found.content())
    else:
        print_status(found, len(review_queue.cases))


def _ask(review_queue: "ReviewQueue", words: "Words", asof: "Asof") -> None:
    from evaluator.review.pages.page import page
    from evaluator.review.session import run

    if review_queue.reviewer is None:
        raise typer.BadParameter("say who judges with --reviewer NAME")
    recorded = run(
        review_queue.following,
        lambda asked: print(f"\n{page(asked, words, review_queue.judged(), len(review_queue.asked))}\n"),
        lambda asked, verdict, reason: _record_one(review_queue, asked.case.id, verdict, reason, asof, False),
        lambda: _undo(review_queue, asof),
        input,
    )
    print(f"\n{recorded:,} labels recorded.")
