"""Is an answer right, and does it cite the gold passage? The formulas of a sweep, as in Lost in the Middle."""

import re
import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, get_args

from evaluator.citations.cited import find_cited
from retriever.evidence.citations import Handle

Said = Literal["right", "outdated", "cites_outdated", "other"]
"""What an answer among outdated wordings says, the first of these that fits: an accepted answer stands in its first
line; an outdated one does; it cites such a wording; something else."""

SAID: tuple[Said, ...] = get_args(Said)

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


def holds_words(text: str, answers: Sequence[str]) -> bool:
    """Whether an answer stands in the text as whole words, both normalised: `7 days` does not stand in `27 days`."""
    inside = f" {normalised(text)} "
    return any(f" {_known(answer)} " in inside for answer in answers if _known(answer))


def correct(answer: str, answers: Sequence[str], citing: bool = True) -> bool:
    """Whether the first line of the answer holds an accepted one; with `citing` its citations are taken out first.

    Liu et al. 2023, "Lost in the Middle", best_subspan_em: up to the first line end, so that copying the context is
    no answer. Two things differ. Line ends before the first word are skipped, since chat models begin with them. A
    passage's number or handle is taken out, since `[7]` would hold the answer 7.
    """
    return holds_answer(_first_line(answer, citing), answers)


def told(answer: str, answers: Sequence[str], outdated: Sequence[str]) -> tuple[bool, bool]:
    """Whether the first line holds an accepted answer, and whether it holds one of another time, as whole words."""
    line = _first_line(answer, citing=True)
    return holds_words(line, answers), holds_words(line, outdated)


def _first_line(answer: str, citing: bool) -> str:
    line = answer.lstrip().split("\n")[0]
    return _without_citations(line) if citing else line


def _without_citations(line: str) -> str:
    kept, at = [], 0
    for cited in find_cited(line):
        kept.append(line[at : cited.start])
        at = cited.end
    return _NUMBERS.sub(" ", " ".join([*kept, line[at:]]))


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
