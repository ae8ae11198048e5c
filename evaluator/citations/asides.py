"""What an answer says besides its claims: headings, greetings, offers of help, lists of sources.

docs/evaluating.md lists each rule with an example.
"""

import re

_SOURCES = re.compile(
    r"[*_\s]*(?:sources?|references?|citations?|evidence|further reading|quellen?)[*_\s]*:?[*_\s]*", re.IGNORECASE
)
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+\S|[ \t]*(?P<mark>\*\*|__)(?=\S)[^\n]{1,80}(?P=mark)[ \t]*:?[ \t]*\Z")
_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day))\b(?: (?:there|all|everyone|[A-Z]\w*))?"
    r"|(?:sure|of course|certainly|absolutely|(?:great|good) question|you(?:'re| are) welcome|thanks|thank you)\b"
    r"(?: (?:for|so) [^.!?]{1,60})?"
    r"|(?:i am |i'm )?(?:happy|glad) to help(?: (?:you|with) [^.!?]{1,60})?)\s*[.!,:]*",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"(?:please |and |so )?(?:let me know\b|feel free\b|(?:don't|do not) hesitate\b|reach out\b|i hope (?:this|that) "
    r"|hope (?:this|that) helps\b|is there anything else\b|can i help\b"
    r"|(?:if you|do you) have (?:any )?(?:more|other|further) questions\b)[^.!?]{0,120}[.!?]*",
    re.IGNORECASE,
)


def lists_sources(line: str) -> bool:
    """Whether a line only says that sources follow: "Sources:"."""
    return _SOURCES.fullmatch(line) is not None


def is_heading(line: str) -> bool:
    """Whether a line is a heading: with marks of Markdown, or all of it bold."""
    return _HEADING.match(line) is not None


def is_courtesy(sentence: str) -> bool:
    """Whether a sentence only greets or offers help."""
    return _GREETING.fullmatch(sentence) is not None or _OFFER.fullmatch(sentence) is not None
