"""What an answer cites: every citation handle in its text, with the quotation directly before it."""

import re
from dataclasses import dataclass

# Wider than a handle's own grammar: `P-7@0#1` or `P-7@3#2a` cites something that cannot exist, and has to count.
# The bound on the id keeps the search linear.
_CITED = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9._-]{0,199}@\d[A-Za-z0-9]*#\d[A-Za-z0-9]*(?:-\d+)?", re.ASCII
)
_OPENING = {'"': '"', "”": "“"}
_BETWEEN = " \t\r\n[(,;:*_`"


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation as the answer writes it; it may name nothing that exists. `quote` is None where there is none."""

    citation: str
    quote: str | None = None


def find_cited(answer: str) -> list[Cited]:
    """Every citation in the text, in order, one for each time it stands there."""
    found, start = [], 0
    for match in _CITED.finditer(answer):
        found.append(Cited(match[0], _quote(answer[start : match.start()])))
        start = match.end()
    return found


def _quote(before: str) -> str | None:
    """The quotation that ends the text, up to brackets, commas and white space within one paragraph."""
    text = before.rstrip(_BETWEEN)
    gap = before[len(text) :]
    if not text or text[-1] not in _OPENING or gap.count("\n") > 1:
        return None
    opens = text.rfind(_OPENING[text[-1]], 0, len(text) - 1)
    quote = text[opens + 1 : -1]
    return quote if opens >= 0 and quote.strip() else None
