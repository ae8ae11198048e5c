"""Words to index terms: NFKC, lower case, no stop words, English stems; identifiers stay findable whole."""

import re
import threading
from functools import lru_cache

from indexer.text.words import WORD
from policies.normal_form import SPACELESS, normalised

VERSION = "terms-3"
EARLIER_VERSION = "terms-2"

STOP_WORDS = frozenset(
    """
    a an and are as at be by for from has have in is it its of on or that the their there these they this to was
    were which will with
    am been being do does did how what when where who whom whose why i me my you your we us our if any about
    """.split()
)
"""Words that say nothing about what a passage is about, those that make a question among them. "No", "not", "may",
"must", "can" and "should" are not."""

LABELLED = frozenset(
    """
    annex appendix article attachment band category chapter class clause column exhibit figure form grade group item
    level option paragraph part phase plan row rule schedule section stage step table tier title type zone
    """.split()
)
"""Words whose next word is often a label: "Band A", "part i"."""

_TERM = re.compile(
    rf"[{SPACELESS}]+"  # letters that no spaces part
    r"|§\s*\w+(?:[.\-]\w+)*"  # a section: § 4.2
    r"|(?P<label>\d+(?:\.\d+)*(?:\([^\W_]{1,4}\))+)"  # a clause: 4.2(b)
    r"|[$€£]\s?\d+(?:[.,]\d+)*"  # an amount: $500
    r"|\w+(?:[.\-/'’&@]\w+)*"  # a word or an identifier: refund, P-7, 30-day, 4.2
)
_SPACELESS = re.compile(f"[{SPACELESS}]")
_SPACELESS_RUN = re.compile(f"[{SPACELESS}]+|[^{SPACELESS}]+")
_NUMBERED = re.compile(r"\d+(?:\.\d+)+")
_BEFORE_LABEL = re.compile(r"[^\W_][,;]? \Z")
_local = threading.local()


def terms(text: str) -> list[str]:
    """The index terms of a text in order, repeats kept.

    A compound gives itself and then its parts. A number of a section gives itself and its chapter ("4.2" and "4"), a
    clause each of its labels too. "A" and "I" are words of no content, but for labels ("Band A", a cell with an A).
    """
    found: list[str] = []
    text = normalised("NFKC", text)
    before = ""
    for match in _TERM.finditer(text):
        word = match[0].lower()
        if not word.isascii() and _SPACELESS.search(word):
            found += _pairs(word)
            before = ""
            continue
        if word.isalpha():
            if word not in STOP_WORDS or (len(word) == 1 and _labels(text, match, before)):
                found.append(stem(word))
            before = word
            continue
        before = ""
        parts = WORD.findall(word)
        whole = "".join(word.split()).replace("’", "'").strip("_")
        if whole.endswith("'s"):
            whole = whole[:-2]
            parts = WORD.findall(whole)
        if whole and (len(parts) != 1 or whole != parts[0]):
            found.append(whole)
        if whole.startswith("§") and len(parts) > 1:
            found.append(whole[1:])  # "section 4.2" finds § 4.2
        if match["label"]:
            number, *parts = whole.replace(")", "").split("(")
            found.append(number)
            if _NUMBERED.fullmatch(number):
                found.append(number.partition(".")[0])
        elif _NUMBERED.fullmatch(whole.strip("§")):
            parts = parts[:1]
        found += [stem(part) for part in parts if part not in STOP_WORDS or match["label"]]
    return found


def _pairs(word: str) -> list[str]:
    """The terms of letters that no spaces part: each pair of neighbours. Other letters give their words."""
    found: list[str] = []
    for run in _SPACELESS_RUN.finditer(word):
        letters = run[0]
        if not _SPACELESS.match(letters):
            found += [stem(part) for part in WORD.findall(letters) if part not in STOP_WORDS]
        elif len(letters) == 1:
            found.append(letters)
        else:
            found += [letters[at : at + 2] for at in range(len(letters) - 1)]
    return found


def _labels(text: str, match: re.Match[str], before: str) -> bool:
    """Whether a letter that is a word too labels something: it has a bracket, a word before it, or is written large."""
    start, end = match.span()
    if before in LABELLED or text[end : end + 1] == ")":
        return True
    if match[0] != "A":
        return False
    alone = not (text[end : end + 1] == " " and text[end + 1 : end + 2].isalpha())
    return alone or _BEFORE_LABEL.search(text, max(0, start - 3), start) is not None


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The English stem of a word in lower case."""
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        import Stemmer

        stemmer = _local.stemmer = Stemmer.Stemmer("english", 0)
    found: str = stemmer.stemWord(word)
    return found
