"""The scorers by the names that the command takes."""

import os

import typer

from evaluator.support import LexicalScorer, Scorer, Thresholds

KEY_VARIABLE = "ASOF_JUDGE_KEY"


def scorer_of(name: str, thresholds: Thresholds, endpoint: str | None, model: str | None, timeout: float) -> Scorer:
    """The scorer called lexical, nli:MODEL or judge; BadParameter says what is missing."""
    if name == "lexical":
        return LexicalScorer(thresholds)
    if name.startswith("nli:") and name != "nli:":
        from evaluator.nli import NliScorer

        return NliScorer(name.removeprefix("nli:"), thresholds)
    if name != "judge":
        raise typer.BadParameter(
            f"--scorer is {name!r}; write lexical, judge, or nli: and the name or folder of a model"
        )
    if not endpoint or not model:
        raise typer.BadParameter("--scorer judge needs --endpoint URL and --model NAME")
    import httpx

    from evaluator.chat_completions import authorization
    from evaluator.judge import JudgeScorer

    client = httpx.Client(headers=authorization(os.environ.get(KEY_VARIABLE), KEY_VARIABLE))
    return JudgeScorer(client, endpoint, model, thresholds, timeout)
