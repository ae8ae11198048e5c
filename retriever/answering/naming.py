"""Which of the eligible policies a question names, by their ids or titles: "under P-7", "in the Returns Policy"."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from indexer.text.tokenizer import stem, terms
from indexer.view import View
from retriever.asking.eligible import Eligible

BY_ID = 0.1
"""The passages of a policy gain this in fused score if the question holds the policy's id."""

BY_TITLE = 0.05
"""They gain this if it holds the whole title. For a part of the title they gain that share: the longest run of its
terms that stand side by side in the question."""

Floats = npt.NDArray[np.float64]


def named(asked: Sequence[str], eligible: Eligible, view: View) -> Floats | None:
    """What each row of the view gains if the question names its policy, shape (n,); None if it names no policy.

    `asked` are the question's terms. The gain of a row depends only on the id and the title of its own policy.
    """
    ids = eligible.table.ids_like(term for term in asked if not term.isalpha())
    holders = title_pairs(view.titles)
    titled = {position for pair in set(pairwise(asked)) for position in holders.get(pair, ())}
    if not ids and not titled:
        return None
    gains = np.zeros(len(eligible))
    if ids:
        gains[eligible.table.of_policies(ids)[eligible.rows]] = BY_ID
    for position in titled:
        words = title_terms(view.titles[position])
        gains[position] += BY_TITLE * longest_run(words, asked) / len(words)
    return view.of_rows(gains)


def longest_run(words: Sequence[str], asked: Sequence[str]) -> int:
    """The length of the longest run of the words that stands side by side, in the same order, in `asked`."""
    longest = 0
    ends: dict[int, int] = {}
    for word in words:
        ends = {at: ends.get(at - 1, 0) + 1 for at, other in enumerate(asked) if other == word}
        longest = max(longest, *ends.values(), 0)
    return longest


def forget_titles() -> None:
    """Empties the caches of titles and of words."""
    title_pairs.cache_clear()
    title_terms.cache_clear()
    stem.cache_clear()


@lru_cache(maxsize=16)
def title_pairs(titles: tuple[str, ...]) -> dict[tuple[str, str], list[int]]:
    """For each two terms that stand side by side in some title, the positions of those titles."""
    found: dict[tuple[str, str], list[int]] = {}
    for position, title in enumerate(titles):
        for pair in set(pairwise(title_terms(title))):
            found.setdefault(pair, []).append(position)
    return found


@lru_cache(maxsize=65_536)
def title_terms(title: str) -> tuple[str, ...]:
    """The index terms of a title."""
    return tuple(terms(title))
