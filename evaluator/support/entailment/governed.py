"""Governed evidence as sentences: a lead-in completes its item, a row is read by its columns, a heading frames.

"Parking fines | No" under "Expense | Reimbursed?" becomes "Parking fines are not reimbursed."
"""

import re
from collections.abc import Iterator, Sequence

_MARK = re.compile(r"^\s*(?:[-*+•‣▪]|\(?(?:\d{1,3}|[a-z]{1,4})[.)])\s+", re.IGNORECASE)
_HEADING = re.compile(
    r"^\s*(?:#{1,6}\s+|(?:(?:section|part|chapter)\s+)?\d+(?:\.\d+)*[.)]?\s+(?=[A-Z]))+", re.IGNORECASE
)
_IS_HEADING = re.compile(r"^\s*#{1,6}\s")
_RULE = re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|?)+\s*$")
_FOLLOWING = re.compile(
    r"\b(?:(?:any|all|one)\s+of\s+)?(?:the\s+following|these|those)(?:\s+(?P<noun>[a-z-]{3,}s)\b(?!\s+of\b))?",
    re.IGNORECASE,
)
_ENDING = re.compile(r"(?:[;,]\s*(?:and|or)?|\s+(?:and|or))\s*$", re.IGNORECASE)
_DO_WHAT = re.compile(r"^(?:what|which|things?(?:\s+that)?|items?(?:\s+that)?)\s+(?P<rest>.*)$", re.IGNORECASE)
_YES = re.compile(r"^(?:yes|✓|✔|x)\W*$", re.IGNORECASE)
_NO = re.compile(r"^(?:no|none|not|never|n/a|✗|✘|-|–|—)\W*$", re.IGNORECASE)
_VERB_FIRST = re.compile(r"(?P<verb>can|may|must|is|are|will|should)\b\s*", re.IGNORECASE)
_UNIT_AFTER = re.compile(r"\s*\((?P<unit>[^()]{1,30})\)\s*$")
_DENIES = re.compile(
    r"\b(?:never|not|no|nor|without|except\w*|exclu\w+|prohibit\w+|forbid\w+|optional|exempt\w*|un\w{4,}|what|which)\b",
    re.IGNORECASE,
)
_TURNS = re.compile(
    r"\b(?:never|not|no|nor|cannot|except\w*|exclu\w+|prohibit\w*|forbid\w*|optional|exempt\w*)\b", re.IGNORECASE
)
_LAID_OUT = re.compile(r"^\s*(?:[-*+•]\s|\||#{1,6}\s|\(?(?:\d{1,3}|[a-z])[.)]\s)", re.MULTILINE)
_FALSE = re.compile(r"\b(?:misconceptions?|myths?|misunderstandings?|fallac(?:y|ies)|rumou?rs?)\b", re.IGNORECASE)
_GONE = re.compile(
    r"\b(?:repealed|superseded|previous|former|old|withdrawn|until\s+\d{4}|drafts?|proposed|proposals?)\b",
    re.IGNORECASE,
)


def governed_sentences(text: str, context: Sequence[str]) -> list[str]:
    """The readings of a piece of evidence under its context, each as sentences of their own."""
    lines = [line.strip() for part in context for line in part.splitlines() if line.strip()]
    header = [line for line in lines if line.startswith("|") and not _RULE.match(line)]
    words = [line for line in lines if not line.startswith("|")]
    headings = [_HEADING.sub("", line).strip() for line in words if _IS_HEADING.match(line)]
    leads = [_MARK.sub("", line) for line in words if not _IS_HEADING.match(line)]
    if text.strip().startswith("|") and not _RULE.match(text.strip()):
        said = list(_row(text, header[-1] if header else ""))
        cells = [cell for cell in _cells(text) if cell]
        if leads and cells:
            said.append(_completed(leads[-1], cells[0]))
    else:
        said = [_MARK.sub("", _plain(text))]
        for lead in reversed(leads):
            said = [_completed(lead, item) for item in said]
    for heading in reversed(headings):
        if _FALSE.search(heading):
            said = [f"It is a misconception that {_lower(item)}" for item in said[:1]]
        elif _GONE.search(heading):
            said = [f"Previously, {_lower(item)}" for item in said[:1]]
        elif not leads:
            said = [
                under
                for item in said
                for under in ((*_under(heading, item), item) if not _DENIES.search(heading) else _under(heading, item))
            ]
    return said


def pieces(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """The paragraphs, items and rows of a text, each with the heading, the lead-in and the header above it."""
    if not _LAID_OUT.search(text):
        return [(text, ())]
    found: list[tuple[str, tuple[str, ...]]] = []
    heading: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    paragraph: list[str] = []
    for line in (*text.splitlines(), ""):
        bare = line.strip()
        if bare and not _MARK.match(line) and not bare.startswith("|") and not _IS_HEADING.match(line):
            if line[:1].isspace() and not paragraph and found and found[-1][1][len(heading) :] == lead:
                found[-1] = (f"{found[-1][0]} {bare}", found[-1][1])  # an item goes on
            else:
                paragraph.append(bare)
            continue
        if paragraph:
            said, paragraph, header = " ".join(paragraph), [], ()
            lead = (said,) if said.endswith(":") else ()
            if not lead:
                found.append((said, heading))
        if _IS_HEADING.match(line):
            heading, lead, header = (bare,), (), ()
        elif bare.startswith("|") and not header:
            header = (bare,)
        elif bare.startswith("|") and not _RULE.match(bare):
            found.append((bare, (*heading, *lead, *header)))
        elif bare and not bare.startswith("|"):
            found.append((bare, (*heading, *lead)))
            if bare.endswith(":"):
                lead = (*lead, bare)
    return found


def turning(context: Sequence[str]) -> bool:
    """Whether words that govern a sentence may turn it: what denies, a myth, what is no longer so."""
    return any(_TURNS.search(part) or _FALSE.search(part) or _GONE.search(part) for part in context)


def _plain(text: str) -> str:
    return " ".join(_ENDING.sub("", text.strip().rstrip(";,")).split())


def _completed(lead: str, item: str) -> str:
    """A lead-in and its item as one sentence."""
    lead, item = " ".join(lead.split()), _plain(item)
    bare = lead.rstrip(" :;–—-")
    closed = lead.endswith(".")
    match = _FOLLOWING.search(bare)
    if match and not closed:
        before, after = bare[: match.start()], bare[match.end() :]
        start = item if before.strip() else item[:1].upper() + item[1:]
        return f"{before}{start.rstrip('.')}{after}."
    if lead.endswith((":", "–", "—", "-")) or not closed:
        return f"{bare} {_lower(item).rstrip('.')}."
    return f"{lead} {item}"


def _lower(item: str) -> str:
    return item if item[1:2].isupper() or item[:2] in ("I ", "I'") else item[:1].lower() + item[1:]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _row(line: str, header: str) -> Iterator[str]:
    """What a row says of its first cell, column by column."""
    cells, names = _cells(line), _cells(header) if header else []
    if not cells:
        return
    key, kind = cells[0], names[0] if names else ""
    subject = _subject(key, kind)
    for cell, name in zip(cells[1:], [*names[1:], *[""] * len(cells)], strict=False):
        if not cell:
            continue
        unit = _UNIT_AFTER.search(name)
        bare = _UNIT_AFTER.sub("", name).strip().rstrip("?").strip()
        what = f"{cell} {unit['unit']}" if unit and cell.replace(",", "").replace(".", "").isdigit() else cell
        is_or_are = "are" if key.endswith("s") and not key.endswith("ss") else "is"
        word = bare.split(" ")[-1].lower() if bare else ""
        if (_YES.match(cell) or _NO.match(cell)) and (verb := _VERB_FIRST.match(bare)):
            yield f"{subject} {verb['verb'].lower()} {'not ' if _NO.match(cell) else ''}{bare[verb.end() :].strip()}."
        elif (_YES.match(cell) or _NO.match(cell)) and word.endswith(("ed", "able", "ible", "en", "t", "d")):
            yield f"{subject} {is_or_are} {'not ' if _NO.match(cell) else ''}{bare.lower()}."
        elif _NO.match(cell) and bare:
            yield f"There is no {bare.lower()} for {_lower(subject)}. {subject} has no {bare.lower()}."
        elif bare:
            yield f"The {bare[:1].lower() + bare[1:]} of {_lower(subject)} is {what}."
        else:
            yield f"{subject}: {what}."


def _subject(key: str, kind: str) -> str:
    """The first cell as what it is about: "Grade C" from "C" under "Grade", "household size 3" from "3"."""
    if kind and (len(key) <= 3 or key.replace(",", "").isdigit() or not key[:1].isalpha()):
        return f"{kind} {key}"
    return f"{key} {kind.lower()}" if kind and len(key.split()) == 1 and key.lower() != kind.lower() else key


def _under(heading: str, item: str) -> Iterator[str]:
    """What an item says under a heading: one of what the heading names."""
    bare = heading.rstrip(" :.?")
    what = _DO_WHAT.match(bare)
    body = _lower(item).rstrip(".")
    if what:
        yield f"{what['rest'][:1].upper() + what['rest'][1:]}: {body}."
        return
    relative = re.match(r"^(?P<noun>.+?)\s+(?:that|which|who)\s+(?P<rest>.+)$", bare)
    if relative:
        yield f"{relative['rest'][:1].upper() + relative['rest'][1:]} {body}."
    if item.rstrip().endswith(".") and len(item.split()) > 4:
        yield f"For {bare[:1].lower() + bare[1:]}, {_lower(item)}"
    yield f"{item.rstrip('.')} is one of the {bare[:1].lower() + bare[1:]}."
