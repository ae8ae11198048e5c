"""The words of citations with what governs them, looked up in the ledger of a home."""

from functools import lru_cache
from typing import TYPE_CHECKING

from evaluator.review.material.shown import Shown
from policies.errors import PolicyError
from policies.storage.ledger_store import LedgerStore
from retriever.errors import BadCitation
from retriever.evidence.citations import Handle
from retriever.evidence.governing_words import derived_anew, governing_words

if TYPE_CHECKING:
    from evaluator.review.material.shown import Words
    from policies.calendar import Calendar
    from policies.revision import Revision
    from policies.timeline import Timeline
    from retriever.bootstrap import Asof


def cited_words(asof: "Asof") -> "Words":
    """Gives the words of a citation, or says why they are not at hand."""
    if not LedgerStore.exists(asof.settings.home):
        problem = f"its words are not at hand: {asof.settings.home} holds no ledger; give --home"
        return lambda citation: Shown(None, problem)
    ledger = asof.ledger
    timeline, calendar = ledger.timeline(), ledger.calendar

    @lru_cache(maxsize=10_000)
    def words(citation: str) -> Shown:
        try:
            handle = Handle.parse(citation)
            revision = ledger.revision(handle.version, timeline)
        except (PolicyError, BadCitation) as error:
            return Shown(None, str(error))
        if (text := handle.words(revision)) is None:
            return Shown(None, f"{handle.version} has no passage {handle.last}")
        structure = derived_anew(revision)
        governing = tuple(it.text for it in governing_words(structure, revision, handle.first, handle.last))
        rendered = structure.words(handle.first, handle.last)
        if handle.last > handle.first:
            text = _marker(revision.text, revision.spans[handle.first - 1].start) + text
        return Shown(text, "", governing, rendered, _source(revision, timeline, calendar))

    return words


def _marker(text: str, start: int) -> str:
    """The marker of a list item that begins there, so that the first of several items looks like the others."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return before if before.strip() in ("-", "*", "+") else ""


def _source(revision: "Revision", timeline: "Timeline", calendar: "Calendar") -> str:
    """The title of a policy, the periods in which the revision is in force, and the facts that it applies to."""
    cells = timeline.policies[revision.version.policy_id].top
    periods = sorted(cell.valid for cell in cells if cell.revision == revision.version.number)
    said = [f"in force {calendar.period(it.start, it.end)}" for it in periods]
    facts = [f"{name} {' or '.join(values)}" for name, values in revision.applies_to.items()]
    scope = [f"applies to {', '.join(facts)}"] if facts else []
    return "; ".join([revision.title, *(said or ["in force at no time"]), *scope])
