"""The words of citations, looked up in the ledger of a home."""

from typing import TYPE_CHECKING

from policies.errors import PolicyError
from policies.ledger_store import LedgerStore
from retriever.errors import BadCitation
from retriever.evidence.citations import Handle

if TYPE_CHECKING:
    from evaluator.review.page import Words
    from retriever.bootstrap import Asof


def cited_words(asof: "Asof") -> "Words":
    """Gives the words of a citation, or None and why they are not at hand."""
    if not LedgerStore.exists(asof.settings.home):
        return lambda citation: (None, f"its words are not at hand: {asof.settings.home} holds no ledger; give --home")
    ledger = asof.ledger
    timeline = ledger.timeline()

    def words(citation: str) -> tuple[str | None, str]:
        try:
            handle = Handle.parse(citation)
            revision = ledger.revision(handle.version, timeline)
        except (PolicyError, BadCitation) as error:
            return None, str(error)
        text = handle.words(revision)
        return (text, "") if text is not None else (None, f"{handle.version} has no passage {handle.last}")

    return words
