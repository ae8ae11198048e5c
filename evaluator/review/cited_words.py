"""The words of citations with what governs them, looked up in the ledger of a home."""

from typing import TYPE_CHECKING

from evaluator.review.page import Shown
from policies.errors import PolicyError
from policies.ledger_store import LedgerStore
from retriever.errors import BadCitation
from retriever.evidence.citations import Handle
from retriever.evidence.governing_words import derived_anew, governing_words

if TYPE_CHECKING:
    from evaluator.review.page import Words
    from retriever.bootstrap import Asof


def cited_words(asof: "Asof") -> "Words":
    """Gives the words of a citation, or says why they are not at hand."""
    if not LedgerStore.exists(asof.settings.home):
        problem = f"its words are not at hand: {asof.settings.home} holds no ledger; give --home"
        return lambda citation: Shown(None, problem)
    ledger = asof.ledger
    timeline = ledger.timeline()

    def words(citation: str) -> Shown:
        try:
            handle = Handle.parse(citation)
            revision = ledger.revision(handle.version, timeline)
        except (PolicyError, BadCitation) as error:
            return Shown(None, str(error))
        if (text := handle.words(revision)) is None:
            return Shown(None, f"{handle.version} has no passage {handle.last}")
        structure = derived_anew(revision)
        governing = governing_words(structure, revision, handle.first, handle.last)
        return Shown(text, "", tuple(it.text for it in governing), structure.words(handle.first, handle.last))

    return words
