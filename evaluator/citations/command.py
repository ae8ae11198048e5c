"""The command `asof-eval citations`."""

from pathlib import Path
from typing import Annotated

import typer

from evaluator.statistics.estimates_table import print_counts, print_estimates
from retriever.entrypoints.options import HomeOption, JsonOption, home_folder, open_home


def register(app: typer.Typer) -> None:
    app.command()(citations)


def citations(
    context: typer.Context,
    traces: Annotated[Path, typer.Argument(metavar="TRACES.jsonl", help="One answer with its citations a line.")],
    support: Annotated[
        bool, typer.Option("--support/--no-support", help="Whether also to ask if the cited words support the claim.")
    ] = True,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Whether to keep what was checked.")] = True,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Measures whether what answers cite exists, was in force, was given to them, and says what they say.

    A line is {"id", "answer"}, text or a JSON object, and may have "as_of", "known_at", "audience", "facts" and
    "retrieval", the JSON of `asof retrieve`; docs/evaluating.md has all. A citation is a handle such as [P-7@2#1], or
    [1] for the first piece of evidence, and belongs to the sentence that it stands in or follows. A quotation directly
    before it is looked for in the cited passage.

    Exits 0 whatever was found, failures too, once all could be read. `asof-eval gate` is what blocks a release.

    Example: asof-eval citations traces.jsonl --json
    """
    from evaluator.citations.answer_cache import FOLDER, AnswerCache, file_key
    from evaluator.support.entailment.reading.parser import parser_name
    from policies.storage.ledger_store import ledger_head
    from retriever.entrypoints.printing import json_lines_in, progress
    from retriever.home_folder import CACHE

    chosen = home_folder(context, home)
    folder = chosen / CACHE / FOLDER if cache and ledger_head(chosen) else None
    kept = AnswerCache(folder, lambda: ledger_head(chosen) or "", {"support": support, "parser": parser_name()})
    if json and (report := kept.report(name := file_key(traces))):
        print(report)
        return
    from evaluator.citations.accuracy import measure_file
    from evaluator.support.rules import RuleScorer

    asof, scorer = open_home(context, home), RuleScorer() if support else None
    accuracy = measure_file(traces, asof.ledger, asof.clock(), scorer, kept, lambda n: progress("Checking", n))
    if json:
        report = json_lines_in(accuracy.content(), "records", "uncited")
        if accuracy.lasting:
            kept.keep_report(name, report)
        print(report)
    else:
        print_counts(accuracy.counts())
        print_estimates(accuracy.estimates())
        for verdict, reasons in accuracy.outcomes().items():
            print(f"{verdict}: " + ", ".join(f"{reason} {count:,}" for reason, count in reasons.items()))
