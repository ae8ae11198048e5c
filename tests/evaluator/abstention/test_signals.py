from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluator.abstention.signals import read_signals
from evaluator.errors import BadFile
from retriever.answering.abstention import Thresholds
from retriever.bootstrap import Asof
from retriever.config import Settings
from tests.evaluator.homes import THIRTY, published

Written = Callable[..., Path]
Made = Callable[..., dict[str, Any]]


@contextmanager
def silent(count: int) -> Iterator[Callable[[int], None]]:
    yield lambda done: None


@pytest.fixture
def asof(tmp_path: Path) -> Asof:
    """A home whose thresholds turn every question away, asked once already."""
    settings = replace(Settings.from_environment(published(tmp_path / "home")), thresholds=Thresholds(1.0, 1.0))
    opened = Asof(settings)
    assert opened.retrieve(query="Are lamps repaired?", k=1).content()["abstained"]["reason"] == "below_threshold"
    return opened


def test_thresholds_of_an_opened_home_turn_no_question_away(asof: Asof, written: Written, question: Made) -> None:
    answerable = written("q.jsonl", question(revision=1, gold_text=THIRTY, query="Are broken articles accepted?"))
    unanswerable = written("n.jsonl", {"query": "Are lamps repaired?"}, {"query": "Who sings?"})
    found = read_signals(asof, answerable, unanswerable, 1, silent)
    assert [(signal.hit, signal.group) for signal in found] == [
        (True, "P-7"),
        (None, "unanswerable 0"),
        (None, "unanswerable 1"),
    ]
    assert found[0].dense > found[2].dense


def test_files_that_leave_nothing_to_choose_are_refused(asof: Asof, written: Written, question: Made) -> None:
    right, wrong = question(revision=1, gold_text=THIRTY), question(revision=1, policy_id="P-9")
    early = written("early.jsonl", {"query": "Who sings?", "as_of": "2020-01-01"})
    with pytest.raises(BadFile, match=r"early\.jsonl holds no question to which anything is eligible"):
        read_signals(asof, written("q.jsonl", right), early, 1, silent)
    late = written("late.jsonl", {"query": "Who sings?"})
    with pytest.raises(BadFile, match=r"No question of .*q\.jsonl is answered rightly"):
        read_signals(asof, written("q.jsonl", wrong), late, 1, silent)
