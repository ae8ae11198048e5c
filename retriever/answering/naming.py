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
"""What the passages of a policy gain in fused score where the question holds its id."""

BY_TITLE = 0.05
"""And where it holds its title: all of it, or that share of its terms which stand in the question side by side."""

NAMING = 100
"""How many terms of a title at most are looked for in a question."""

Floats = npt.NDArray[np.float64]


def named(asked: Sequence[str], eligible: Eligible, view: View) -> Floats | None:
    """What each eligible revision's passages gain by the question's naming its policy, shape (len(eligible),).

    None where it names none. `asked` are the question's terms. A gain depends on its own policy's names alone.
    """
    ids = eligible.table.ids_like(term for term in asked if not term.isalpha())
    holders = title_pairs(view.titles)
    titled = {position for pair in set(pairwise(asked)) for position in holders.get(pair, ())}
    if not ids and not titled:
        return None
    gains = np.zeros(len(eligible))
    if ids:
        gains[eligible.table.of_policies(ids, eligible.rows)] = BY_ID
    for position in titled:
        words = title_terms(view.titles[position])
        gains[position] += BY_TITLE * longest_run(words, asked) / len(words)
    return gains


def longest_run(words: Sequence[str], asked: Sequence[str]) -> int:
    """How many of the words at most stand side by side, in their order, among those asked."""
    longest = 0
    ends: dict[int, int] = {}
    for word in words:
        ends = {at: ends.get(at - 1, 0) + 1 for at, other in enumerate(asked) if other == word}
        longest = max(longest, *ends.values(), 0)
    return longest


def forget_titles() -> None:
    """Empties what is kept of titles in memory, and of the words of any text."""
    title_pairs.cache_clear()
    pairs_of.cache_clear()
    title_terms.cache_clear()
    stem.cache_clear()


@lru_cache(maxsize=16)
def title_pairs(titles: tuple[str, ...]) -> dict[tuple[str, str], list[int]]:
    """For each two terms that stand side by side in some title, the positions of those titles."""
    found: dict[tuple[str, str], list[int]] = {}
    for position, title in enumerate(titles):
        for pair in pairs_of(title):
            found.setdefault(pair, []).append(position)
    return found


@lru_cache(maxsize=65_536)
def pairs_of(title: str) -> frozenset[tuple[str, str]]:
    """Each two terms that stand side by side in a title."""
    return frozenset(pairwise(title_terms(title)))


@lru_cache(maxsize=65_536)
def title_terms(title: str) -> tuple[str, ...]:
    """The index terms of a title, as many as a name has."""
    return tuple(terms(title)[:NAMING])
