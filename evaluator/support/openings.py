"""How an answer opens a sentence without saying anything: "Yes,", "According to the policy,", "The policy states that".

What stands behind it is the claim. An opening that names something ("According to section 4.2", "The seller says that")
says something, and is left where it is.
"""

import re

_THE = r"(?:the|our|your|this|these|its|company|current|applicable|relevant|cited|given|provided|above|following)"
_SOURCE = (
    r"(?:(?:returns?|refunds?|company|shipping|privacy|travel|expense|warranty|provided|given|cited|available|quoted)\s+)?"
    r"(?:policy|policies|evidence|passages?|documents?|documentation|rules?|terms(?:\s+and\s+conditions)?|terms\s+of\s+"
    r"service|text|information|excerpts?|sources?|handbook|agreement|guidelines?|context|policy\s+(?:text|evidence|documents?))"
    r"(?:\s+(?:provided|given|above|quoted|cited|in\s+force|shown))?"
)
_SAYS = r"(?:says?|states?|provides?|specif(?:y|ies)|explains?|notes?|indicates?|confirms?|mentions?|reads?|tells\s+us)"
_OPENINGS = (
    r"(?:yes|no|sure|certainly|of\s+course|absolutely|correct|right|indeed|unfortunately|fortunately|sorry|good\s+news"
    r"|in\s+short|in\s+summary|to\s+summari[sz]e|to\s+answer\s+your\s+question|great\s+question)\s*[,.:;!–—-]+\s*",
    rf"(?:according\s+to|based\s+on|as\s+per|per|in\s+line\s+with|in\s+accordance\s+with|under)\s+(?:{_THE}\s+)+{_SOURCE}\s*[,:]\s*",
    rf"(?:as\s+(?:stated|described|noted|set\s+out|specified|explained)\s+in\s+(?:{_THE}\s+)+{_SOURCE})\s*[,:]\s*",
    rf"(?:{_THE}\s+)+{_SOURCE}\s+(?:also\s+|clearly\s+|explicitly\s+)?{_SAYS}\s+that\s+",
    rf"it\s+is\s+(?:stated|specified|noted)\s+in\s+(?:{_THE}\s+)+{_SOURCE}\s+that\s+",
)
_OPENING = re.compile(rf"\s*(?:{'|'.join(_OPENINGS)})(?=\S)", re.IGNORECASE)
_CLOSING = re.compile(
    rf",?\s+(?:according\s+to|as\s+(?:stated|described|noted|set\s+out|specified|explained)\s+in|as\s+per)\s+"
    rf"(?:{_THE}\s+)+{_SOURCE}\s*(?=[.!]?\s*\Z)",
    re.IGNORECASE,
)

MOST = 3
"""So many openings in a row are taken off: "Yes, according to the policy, ..."."""


def claimed(sentence: str) -> tuple[str, int]:
    """What a sentence claims, without how it opens and closes, and how many characters stand before it."""
    start = 0
    for _ in range(MOST):
        found = _OPENING.match(sentence, start)
        if found is None or len(sentence[found.end() :].split()) < 2:
            break
        start = found.end()
    said = sentence[start:]
    closing = _CLOSING.search(said)
    if closing is not None and len(said[: closing.start()].split()) >= 2:
        said = said[: closing.start()] + said[closing.end() :]
    if start:
        said = said[:1].upper() + said[1:]
    return said, start
