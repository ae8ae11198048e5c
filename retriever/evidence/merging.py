"""Evidence brought together: neighbours of one section as one, and the same words of other policies named."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from indexer.text.tokenizer import terms
from retriever.evidence.evidence import Evidence

Cut = Callable[[Evidence, int, int], Evidence]
"""Gives evidence as that of another run of passages, by its first and last ordinal, with what governs these."""


def merged(evidence: Sequence[Evidence], cut: Cut) -> list[Evidence]:
    """The evidence, best first, with neighbouring blocks of one section in one revision as one: `P-7@3#2-3`.

    Merged evidence takes the place, the scores and the best passage of the best of them; ranks are counted anew.
    """
    groups: list[list[Evidence]] = []
    for item in sorted(evidence, key=lambda item: (item.version, item.ordinal)):
        last = groups[-1][-1] if groups else None
        if last is not None and _neighbours(last, item):
            groups[-1].append(item)
        else:
            groups.append([item])
    best = sorted((_as_one(group, cut) for group in groups), key=lambda item: item.rank)
    return [replace(item, rank=rank) for rank, item in enumerate(best, start=1)]


def collapsed(evidence: Sequence[Evidence], k: int) -> list[Evidence]:
    """The best k with different words; each names, in `also`, the blocks of other policies that say the same.

    Two blocks say the same where their index terms are equal, in their order, and those of what governs them: then
    numbers are, too. Of those that do, one that applies for sure stands for all, in the place of the best.
    """
    kept: dict[tuple[tuple[str, ...], ...], Evidence] = {}
    others: list[Evidence] = []
    for item in evidence:
        key = tuple(tuple(terms(text)) for text in (item.text, *(it.text for it in item.governed_by)))
        if key not in kept:
            kept[key] = item
        elif (first := kept[key]).version.policy_id == item.version.policy_id:
            others.append(item)
        elif item.confirmed and not first.confirmed:
            kept[key] = replace(item, rank=first.rank, also=(first.citation, *first.also))
        else:
            kept[key] = replace(first, also=(*first.also, item.citation))
    best = sorted([*kept.values(), *others], key=lambda item: item.rank)[:k]
    return [replace(item, rank=rank) for rank, item in enumerate(best, start=1)]


def _neighbours(left: Evidence, right: Evidence) -> bool:
    return left.version == right.version and left.section == right.section and left.through + 1 == right.ordinal


def _as_one(group: Sequence[Evidence], cut: Cut) -> Evidence:
    best = min(group, key=lambda item: item.rank)
    first, last = group[0], group[-1]
    if first is last:
        return best
    also = tuple(dict.fromkeys(citation for item in group for citation in item.also))
    return replace(cut(best, first.ordinal, last.through), also=also)
