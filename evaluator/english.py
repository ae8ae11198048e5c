"""Whether words are English: the rules for support and contracts know no other language.

Letters of another script tell; else a naive Bayes model over byte n-grams does (py3langid; Lui and Baldwin 2012,
langid.py), among the languages of Latin letters below.
"""

import math
import re
import unicodedata
from collections.abc import Set
from functools import cache
from typing import Any

from policies.normal_form import stream_safe

FEWEST_WORDS = 4
"""Fewer words than this say nothing of their language."""

UNLIKELY = 0.05
"""Words are in another language where the known ones have at most this probability together."""

OTHER_LANGUAGE = "the rules here do not know the language that this is written in"

_LANGUAGES = "cs da de en es fi fr hu id it nl no pl pt ro sv tr vi".split()
_WORD = re.compile(r"[^\W\d_]+")
_COMMON = frozenset(
    "a after all an and any are as at be been before by can do does for from has have if in is it its may must no not "
    "of on only or our shall than that the their this to unless was we were which who will with within you your".split()
)
_COMMON_SHARE = 0.15
"""From this share of common English words on, words are English whatever else stands between them."""


ENGLISH = frozenset({"en"})


def other_language(text: str, known: Set[str] = ENGLISH) -> bool:
    """Whether a text is surely in none of the known languages, which are ISO 639-1 codes of languages of Latin letters.

    English is one of them.
    """
    return other_script(text) or _other_words(text, known)


def other_script(text: str) -> bool:
    """Whether most letters of a text are none of the Latin ones."""
    if text.isascii():
        return False
    letters = [character for character in text if character.isalpha()]
    latin = sum(character.isascii() or "LATIN" in unicodedata.name(character, "") for character in letters)
    return 2 * latin < len(letters)


def _other_words(text: str, known: Set[str]) -> bool:
    words = _WORD.findall(text.lower())
    if len(words) < FEWEST_WORDS or sum(word in _COMMON for word in words) >= _COMMON_SHARE * len(words):
        return False
    ranked = _identifier().rank(stream_safe(text))
    return math.fsum(probability for language, probability in ranked if language in known) <= UNLIKELY


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES)
    return identifier
