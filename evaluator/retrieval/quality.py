"""How well a run finds the right words: each question's scores, and their estimates over all questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.retrieval.measures import coverage, reciprocal_rank, right_wording, stale, success
from evaluator.retrieval.qrels import AsOfQuestion
from evaluator.retrieval.run import Response
from evaluator.statistics.intervals import Estimate, mean, proportion


@dataclass(frozen=True, slots=True)
class Score:
    """One question's measures; all 0 where it has no answer."""

    id: str
    answered: bool
    abstained: bool
    first: bool
    found: bool
    worded: bool
    coverage: float
    reciprocal_rank: float
    passages: int
    stale: int


@dataclass(frozen=True, slots=True)
class RetrievalQuality:
    """The scores of every question of the file; a missing answer is among them, as zeros."""

    k: int
    scores: tuple[Score, ...]

    def estimates(self) -> dict[str, Estimate]:
        """Each measure over all questions; stale_passages over all passages."""
        scores, k = self.scores, self.k
        n = len(scores)
        return {
            "success@1": proportion(sum(score.first for score in scores), n),
            f"success@{k}": proportion(sum(score.found for score in scores), n),
            f"right_wording@{k}": proportion(sum(score.worded for score in scores), n),
            f"coverage@{k}": mean([score.coverage for score in scores]),
            f"reciprocal_rank@{k}": mean([score.reciprocal_rank for score in scores]),
            "stale_passages": proportion(sum(score.stale for score in scores), self.passages),
            "stale_questions": proportion(sum(score.stale > 0 for score in scores), n),
        }

    @property
    def passages(self) -> int:
        return sum(score.passages for score in self.scores)

    def counts(self) -> dict[str, int]:
        """How many questions, answers and passages there were, and how many of them have a fault."""
        return {
            "questions": len(self.scores),
            "answered": sum(score.answered for score in self.scores),
            "missing": sum(not score.answered for score in self.scores),
            "abstained": sum(score.abstained for score in self.scores),
            "passages": self.passages,
            "stale_passages": sum(score.stale for score in self.scores),
            "stale_questions": sum(score.stale > 0 for score in self.scores),
        }

    def content(self) -> dict[str, Any]:
        """The JSON values: counts, the measures with their intervals, and every question's scores."""
        return {
            "k": self.k,
            **self.counts(),
            "measures": {name: estimate.content() for name, estimate in self.estimates().items()},
            "per_question": [self._score(score) for score in self.scores],
        }

    def _score(self, score: Score) -> dict[str, Any]:
        k = self.k
        return {
            "id": score.id,
            "answered": score.answered,
            "abstained": score.abstained,
            "success@1": score.first,
            f"success@{k}": score.found,
            f"right_wording@{k}": score.worded,
            f"coverage@{k}": score.coverage,
            f"reciprocal_rank@{k}": score.reciprocal_rank,
            "passages": score.passages,
            "stale_passages": score.stale,
        }


def measure(cases: Sequence[AsOfQuestion], responses: Sequence[Response | None], k: int) -> RetrievalQuality:
    """The quality of a run, `responses` in the order of `cases`."""
    return RetrievalQuality(k, tuple(_score(*pair, k) for pair in zip(cases, responses, strict=True)))


def _score(case: AsOfQuestion, response: Response | None, k: int) -> Score:
    evidence = () if response is None else response.evidence
    return Score(
        id=case.id,
        answered=response is not None,
        abstained=response is not None and response.abstained,
        first=success(case, evidence, 1),
        found=success(case, evidence, k),
        worded=right_wording(case, evidence, k),
        coverage=coverage(case, evidence, k),
        reciprocal_rank=reciprocal_rank(case, evidence, k),
        passages=len(evidence),
        stale=stale(case, evidence),
    )
