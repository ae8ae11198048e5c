"""What belongs to each trace: its results in the baseline; and the cases that no trace answers."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from evaluator.checks.checks_file import Checked
from evaluator.errors import UnmatchedAnswer
from evaluator.routing.diagnosis import Before
from evaluator.routing.routing import results_of
from evaluator.traces.case_trace import CaseTrace


def without_a_trace(cases: Iterable[str], checked: Checked, traced: Sequence[CaseTrace], traces: Path) -> list[str]:
    """The ids that no trace has: of cases, and of checks that say there is no answer.

    UnmatchedAnswer where an answer was checked that no trace holds.
    """
    known = {it.id for it in traced} | {it.case for it in traced}
    found = dict.fromkeys(id for id in cases if id not in known)
    for id in (id for id in checked.results if id not in known and id not in found):
        if not checked.results[id].without_an_answer():
            raise UnmatchedAnswer(
                f"{checked.places[id]}: id is {id!r}, which no trace of {traces} has, as id or as case"
            )
        found[id] = None
    return list(found)


def before(now: Sequence[CaseTrace], checked: Checked, earlier: Sequence[CaseTrace]) -> dict[str, Before]:
    """The baseline's results for each trace: those of the same id, or else of a trace that answers the same case."""
    by_id = {it.id: it for it in earlier}
    by_case = {it.case: it for it in reversed(earlier)}
    found = {}
    for traced in now:
        other = by_id.get(traced.id) or by_case.get(traced.case)
        results = results_of([other or traced], checked.results)[(other or traced).id]
        if results.verdicts():
            digest = results.digest or (other.digest if other is not None else None)
            found[traced.id] = Before(results, digest, None if other is None else other.trace)
    return found
