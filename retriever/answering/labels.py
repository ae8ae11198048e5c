"""Which passages carry a label that a question names: "section 4.1", "4.2(b)", "Appendix C", "Band A"."""

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from indexer.text.tokenizer import LABELLED, stem
from indexer.view import View
from policies.normal_form import normalised

BY_LABEL = 0.3
"""What a passage gains in fused score where its words, or the headings above it, hold a label of the question."""

MOST_LABELS = 8
"""So many labels of one question are looked for."""

_NUMBER = re.compile(
    r"(?:§\s*|\b(?:sections?|clauses?|articles?|paragraphs?|rules?|chapters?|parts?|items?|points?|no\.?|number)\s+)"
    r"(\d+(?:\.\d+)+)(?![\w(])",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)*)((?:\([^\W_]{1,4}\))+)")
_NAMED = re.compile(rf"\b({'|'.join(sorted(LABELLED))})\s+([^\W\d_]|[ivx]{{1,4}}|\d{{1,3}})(?![\w.])", re.IGNORECASE)

Floats = npt.NDArray[np.float64]


def labelled(question: str, view: View) -> Floats | None:
    """What each row of a view gains by the labels that a question names, shape (n,); None where it names none."""
    found = list(label_terms(question))[:MOST_LABELS]
    names = list(dict.fromkeys(name for label in found for name in label))
    if not names:
        return None
    documents, _, sizes = view.bm25.find(names)
    ends = np.cumsum(sizes)
    holders = {name: documents[end - size : end] for name, end, size in zip(names, ends, sizes, strict=True)}
    gains = np.zeros(len(view))
    for label in found:
        held = np.zeros(len(view), dtype=np.int64)
        for name in label:
            held[holders[name]] += 1
        gains[held == len(label)] = BY_LABEL
    return gains if gains.any() else None


def label_terms(question: str) -> Iterator[tuple[str, ...]]:
    """The index terms of each label that a question names; a passage carries it where it holds all of them."""
    text = normalised("NFKC", question)
    for match in _NUMBER.finditer(text):
        yield (match[1],)
    for match in _CLAUSE.finditer(text):
        yield (match[0].lower(),)
        yield (match[1], *match[2].lower().strip("()").split(")("))
    for match in _NAMED.finditer(text):
        yield (stem(match[1].lower()), stem(match[2].lower()))
