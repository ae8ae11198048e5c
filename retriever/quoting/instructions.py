"""Instructions: text in a passage that tells its reader what to do, found by a fixed list of named patterns.

A flag removes nothing: the passage is still evidence, and its reader is told to treat it as quoted. The list knows
English only, and a passage without a flag can still hold an instruction. The list sees through case, compatibility
forms and accents, Cyrillic and Greek letters that look Latin, HTML entities, Markdown emphasis, line breaks,
characters without width and terminal escape sequences. It does not see through paraphrase, encodings, or an instruction
in several passages.

The usual words of policies give no flag: "you must not", "follow the instructions of the carrier", "ignore requests
from", "system requirements:".
"""

import html
import logging
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from policies.normal_form import normalised
from retriever.governed_words import texts_of
from retriever.quoting.instruction_patterns import PATTERNS, View
from retriever.quoting.untrusted import HIDDEN

_LOOK_ALIKES = str.maketrans("аеорсухіјѕһԁкмтгοανρτικεγυϲ", "aeopcyxijshdkmtroavptikeyuc")
_ESCAPE_SEQUENCES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,40}[ -/]{0,4}[@-~]|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]{0,200}(?:\x07|\x1b\\\\|\x9c)"
)
_MARKS = re.compile(r"(?:[^\w.!?:;']|_|(?<!\w)'|'(?!\w))+")
_APOSTROPHES = str.maketrans("‘’ʼ", "'''")
_ZEROS = re.compile(r"(?<=&#)0+(?=[0-9])")
_NO_CHARACTER = re.compile(r"&#[0-9]{8,};?")

UNREAD = "unread"
"""What stands for the flags of a passage in which they could not be looked for: it may hold any."""

_log = logging.getLogger(__name__)


def flags_of(passage: Mapping[str, Any]) -> list[str]:
    """The flags of an item of an answer, by its title, section, governing words, words and text.

    The words are read in order with what governs them. `unread` stands alone where the item cannot be read.

    Whatever is wrong with one passage costs its flags, and a line in the log, never the answer that it is in.
    """
    try:
        names = (passage["title"], *passage["section"])
        shown, text = texts_of(passage), passage["text"]
        found = {*instruction_flags(*names, *shown), *(instruction_flags(*names, text) if [text] != shown else ())}
        return [pattern.name for pattern in PATTERNS if pattern.name in found]
    except Exception:  # noqa: BLE001 (whatever it is, the other passages are still to be shown)
        _log.exception("The passage %s cannot be looked through for instructions", passage.get("citation"))
        return [UNREAD]


def instruction_flags(*texts: str) -> tuple[str, ...]:
    """The names of the patterns found in the texts of one passage, read as one text; in fixed order."""
    raw = "\n".join(texts)
    plain = "\n".join(_ESCAPE_SEQUENCES.sub("", _unescaped(raw)).splitlines())
    # A character without width may split a word, or stand between two instead of a space.
    folded = {_folded(HIDDEN.sub(instead, plain)) for instead in ("", " ")}
    views: dict[View, list[str]] = {
        "raw": [raw],
        "lines": ["\n".join(" ".join(line.split()) for line in text.split("\n")) for text in folded],
        "words": [" ".join(_MARKS.sub(" ", text).split()) for text in folded],
    }
    return tuple(found.name for found in PATTERNS if any(found.expression.search(text) for text in views[found.view]))


def _unescaped(text: str) -> str:
    """The text with HTML's character references read; a number past all characters is U+FFFD, however long it is."""
    return html.unescape(_NO_CHARACTER.sub("\ufffd", _ZEROS.sub("", text)))


def _folded(text: str) -> str:
    """The text in lower case, each character as the plain letters that it looks like."""
    if not text.isascii():
        decomposed = normalised("NFKD", text.translate(_APOSTROPHES))
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return text.casefold().translate(_LOOK_ALIKES)
