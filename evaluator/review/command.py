"""The command `asof-eval review`: the next case for a person, labels, progress and the export for calibration."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.review.judgement import Judgement
from retriever.entrypoints.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from evaluator.review.page import Words
    from evaluator.review.review_queue import ReviewQueue
    from retriever.bootstrap import Asof


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
    reviewer: Annotated[str | None, typer.Option("--reviewer", metavar="NAME", help="Who judges.")] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Print how many are left, and the agreement so far.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write labels and scores, for calibration.")
    ] = None,
    labels: Annotated[
        Path, typer.Option("--labels", metavar="FILE", help="Where labels are kept; lines are only added.")
    ] = Path("review-labels.jsonl"),
    traces: Annotated[
        Path | None, typer.Option("--traces", metavar="TRACES.jsonl", help="The answers that checks are about.")
    ] = None,
    threshold: Annotated[float, typer.Option("--threshold", min=0, max=1, help="The score that decides.")] = 0.5,
    margin: Annotated[float, typer.Option("--margin", min=0, max=1, help="How far from it counts as near.")] = 0.1,
    audit: Annotated[
        float, typer.Option("--audit", min=0, max=1, help="The share of all cases drawn by chance.")
    ] = 0.05,
    seed: Annotated[int, typer.Option("--seed", help="Draws that share; another seed, another sample.")] = 1,
    per_case: Annotated[int, typer.Option("--per-case", min=1, help="How many reviewers each case is to have.")] = 1,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Shows what a person should judge next, records the labels, and writes them out for judge calibration.

    Ambiguous cases come first: checks or judges disagree, ERROR, UNKNOWN, or a score near the threshold. Every fifth
    case is from a random sample of all cases. On a terminal, without --next, --label, --status and --export, it asks
    about one case after the other.

    Example: asof-eval review citations.json --label A10234-1/1 --verdict FAIL --reason "says 7" --reviewer mia
    """
    from evaluator.review.case import read_review_cases
    from evaluator.review.cited_words import cited_words
    from evaluator.review.queue import Sampling, ordered
    from evaluator.review.review_queue import ReviewQueue
    from evaluator.traces.case_trace import read_case_traces

    modes = {"--next": next_, "--label": label is not None, "--status": status, "--export": export is not None}
    chosen = [name for name, given in modes.items() if given]
    if len(chosen) > 1:
        raise typer.BadParameter(f"give one of {' and '.join(chosen)}")
    cases = read_review_cases(queue, [] if traces is None else read_case_traces(traces))
    asked = ordered(cases, Sampling(threshold, margin, audit, seed))
    review_queue = ReviewQueue(asked, cases, labels, per_case, (reviewer or "").strip() or None)
    if label is not None:
        _record_one(review_queue, label, verdict, reason, open_home(context, home))
    elif status:
        _print_status(review_queue, json)
    elif export is not None:
        exported, rows = review_queue.export(export, [*queue, *([traces] if traces else [])])
        print(f"{exported:,} labels written to {export}, in {rows:,} rows")
    elif next_:
        _print_next(review_queue, cited_words(open_home(context, home)), json, queue)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _ask(review_queue, open_home(context, home))
    else:
        raise typer.BadParameter("give --next, --label, --status or --export; only a terminal is asked without them")


def _record_one(
    review_queue: "ReviewQueue", id: str, verdict: Judgement | None, reason: str | None, asof: "Asof"
) -> None:
    if verdict is None or reason is None or not reason.strip() or review_queue.reviewer is None:
        raise typer.BadParameter("a label needs --verdict, --reason and --reviewer")
    before = review_queue.record(id, verdict, reason, review_queue.reviewer, asof.clock())
    print(f"{id}: {verdict} recorded" + ("" if before is None else f", in place of {before.verdict}; both are kept"))


def _print_next(review_queue: "ReviewQueue", words: "Words", json: bool, queue: Sequence[Path]) -> None:
    import shlex

    from evaluator.review.page import content, page
    from retriever.entrypoints.printing import inert, print_json

    asked = review_queue.following(set())
    if json:
        print_json(None if asked is None else content(asked, words))
    elif asked is None:
        print("Nothing is left to judge.")
    else:
        print(page(asked, words))
        files = " ".join(shlex.quote(str(path)) for path in queue)
        command = f"asof-eval review {files} --label {shlex.quote(asked.case.id)}"
        print(inert(f"\n{command} --verdict PASS|FAIL|UNKNOWN --reason '...' --reviewer NAME"))


def _print_status(review_queue: "ReviewQueue", json: bool) -> None:
    from evaluator.statistics.estimates_table import print_estimates
    from retriever.entrypoints.printing import inert, print_json

    found = review_queue.progress()
    if json:
        print_json(found.content())
        return
    why = ", ".join(f"{code} {count:,}" for code, count in found.why.items())
    print(f"asked {found.asked:,} of {len(review_queue.cases):,} cases ({why or 'none'}), left {found.left:,}")
    by = ", ".join(f"{inert(name)} {count:,}" for name, count in found.reviewers.items())
    print(f"labels: {by or 'none'}; corrected {found.corrected:,}, about words that have changed {found.outdated:,}")
    print_estimates(found.estimates())
    if found.disputed:
        print("reviewers disagree on " + inert(", ".join(found.disputed)))


def _ask(review_queue: "ReviewQueue", asof: "Asof") -> None:
    from evaluator.review.cited_words import cited_words
    from evaluator.review.page import page
    from evaluator.review.session import run

    reviewer = review_queue.reviewer
    if reviewer is None:
        raise typer.BadParameter("say who judges with --reviewer NAME")
    words = cited_words(asof)
    recorded = run(
        review_queue.following,
        lambda asked: print(f"\n{page(asked, words)}\n"),
        lambda asked, verdict, reason: review_queue.record(asked.case.id, verdict, reason, reviewer, asof.clock()),
        input,
    )
    print(f"\n{recorded:,} labels recorded.")
