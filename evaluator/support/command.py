"""The command `asof-eval support`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.support.lexical.score import Support

BATCH = 500
"""How many pairs are parsed together."""

SHOWN = 30
"""How many pairs a person is shown."""

UNCALIBRATED = (
    "The judge is not calibrated, so how far it agrees with people is not known. "
    "Measure it with `asof-eval judge LABELS --model NAME --record FILE`, and give the record as --calibration."
)


def register(app: typer.Typer) -> None:
    app.command()(support)


def support(
    pairs: Annotated[
        Path, typer.Argument(metavar="PAIRS.jsonl", help='One {"id", "claim", "evidence": [text]} a line; .gz allowed.')
    ],
    threshold: Annotated[float, typer.Option("--threshold", min=0, max=1, help="The least score that passes.")] = 0.5,
    band: Annotated[
        float, typer.Option("--band", min=0, max=1, help="Up to so far below the threshold is UNKNOWN; lower is FAIL.")
    ] = 0.2,
    scorer: Annotated[
        str,
        typer.Option(
            "--scorer",
            metavar="SCORER",
            help="rules (no model), lexical (words alone), nli:MODEL (a CrossEncoder) or judge.",
        ),
    ] = "rules",
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="OpenAI-compatible, as http://127.0.0.1:8000/v1.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="The judge's model.")] = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", metavar="RECORD", help="What `asof-eval judge` kept of this judge.")
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=0.01, help="Seconds that a judgement may take.")] = 30.0,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", metavar="NAME=JSON", help="Sent to the judge; null takes one out. Repeatable."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Scores whether evidence supports a claim: a score between 0 and 1, a verdict, and the places that decided.

    PASS means supported: every part of the claim was found in the evidence, and nothing there limits it. FAIL means
    that a part is contradicted. UNKNOWN names the part that nobody could show, and ERROR says why nobody could ask.
    Only PASS is a pass. --json prints one result a line, in order. Exits 1 where a pair
    could not be scored, or where the calibration is that of another judge. A judge's key is read from ASOF_JUDGE_KEY.
    A line may have "context": [text], words that govern the evidence, such as those that introduce its list, and
    "facts": {"days_since_delivery": 12}, trusted facts that are evidence too.

    Example: asof-eval support pairs.jsonl --json > scores.jsonl
    """
    from evaluator.errors import BadScorer, NotScored
    from evaluator.support.facts.scoring import supported
    from evaluator.support.judge import JudgeScorer
    from evaluator.support.lexical.score import Thresholds
    from evaluator.support.pairs import read_pairs
    from evaluator.support.rules import RuleScorer
    from evaluator.support.scorers import scorer_of
    from retriever.entrypoints.printing import print_json, progress

    read = read_pairs(pairs)
    try:
        thresholds = Thresholds(threshold, threshold - band)
        chosen = scorer_of(scorer, thresholds, endpoint, model, timeout, calibration, parameter or ())
    except BadScorer as error:
        raise typer.BadParameter(str(error)) from error
    if scorer == "judge" and calibration is None:
        print(UNCALIBRATED, file=sys.stderr)
    results = []
    with progress("Scoring", len(read)) as advance:
        for number, pair in enumerate(read):
            if isinstance(chosen, RuleScorer) and number % BATCH == 0:
                batch = read[number : number + BATCH]
                chosen.prepare((it.claim, it.evidence, (it.context,) * len(it.evidence)) for it in batch)
            context = (pair.context,) * len(pair.evidence)
            results.append(supported(chosen, pair.claim, pair.evidence, context, pair.facts))
            if json:
                print_json({"id": pair.id, **results[-1].content()}, indent=None)
            advance(1)
    if not json:
        _print_supports([pair.id for pair in read], results)
    if isinstance(chosen, JudgeScorer) and chosen.stepped_down:
        print(
            f"The endpoint was asked otherwise than wanted: {', '.join(sorted(chosen.stepped_down))}", file=sys.stderr
        )
    errors = sum(result.verdict == "ERROR" for result in results)
    if errors:
        raise NotScored(f"{errors:,} of {len(read):,} pairs could not be scored; their reasons say why")


def _print_supports(ids: Sequence[object], results: Sequence["Support"]) -> None:
    """Prints how many pairs have each verdict, and for some pairs a row with the first reason."""
    from collections import Counter

    from evaluator.checks.check import VERDICTS
    from retriever.entrypoints.printing import console, inert, table

    counts = Counter(result.verdict for result in results)
    print(f"pairs {len(results):,}, " + ", ".join(f"{verdict} {counts[verdict]:,}" for verdict in VERDICTS))
    rows = table("id", "score", "verdict", "reason")
    for name, result in list(zip(ids, results, strict=True))[:SHOWN]:
        score = "none" if result.score is None else f"{result.score:.3f}"
        rows.add_row(inert(str(name)), score, result.verdict, inert(result.reasons[0].detail if result.reasons else ""))
    console().print(rows)
    if len(results) > SHOWN:
        print(f"The first {SHOWN} are shown; --json prints all.")
