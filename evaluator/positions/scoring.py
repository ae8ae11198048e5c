"""Is an answer right, and does it cite the gold passage? The formulas of a sweep, as in Lost in the Middle."""

import re
import string
from collections.abc import Sequence
from functools import lru_cache

from evaluator.citations.cited import find_cited
from retriever.evidence.citations import Handle

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NUMBERS = re.compile(r"\[\s*(\d{1,4}(?:\s*,\s*\d{1,4})*)\s*\]")


def normalised(text: str) -> str:
    """Lower case without ASCII punctuation, articles and repeated white space.

    Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", its evaluation script.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


_known = lru_cache(maxsize=65536)(normalised)


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether a normalised answer stands in the normalised text; answers that normalise to nothing never do."""
    inside = normalised(text)
    return any(_known(answer) in inside for answer in answers if _known(answer))


def correct(answer: str, answers: Sequence[str], citing: bool = True) -> bool:
    """Whether the first line of the answer holds an accepted one; with `citing` its citations are taken out first.

    Liu et al. 2023, "Lost in the Middle", best_subspan_em: up to the first line end, so that copying the context is
    no answer. Two things differ. Line ends before the first word are skipped, since chat models begin with them. A
    passage's number or handle is taken out, since `[7]` would hold the answer 7.
    """
    line = answer.lstrip().split("\n")[0]
    return holds_answer(_without_citations(line) if citing else line, answers)


def _without_citations(line: str) -> str:
    for cited in reversed(find_cited(line)):
        line = f"{line[: cited.start]} {line[cited.end :]}"
    return _NUMBERS.sub(" ", line)


def cites(answer: str, handles: Sequence[str], gold: int) -> bool:
    """Whether the answer cites passage `gold` of those with these handles, anywhere in it.

    A handle is a number of the prompt, cited as `[2]` or `[1, 2]`, or a policy's, cited as `P-7@3#2`.
    """
    wanted = handles[gold]
    if wanted.isdigit():
        found = (number.strip() for match in _NUMBERS.finditer(answer) for number in match[1].split(","))
        return any(int(number) == int(wanted) for number in found)
    gold_handle = Handle.parse(wanted)
    return any(cited.handle is not None and cited.handle.overlaps(gold_handle) for cited in find_cited(answer))
