"""Whether anything in force answers a question at all: thresholds on each leg's own score, never on fused ones.

Fused scores are stretched to the range of the eligible passages. So the best passage looks good, even if it is bad.

The dense leg's own score is the largest inner product. The lexical leg's own score is the *coverage*: the largest share
of the question's terms that one passage holds. A term weighs more the rarer it is among the eligible passages. Words of
other subjects, and names that no policy knows, are the rarest of all.
"""

from collections.abc import Callable
from dataclasses import dataclass

from retriever.asking.eligible import Nothing


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A question is not answered if both legs stay below their thresholds. If a threshold is 0, all are answered."""

    dense: float
    coverage: float

    def below(self, dense: float, coverage: Callable[[], float]) -> Nothing | None:
        """Why a question with these best scores is not answered; None if it is. `coverage` is called only if needed."""
        if not (self.dense and self.coverage) or dense >= self.dense or (best := coverage()) >= self.coverage:
            return None
        return Nothing(
            "below_threshold",
            f"No passage in force is near the question: the nearest has a similarity of {dense:.2f} (wanted: "
            f"{self.dense:.2f}), and none holds more than {best:.0%} of its terms by weight (wanted: "
            f"{self.coverage:.0%})",
        )

    def __str__(self) -> str:
        return f"abstain-{self.dense}-{self.coverage}"


DEFAULT_THRESHOLDS = Thresholds(0.30, 0.40)
"""These are low. They refuse questions about other subjects, and they keep 98% of the right answers to paraphrased
questions (`scripts/bench quality`). `asof-eval abstention` finds the thresholds for your own policies and questions."""

NEVER_ABSTAINS = Thresholds(0.0, 0.0)
"""Every question is answered from whatever is in force."""
