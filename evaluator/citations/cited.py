"""What an answer cites: every citation in its text, with the quotation directly before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from retriever.citation_forms import citation_forms
from retriever.errors import BadCitation
from retriever.evidence.citations import Handle

_OPENING = {'"': '"', "”": "“", "»": "«", "“": "„"}
_BETWEEN = " \t\r\n[(,;:*_`"


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation as the answer writes it, at code points `start` to `end`; what it names may not exist.

    `quote` is None where there is none.
    """

    citation: str
    quote: str | None = None
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    outer: tuple[int, int] = field(default=(0, 0), compare=False)
    """Where all that belongs to it begins and ends: its brackets, the target of its link, the whole list."""

    @property
    def handle(self) -> Handle | None:
        """The handle that it names; None where no handle is written that way."""
        try:
            return Handle.parse(self.citation)
        except BadCitation:
            return None


def find_cited(answer: str, evidence: Sequence[str] | None = None) -> list[Cited]:
    """Every citation in the text, in order, one for each time it stands there.

    `retriever.citation_forms` says in which forms. A number, `[2]`, cites the second piece of `evidence`,
    which holds the citations of the pieces. Where there is no such piece, the citation is `[2]`, which names nothing.
    """
    found: list[Cited] = []
    start = 0
    outer: tuple[int, int] | None = None
    for form in citation_forms(answer, evidence):
        first = form.outer != outer
        quote = _quote(answer[start : form.outer[0]]) if first else None
        found.append(Cited(form.citation, quote, form.start, form.end, form.outer))
        outer, start = form.outer, max(start, form.outer[1])
    return found


def _quote(before: str) -> str | None:
    """The quotation at the end of the text; only brackets, commas and white space of its paragraph may follow it."""
    text = before.rstrip(_BETWEEN)
    gap = before[len(text) :]
    if not text or text[-1] not in _OPENING or gap.count("\n") > 1:
        return None
    opens = text.rfind(_OPENING[text[-1]], 0, len(text) - 1)
    quote = text[opens + 1 : -1].rstrip(".,")  # some writers put these inside the quotation marks in any case
    return quote if opens >= 0 and quote.strip() else None
