"""What an answer cites: every citation in its text, with the quotation directly before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from retriever.errors import BadCitation
from retriever.evidence.citations import Handle

# Wider than a handle's own grammar: `P-7@0#1` or `P-7@3#2a` cites something that cannot exist, and has to be counted.
# The bound on the id keeps the search linear.
_HANDLE = r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9._-]{0,199}@\d[A-Za-z0-9]*#\d[A-Za-z0-9]*(?:-\d+)?"
# A number in brackets is the place of a piece of evidence. A link, or the definition of a link, is no citation.
_NUMBERS = r"\[(?P<numbers>\d{1,2}(?:[ \t]*[,;][ \t]*\d{1,2})*)\](?![(:])"
_CITED = re.compile(f"(?P<handle>{_HANDLE})|{_NUMBERS}", re.ASCII)
_NUMBER = re.compile(r"\d+")
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

    @property
    def handle(self) -> Handle | None:
        """The handle that it names; None where no handle is written that way."""
        try:
            return Handle.parse(self.citation)
        except BadCitation:
            return None


def find_cited(answer: str, evidence: Sequence[str] | None = None) -> list[Cited]:
    """Every citation in the text, in order, one for each time it stands there.

    A number in brackets, `[2]`, cites the second piece of `evidence`, which holds the citations of the pieces. Where
    there is no such piece, the citation is `[2]`, which names nothing. Without evidence numbers are not looked for.
    """
    found, start = [], 0
    for match in _CITED.finditer(answer):
        if match["handle"]:
            named = [(match["handle"], match.start(), match.end())]
        elif evidence is not None:
            at = match.start("numbers")
            named = [
                (_numbered(int(number[0]), evidence), at + number.start(), at + number.end())
                for number in _NUMBER.finditer(match["numbers"])
            ]
        else:
            continue
        quote = _quote(answer[start : match.start()])
        for place, (citation, first, last) in enumerate(named):
            found.append(Cited(citation, None if place else quote, first, last))
        start = match.end()
    return found


def _numbered(number: int, evidence: Sequence[str]) -> str:
    return evidence[number - 1] if 1 <= number <= len(evidence) else f"[{number}]"


def _quote(before: str) -> str | None:
    """The quotation at the end of the text; only brackets, commas and white space of its paragraph may follow it."""
    text = before.rstrip(_BETWEEN)
    gap = before[len(text) :]
    if not text or text[-1] not in _OPENING or gap.count("\n") > 1:
        return None
    opens = text.rfind(_OPENING[text[-1]], 0, len(text) - 1)
    quote = text[opens + 1 : -1].rstrip(".,")  # some writers put these inside the quotation marks in any case
    return quote if opens >= 0 and quote.strip() else None
