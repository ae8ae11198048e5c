"""A check: one thing asked of one answer, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["PASS", "FAIL", "UNKNOWN", "ERROR"]
"""UNKNOWN: nobody can tell. ERROR: the check could not be made, as where a judge does not answer. Neither is a pass."""

Stale = Literal["unchanged", "regoverned", "still_supports", "contradicted", "unsure", "nothing_in_force"]
"""A claim whose citation was not in force, and the words in force: they are the same; they are the same under other
headings or governing words; they are reworded and still say it; they say otherwise; nobody can tell; no words like the
cited ones are in force."""

Kind = Literal["format", "preservation", "usefulness", "citation", "decision", "side_effect", "serving"]
"""What a check is about. Each kind is reported apart from the others."""

NO_ANSWER = frozenset({"missing", "no_answer"})
"""The reasons of checks that had nothing to judge: there is no trace, or no answer."""

OTHER_DATE = "other_date"
"""The reason of checks whose trace was asked as of another instant than its case."""

ASKED_OTHERWISE = frozenset(("other_question", "other_facts", OTHER_DATE))
"""The reasons of checks whose trace was asked otherwise than its case says: they tell nothing of the answer."""

VERDICTS: tuple[Verdict, ...] = ("PASS", "FAIL", "UNKNOWN", "ERROR")
GRAVITY: tuple[Verdict, ...] = ("FAIL", "ERROR", "UNKNOWN", "PASS")


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of the check `name` of the answer of trace or row `id`.

    `reason` is a code that never changes, `detail` is a sentence for people. `start` and `end` are the code points of
    the answer that decided, None where the check is about the whole answer. `trial` numbers the answers to one case.
    """

    id: str
    name: str
    kind: Kind
    verdict: Verdict
    reason: str
    detail: str
    start: int | None = None
    end: int | None = None
    trial: int | None = None

    def content(self) -> dict[str, Any]:
        """The JSON values; `trial` is left out where there is only one answer."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values if self.trial is not None else {name: values[name] for name in values if name != "trial"}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of the verdicts; UNKNOWN where there are none, since nothing was shown."""
    return min(verdicts, key=GRAVITY.index, default="UNKNOWN")
