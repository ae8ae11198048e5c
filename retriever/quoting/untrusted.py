"""Untrusted text: the words of authors and callers, shown as they are and never obeyed.

Two sets of characters, both shown as escapes (`\\x1b`, `\\u202e`, `\\U000e0041`) where they could do harm:

- `CONTROL` can change a terminal, reorder text, or write text that nobody sees. It holds control characters except
  tab and line feed, line separators, direction marks, tag characters and lone surrogates.
- `HIDDEN` also holds characters without width or without meaning: joiners, fillers, soft hyphens, and variation
  selectors except the two of emoji. Persian, Hindi and emoji need some of them, so running text keeps them.
"""

import re

CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)

_MARKUP = re.compile(f"[<>&]|{HIDDEN.pattern}")


def inert(text: str) -> str:
    """The text with the characters of `CONTROL` as escapes, so that no terminal obeys them."""
    return CONTROL.sub(_shown, text)


def one_line(text: str) -> str:
    """The text on one line, with hidden characters shown. Line ends and runs of white space become one space."""
    return HIDDEN.sub(_shown, " ".join(text.split()))


def inert_json(text: str) -> str:
    """The same JSON, with the characters of `CONTROL` as escapes."""
    return CONTROL.sub(_json_escape, text)


def embeddable_json(text: str) -> str:
    """The same JSON, with hidden characters and `<`, `>`, `&` as escapes. So it cannot close a tag around it."""
    return _MARKUP.sub(_json_escape, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
