"""The scores that decide about answering, in one home: of questions that a policy answers, and of others."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.abstention.thresholds import Signal
from evaluator.errors import BadFile
from evaluator.retrieval.asked import asked
from evaluator.retrieval.measures import success
from evaluator.retrieval.qrels import AsOfQuestion, read_as_of_questions
from retriever.answering.abstention import NEVER_ABSTAINS
from retriever.asking.query import Query
from retriever.asking.questions_file import read_questions

if TYPE_CHECKING:
    from indexer.encoding.embedding import Progress
    from retriever.bootstrap import Asof

Steps = Callable[[int], "AbstractContextManager[Progress]"]
"""Given the number of steps, a context that is told of each step."""


def read_signals(asof: "Asof", answerable: Path, unanswerable: Path, k: int, steps: Steps) -> list[Signal]:
    """The signals of both files; BadFile where no thresholds can be chosen by one of them."""
    cases, others = read_as_of_questions(answerable), [query for _, query in read_questions(unanswerable, {})]
    found = signals(asof, cases, others, k, steps)
    if not any(signal.hit is None for signal in found):
        raise BadFile(f"{unanswerable} holds no question to which anything is eligible; give some to be turned away")
    if not any(signal.hit for signal in found):
        raise BadFile(f"No question of {answerable} is answered rightly: there is nothing that thresholds could lose")
    return found


def signals(asof: "Asof", cases: Sequence[AsOfQuestion], others: Sequence[Query], k: int, steps: Steps) -> list[Signal]:
    """A signal for each question to which any passage is eligible, whatever thresholds the home is set to."""
    retriever = asof.with_settings(thresholds=NEVER_ABSTAINS).retriever
    found = []
    with steps(len(cases)) as advance:
        for case, response in zip(cases, asked(retriever, cases, k, advance), strict=True):
            if scores := retriever.signals(Query(case.query, case.as_of)):
                found.append(Signal(*scores, success(case, response.evidence, k), case.policy_id))
    with steps(len(others)) as advance:
        for number, query in enumerate(others):
            if scores := retriever.signals(query):
                found.append(Signal(*scores, None, f"unanswerable {number}"))
            advance(1)
    return found
