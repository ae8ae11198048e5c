from pathlib import Path

import pytest

from evaluator.errors import BadScorer
from evaluator.support.lexical.score import Thresholds
from evaluator.support.scorers import scorer_of


@pytest.mark.parametrize(
    ("name", "calibration", "said"),
    [
        ("magic", None, "--scorer is 'magic'; write rules, lexical, judge, or nli: and the name or folder of a model"),
        ("nli:", None, "--scorer is 'nli:'"),
        ("judge", None, "--scorer judge needs --endpoint URL and --model NAME"),
        ("lexical", Path("r.json"), "--calibration is the record of a judge"),
    ],
)
def test_a_scorer_that_is_unknown_or_lacks_something_is_refused(name: str, calibration: Path | None, said: str) -> None:
    with pytest.raises(BadScorer, match=said):
        scorer_of(name, Thresholds(0.5, 0.3), None, None, 30.0, calibration)
