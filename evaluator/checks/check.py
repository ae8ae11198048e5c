"""A check: one thing asked of one answer, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["PASS", "FAIL", "UNKNOWN", "ERROR"]
"""UNKNOWN: it could not be told. ERROR: it could not be asked, as where a judge does not answer. Neither is a pass."""

Stale = Literal["unchanged", "still_supports", "contradicted", "unsure", "nothing_in_force"]
"""What became of a claim whose citation was no longer, or not yet, in force: the words in force are the same; they are
reworded and still say it; they say otherwise; nobody can tell; nothing like them is in force."""

Kind = Literal["format", "preservation", "usefulness", "citation", "decision", "side_effect", "serving"]
"""What a check is about: each is reported apart from the others, since fluency is none of them."""

NO_ANSWER = frozenset({"missing", "no_answer"})
"""The reasons of checks that had nothing to judge: there is no such trace, or no such answer."""

VERDICTS: tuple[Verdict, ...] = ("PASS", "FAIL", "UNKNOWN", "ERROR")
GRAVITY: tuple[Verdict, ...] = ("FAIL", "ERROR", "UNKNOWN", "PASS")


@dataclass(frozen=True, slots=True)
class Check:
    """What came of asking `name` of the answer of trace or row `id`.

    `reason` is a code that stays, `detail` a sentence for people. `start` and `end` say in code points where in the
    answer it was decided, None where it is about the answer as a whole.
    """

    id: str
    name: str
    kind: Kind
    verdict: Verdict
    reason: str
    detail: str
    start: int | None = None
    end: int | None = None

    def content(self) -> dict[str, Any]:
        """The JSON values of a check."""
        return {name: getattr(self, name) for name in self.__slots__}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of the verdicts; UNKNOWN where there are none, since nothing asked is nothing shown."""
    return min(verdicts, key=GRAVITY.index, default="UNKNOWN")
