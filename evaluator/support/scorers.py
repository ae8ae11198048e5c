"""The scorers by the names that the command takes."""

import os
from collections.abc import Sequence
from pathlib import Path

from evaluator.errors import BadScorer
from evaluator.support import calibration_record
from evaluator.support.lexical.score import LexicalScorer, Scorer, Thresholds

KEY_VARIABLE = "ASOF_JUDGE_KEY"


def scorer_of(
    name: str,
    thresholds: Thresholds,
    endpoint: str | None,
    model: str | None,
    timeout: float,
    calibration: Path | None,
    parameters: Sequence[str] = (),
) -> Scorer:
    """The scorer called rules, lexical, nli:MODEL or judge; BadScorer says what is missing.

    ExpiredCalibration where the record at `calibration` is of another judge.
    """
    if calibration is not None and name != "judge":
        raise BadScorer("--calibration is the record of a judge; give it with --scorer judge")
    if parameters and name != "judge":
        raise BadScorer("--parameter goes to a judge; give it with --scorer judge")
    if name == "rules":
        from evaluator.support.rules import RuleScorer

        return RuleScorer(thresholds)
    if name == "lexical":
        return LexicalScorer(thresholds)
    if name.startswith("nli:") and name != "nli:":
        from evaluator.support.nli import NliScorer

        return NliScorer(name.removeprefix("nli:"), thresholds)
    if name != "judge":
        raise BadScorer(f"--scorer is {name!r}; write rules, lexical, judge, or nli: and the name or folder of a model")
    if not endpoint or not model:
        raise BadScorer("--scorer judge needs --endpoint URL and --model NAME")
    if calibration is not None:
        calibration_record.check(calibration, calibration_record.shipped_judge(model))
    from evaluator.models.address import checked_key
    from evaluator.models.chat import BlockingChat, Chat
    from evaluator.models.parameters import read_parameters
    from evaluator.support.judge import PARAMETERS, JudgeScorer

    try:
        sent = read_parameters(parameters, PARAMETERS)
    except ValueError as error:
        raise BadScorer(f"--parameter {error}") from None
    chat = BlockingChat(Chat(endpoint, checked_key(os.environ.get(KEY_VARIABLE), KEY_VARIABLE), seconds=timeout))
    return JudgeScorer(chat, model, thresholds, timeout, sent)
