"""What belongs to which trace: the cases that none answers, and what a baseline made of each."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from evaluator.checks.checks_file import Checked
from evaluator.errors import UnmatchedAnswer
from evaluator.routing.diagnosis import Before
from evaluator.routing.routing import results_of
from evaluator.traces.case_trace import CaseTrace


def without_a_trace(cases: Iterable[str], checked: Checked, traced: Sequence[CaseTrace], traces: Path) -> list[str]:
    """The ids of cases, and of what was checked as having no answer, that no trace has.

    UnmatchedAnswer where an answer was checked of which there is no trace.
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
    """What the baseline made of each trace: of the one with its id, else of one that answers the same case."""
    by_id, by_case = {it.id: it for it in earlier}, {it.case: it for it in earlier}
    found = {}
    for traced in now:
        other = by_id.get(traced.id) or by_case.get(traced.case)
        results = results_of([other or traced], checked.results)[(other or traced).id]
        if results.verdicts():
            found[traced.id] = Before(results, results.digest or (other.digest if other is not None else None))
    return found
