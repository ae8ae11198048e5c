"""The command `asof-eval judge`: a judge compared with people's labels, and whether that result still applies."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.judges.calibration import Calibration
    from evaluator.support.calibration_record import Judge


def register(app: typer.Typer) -> None:
    app.command()(judge)


def judge(
    labels: Annotated[
        Path | None, typer.Argument(metavar="LABELS.jsonl", help="A line is {id, human, judge}; human may be left out.")
    ] = None,
    positive: Annotated[str, typer.Option("--positive", help="The label whose rate is counted.")] = "PASS",
    model: Annotated[str | None, typer.Option("--model", help="The judge's model, with its version.")] = None,
    prompt: Annotated[
        Path | None, typer.Option("--prompt", metavar="FILE", help="The judge's prompt; else that of --scorer judge.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Keep the calibration, for this model and prompt.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", metavar="RECORD", help="Exit 1 where it is of another model or prompt.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Measures a judge against people: confusion, kappa, AC1, alpha, flips, preference for length, corrected rates.

    A line may also have score (0 to 1), swapped and repeat (the judge's label in the other order, and asked again),
    length_a and length_b. Lines without human are judged alone: they carry the corrected rate. What `asof-eval review
    --export` writes is read too.

    Example: asof-eval judge labels.jsonl --model M-2025-01 --prompt judge.txt --record calibration.json
    """
    from evaluator.judges.calibration import calibrate
    from evaluator.judges.labels import read_judge_labels
    from evaluator.support import calibration_record
    from retriever.entrypoints.printing import print_json

    if (labels is None) == (check is None):
        raise typer.BadParameter("give either LABELS.jsonl, or --check with a record")
    if (check or record) and model is None:
        raise typer.BadParameter("a calibration is of a model and a prompt; give --model")
    if check is not None:
        calibration_record.check(check, _judge_of(model, prompt))
        print(f"{check} applies")
        return
    assert labels is not None
    calibration = calibrate(read_judge_labels(labels), positive)
    if record is not None:
        calibration_record.keep(record, _judge_of(model, prompt), labels, calibration.content())
    if json:
        print_json(calibration.content())
    else:
        _print(calibration)


def _judge_of(model: str | None, prompt: Path | None) -> "Judge":
    from evaluator.support.calibration_record import judge_of, shipped_judge

    assert model is not None
    return shipped_judge(model) if prompt is None else judge_of(model, prompt)


def _print(calibration: "Calibration") -> None:
    from evaluator.judges.calibration import PARTS
    from evaluator.statistics.estimates_table import print_counts, print_estimates, print_table
    from retriever.entrypoints.printing import inert

    print_counts(calibration.counts)
    confusion = calibration.confusion.items()
    rows = ((inert(row), *(f"{count:,}" for count in columns.values())) for row, columns in confusion)
    print_table(("people \\ judge", *map(inert, calibration.labels)), rows)
    parts = [getattr(calibration, part) for part in PARTS]
    print_estimates(*({name.replace("_", " "): estimate for name, estimate in part.items()} for part in parts))
    print(inert(f"The last rates are of {calibration.positive}."))
