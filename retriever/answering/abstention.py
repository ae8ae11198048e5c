"""Whether anything in force answers a question at all: thresholds on each leg's own score, never on fused ones.

Fused scores are stretched to the range of the eligible passages. So the best passage looks good, even if it is bad.

The dense leg's own score is the largest inner product. The lexical leg's own score is the *coverage*: the largest share
of the question's terms that one passage holds. A term weighs more the rarer it is among the eligible passages. Words of
other subjects, and names that no policy knows, are the rarest of all.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from retriever.asking.eligible import Nothing

MANY = 64
"""From so many eligible passages on, the whole dense threshold counts."""

OF_ONE = 0.25
"""The share of the dense threshold that counts where one passage is eligible; between, it grows with the logarithm of
their number, as the largest of so many products does by chance. `scripts/bench quality` shows what it costs."""


def share(passages: int) -> float:
    """The share of the dense threshold that counts among so many eligible passages."""
    return OF_ONE + (1 - OF_ONE) * min(1.0, math.log(max(1, passages)) / math.log(MANY))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A question is not answered if both legs stay below their thresholds. If a threshold is 0, all are answered.

    `dense` is the one for `MANY` eligible passages.
    """

    dense: float
    coverage: float

    def below(self, dense: float, coverage: Callable[[], float], passages: int = MANY) -> Nothing | None:
        """Why a question with these best scores is not answered; None if it is. `coverage` is called only if needed.

        `passages` is how many are eligible.
        """
        wanted = self.dense * share(passages)
        if not (self.dense and self.coverage) or dense >= wanted or (best := coverage()) >= self.coverage:
            return None
        return Nothing(
            "below_threshold",
            f"No passage in force is near the question: the nearest has a similarity of {dense:.2f} (wanted: "
            f"{wanted:.2f}), and none holds more than {best:.0%} of its terms by weight (wanted: "
            f"{self.coverage:.0%})",
        )

    def __str__(self) -> str:
        return f"abstain-{self.dense}-{self.coverage}-{OF_ONE}-{MANY}"


DEFAULT_THRESHOLDS = Thresholds(0.30, 0.40)
"""These are low. They refuse questions about other subjects, and they keep 98% of the right answers to paraphrased
questions (`scripts/bench quality`). `asof-eval abstention` finds the thresholds for your own policies and questions."""

NEVER_ABSTAINS = Thresholds(0.0, 0.0)
"""Every question is answered from whatever is in force."""
