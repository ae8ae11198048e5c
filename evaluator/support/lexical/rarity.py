"""How rare a word is, from the default model's vocabulary, in which words stand by falling frequency."""

import math
from functools import cache

FIRST = 1_996
"""The line of the vocabulary with its most frequent word, "the". Signs, letters and special tokens stand before it."""


def rarity(word: str) -> float:
    """The rarity of a word, from 0 for "the" to 1 for a word that the vocabulary of 30,522 entries does not hold.

    log(1 + rank) / log(1 + size): by Zipf's law proportional to the word's information.
    """
    ranks = _ranks()
    rank = ranks.get(word)
    return 1.0 if rank is None else math.log1p(rank) / math.log1p(len(ranks))


@cache
def _ranks() -> dict[str, int]:
    from indexer.encoding.onnx_graph import model_folder

    lines = (model_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return {word: rank for rank, word in enumerate(lines[FIRST:]) if not word.startswith("##")}
