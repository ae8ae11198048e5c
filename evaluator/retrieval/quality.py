"""How well a run finds the right words: each question's scores, and their estimates over all questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.retrieval.measures import coverage, reciprocal_rank, right_wording, stale, success
from evaluator.retrieval.qrels import AsOfQuestion
from evaluator.retrieval.run import Response
from evaluator.statistics.intervals import Estimate, mean, proportion


@dataclass(frozen=True, slots=True)
class RetrievalQuality:
    """The measures of every question of the file, by their names; a missing answer is among them, as zeros."""

    k: int
    scores: tuple[Mapping[str, Any], ...]

    def estimates(self) -> dict[str, Estimate]:
        """Each measure over all questions; stale_passages over all passages."""
        counts, n = self.counts(), len(self.scores)
        shares = ("success@1", f"success@{self.k}", f"right_wording@{self.k}")
        means = (f"coverage@{self.k}", f"reciprocal_rank@{self.k}")
        return {
            **{name: proportion(self._sum(name), n) for name in shares},
            **{name: mean([score[name] for score in self.scores]) for name in means},
            "stale_passages": proportion(counts["stale_passages"], counts["passages"]),
            "stale_questions": proportion(counts["stale_questions"], n),
        }

    def counts(self) -> dict[str, int]:
        """How many questions, answers and passages there were, and how many of them have a fault."""
        return {
            "questions": len(self.scores),
            "answered": self._sum("answered"),
            "missing": len(self.scores) - self._sum("answered"),
            "abstained": self._sum("abstained"),
            "passages": self._sum("passages"),
            "stale_passages": self._sum("stale_passages"),
            "stale_questions": sum(score["stale_passages"] > 0 for score in self.scores),
        }

    def content(self) -> dict[str, Any]:
        """The JSON values: counts, the measures with their intervals, and every question's scores."""
        return {
            "k": self.k,
            **self.counts(),
            "measures": {name: estimate.content() for name, estimate in self.estimates().items()},
            "per_question": self.scores,
        }

    def _sum(self, name: str) -> int:
        return sum(score[name] for score in self.scores)


def measure(cases: Sequence[AsOfQuestion], responses: Sequence[Response | None], k: int) -> RetrievalQuality:
    """The quality of a run, `responses` in the order of `cases`."""
    return RetrievalQuality(k, tuple(_score(*pair, k) for pair in zip(cases, responses, strict=True)))


def _score(case: AsOfQuestion, response: Response | None, k: int) -> dict[str, Any]:
    evidence = () if response is None else response.evidence
    return {
        "id": case.id,
        "answered": response is not None,
        "abstained": response is not None and response.abstained,
        "success@1": success(case, evidence, 1),
        f"success@{k}": success(case, evidence, k),
        f"right_wording@{k}": right_wording(case, evidence, k),
        f"coverage@{k}": coverage(case, evidence, k),
        f"reciprocal_rank@{k}": reciprocal_rank(case, evidence, k),
        "passages": len(evidence),
        "stale_passages": stale(case, evidence),
    }
