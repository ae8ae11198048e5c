"""Words to index terms: NFKC, lower case, no stop words, English stems; identifiers stay findable whole."""

import re
import threading
from functools import lru_cache

from indexer.text.words import WORD
from policies.normal_form import normalised

VERSION = "terms-2"

STOP_WORDS = frozenset(
    """
    a an and are as at be by for from has have in is it its of on or that the their there these they this to was
    were which will with
    am been being do does did how what when where who whom whose why i me my you your we us our if any about
    """.split()
)
"""Words that say nothing about what a passage is about, those that make a question among them. "No", "not", "may",
"must", "can" and "should" are not."""

_TERM = re.compile(
    r"§\s*\w+(?:[.\-]\w+)*"  # a section: § 4.2
    r"|[$€£]\s?\d+(?:[.,]\d+)*"  # an amount: $500
    r"|\w+(?:[.\-/'’&@]\w+)*"  # a word or an identifier: refund, P-7, 30-day, 4.2
)
_local = threading.local()


def terms(text: str) -> list[str]:
    """The index terms of a text in order, repeats kept. A compound gives itself and then its parts."""
    found: list[str] = []
    for match in _TERM.finditer(normalised("NFKC", text).lower()):
        word = match[0]
        if word.isalpha():
            if word not in STOP_WORDS:
                found.append(stem(word))
            continue
        parts = WORD.findall(word)
        whole = "".join(word.split()).replace("’", "'").strip("_")
        if whole.endswith("'s"):
            whole = whole[:-2]
            parts = WORD.findall(whole)
        if whole and (len(parts) != 1 or whole != parts[0]):
            found.append(whole)
        if whole.startswith("§") and len(parts) > 1:
            found.append(whole[1:])  # "section 4.2" finds § 4.2
        found += [stem(part) for part in parts if part not in STOP_WORDS]
    return found


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The English stem of a word in lower case."""
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        import Stemmer

        stemmer = _local.stemmer = Stemmer.Stemmer("english", 0)
    found: str = stemmer.stemWord(word)
    return found
