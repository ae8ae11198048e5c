"""The scorers by the names that the command takes."""

import os
import sys
from pathlib import Path

import typer

from evaluator.support import calibration_record
from evaluator.support.lexical.score import LexicalScorer, Scorer, Thresholds

KEY_VARIABLE = "ASOF_JUDGE_KEY"

UNCALIBRATED = (
    "The judge is not calibrated, so how far it agrees with people is not known. "
    "Measure it with `asof-eval judge LABELS --model NAME --record FILE`, and give the record as --calibration."
)


def scorer_of(
    name: str,
    thresholds: Thresholds,
    endpoint: str | None,
    model: str | None,
    timeout: float,
    calibration: Path | None,
) -> Scorer:
    """The scorer called lexical, nli:MODEL or judge; BadParameter says what is missing.

    ExpiredCalibration where the record at `calibration` is of another judge; without one it is said that there is none.
    """
    if calibration is not None and name != "judge":
        raise typer.BadParameter("--calibration is the record of a judge; give it with --scorer judge")
    if name == "lexical":
        return LexicalScorer(thresholds)
    if name.startswith("nli:") and name != "nli:":
        from evaluator.support.nli import NliScorer

        return NliScorer(name.removeprefix("nli:"), thresholds)
    if name != "judge":
        raise typer.BadParameter(
            f"--scorer is {name!r}; write lexical, judge, or nli: and the name or folder of a model"
        )
    if not endpoint or not model:
        raise typer.BadParameter("--scorer judge needs --endpoint URL and --model NAME")
    if calibration is None:
        print(UNCALIBRATED, file=sys.stderr)
    else:
        calibration_record.check(calibration, calibration_record.shipped_judge(model))
    import httpx

    from evaluator.models.chat_completions import authorization
    from evaluator.support.judge import JudgeScorer

    client = httpx.Client(headers=authorization(os.environ.get(KEY_VARIABLE), KEY_VARIABLE))
    return JudgeScorer(client, endpoint, model, thresholds, timeout)
