"""The command `asof-eval review`: the next case for a person, labels, progress and the export for calibration."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.review.judgement import Judgement
from retriever.entrypoints.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from evaluator.review.case import ReviewCase
    from evaluator.review.labels import Current
    from evaluator.review.page import Words
    from evaluator.review.queue import Asked
    from retriever.bootstrap import Asof


def register(app: typer.Typer) -> None:
    """Adds the command to an app."""
    app.command("review")(review)


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
    margin: Annotated[float, typer.Option("--margin", min=0, max=1, help="How near to it is near.")] = 0.1,
    audit: Annotated[
        float, typer.Option("--audit", min=0, max=1, help="The share of all cases drawn by chance.")
    ] = 0.05,
    seed: Annotated[int, typer.Option("--seed", help="Draws that share; another seed, another sample.")] = 1,
    per_case: Annotated[int, typer.Option("--per-case", min=1, help="How many reviewers each case is to have.")] = 1,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Shows what a person should judge next, records what they say, and hands it on to judge calibration.

    First comes what is ambiguous: checks or judges disagree, ERROR, UNKNOWN, a score near the threshold; every fifth
    case is of a random sample of all. On a terminal, without --next, --label, --status and --export, it asks one
    after the other.

    Example: asof-eval review citations.json --label A10234-1/1 --verdict FAIL --reason "says 7" --reviewer mia
    """
    from evaluator.review.case import read_cases
    from evaluator.review.queue import Sampling, ordered
    from evaluator.traces.case_trace import read_case_traces

    chosen = [name for name, given in _modes(next_, label, status, export).items() if given]
    if len(chosen) > 1:
        raise typer.BadParameter(f"give one of {' and '.join(chosen)}")
    cases = read_cases(queue, [] if traces is None else read_case_traces(traces))
    review_queue = ReviewQueue(
        ordered(cases, Sampling(threshold, margin, audit, seed)),
        cases,
        labels,
        per_case,
        (reviewer or "").strip() or None,
    )
    if label is not None:
        _record_one(review_queue, label, verdict, reason, open_home(context, home))
    elif status:
        _print_status(review_queue, json)
    elif export is not None:
        _export(review_queue, export, [*queue, *([traces] if traces else [])])
    elif next_:
        _print_next(review_queue, _words(open_home(context, home)), json, queue)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _ask(review_queue, open_home(context, home))
    else:
        raise typer.BadParameter("give --next, --label, --status or --export; only a terminal is asked without them")


@dataclass(frozen=True)
class ReviewQueue:
    """What is asked, in order, of all the cases, with the file that their labels are kept in."""

    asked: "Sequence[Asked]"
    cases: "Sequence[ReviewCase]"
    labels: Path
    per_case: int
    reviewer: str | None

    def held(self) -> "Current":
        """The labels that hold at this moment, others' too."""
        from evaluator.review.labels import current, read_labels

        return current(read_labels(self.labels), self.cases)

    def following(self, skipped: set[str]) -> "Asked | None":
        from evaluator.review.progress import next_asked

        queue = [asked for asked in self.asked if asked.case.id not in skipped]
        return next_asked(queue, self.held(), self.reviewer, self.per_case)

    def record(self, case: "ReviewCase", verdict: Judgement, reason: str, reviewer: str, asof: "Asof") -> None:
        from evaluator.review.labels import Label, append
        from policies.instant import format_instant

        at = format_instant(asof.clock())
        append(self.labels, Label(case.id, case.digest, verdict, reason.strip(), reviewer, at))


def _modes(next_: bool, label: str | None, status: bool, export: Path | None) -> dict[str, bool]:
    return {"--next": next_, "--label": label is not None, "--status": status, "--export": export is not None}


def _words(asof: "Asof") -> "Words":
    """Looks up the words of citations in the ledger of a home, if there is one."""
    from policies.errors import PolicyError
    from policies.ledger_store import LedgerStore
    from retriever.errors import BadCitation
    from retriever.evidence.citations import Handle

    if not LedgerStore.exists(asof.settings.home):
        return lambda citation: (None, f"its words are not at hand: {asof.settings.home} holds no ledger; give --home")
    ledger = asof.ledger
    timeline = ledger.timeline()

    def words(citation: str) -> tuple[str | None, str]:
        try:
            handle = Handle.parse(citation)
            revision = ledger.revision(handle.version, timeline)
        except (PolicyError, BadCitation) as error:
            return None, str(error)
        text = handle.words(revision)
        return (text, "") if text is not None else (None, f"{handle.version} has no passage {handle.last}")

    return words


def _record_one(
    review_queue: ReviewQueue, id: str, verdict: Judgement | None, reason: str | None, asof: "Asof"
) -> None:
    from evaluator.errors import BadFile

    if verdict is None or not (reason or "").strip() or review_queue.reviewer is None:
        raise typer.BadParameter("a label needs --verdict, --reason and --reviewer")
    case = next((case for case in review_queue.cases if case.id == id), None)
    if case is None:
        raise BadFile(f"The queue has no case {id!r}; asof-eval review QUEUE --next names one")
    held = review_queue.held()
    before = held.get(id, {}).get(review_queue.reviewer)
    review_queue.record(case, verdict, str(reason), review_queue.reviewer, asof)
    print(f"{id}: {verdict} recorded" + ("" if before is None else f", in place of {before.verdict}; both are kept"))


def _print_next(review_queue: ReviewQueue, words: "Words", json: bool, queue: Sequence[Path]) -> None:
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


def _print_status(review_queue: ReviewQueue, json: bool) -> None:
    from evaluator.review.labels import read_labels
    from evaluator.review.progress import progress_of
    from retriever.entrypoints.printing import console, inert, print_json, table

    found = progress_of(
        review_queue.asked,
        review_queue.cases,
        read_labels(review_queue.labels),
        review_queue.held(),
        review_queue.per_case,
    )
    if json:
        print_json(found.content())
        return
    why = ", ".join(f"{code} {count:,}" for code, count in found.why.items())
    print(f"asked {found.asked:,} of {len(review_queue.cases):,} cases ({why or 'none'}), left {found.left:,}")
    by = ", ".join(f"{inert(name)} {count:,}" for name, count in found.reviewers.items())
    print(f"labels: {by or 'none'}; corrected {found.corrected:,}, of words that have changed {found.outdated:,}")
    rows = table("", "value", "95% interval", "n")
    for name, estimate in found.estimates().items():
        if estimate.value is None:
            rows.add_row(name, "none", "", "0")
        else:
            rows.add_row(name, f"{estimate.value:.3f}", f"{estimate.low:.3f} to {estimate.high:.3f}", f"{estimate.n:,}")
    console().print(rows)
    if found.disputed:
        print("reviewers disagree on " + inert(", ".join(found.disputed)))


def _export(review_queue: ReviewQueue, target: Path, inputs: Sequence[Path]) -> None:
    import json

    from evaluator.errors import BadFile
    from evaluator.files.atomic_write import write_whole
    from evaluator.review.progress import exported

    if target.resolve() in {path.resolve() for path in (*inputs, review_queue.labels)}:
        raise BadFile(f"{target} is an input of the review; export to another file")
    rows = list(exported(review_queue.asked, review_queue.cases, review_queue.held()))
    write_whole(target, "".join(f"{json.dumps(row)}\n" for row in rows))
    labels = sum(row["human"] is not None for row in rows)
    print(f"{labels:,} labels written to {target}, in {len(rows):,} rows")


def _ask(review_queue: ReviewQueue, asof: "Asof") -> None:
    from evaluator.review.page import page
    from evaluator.review.session import run

    reviewer = review_queue.reviewer
    if reviewer is None:
        raise typer.BadParameter("say who judges with --reviewer NAME")
    words = _words(asof)
    recorded = run(
        review_queue.following,
        lambda asked: print(f"\n{page(asked, words)}\n"),
        lambda asked, verdict, reason: review_queue.record(asked.case, verdict, reason, reviewer, asof),
        input,
    )
    print(f"\n{recorded:,} labels recorded.")
