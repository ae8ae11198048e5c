"""Evidence joined: neighbours of one section become one passage, and passages that say the same become one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from indexer.text.tokenizer import terms
from policies.revision import VersionId
from retriever.evidence.evidence import Evidence


def merged(evidence: Sequence[Evidence], source: Callable[[VersionId], str]) -> list[Evidence]:
    """The evidence, best first. Neighbours of one section in one revision become one passage: `P-7@3#2-3`.

    The merged text is cut from the revision's source, with the text between its passages. It has the place and the
    scores of the best of them. Ranks are counted anew.
    """
    groups: list[list[Evidence]] = []
    for item in sorted(evidence, key=lambda item: (item.version, item.ordinal)):
        last = groups[-1][-1] if groups else None
        if last is not None and _neighbours(last, item):
            groups[-1].append(item)
        else:
            groups.append([item])
    best = sorted((_as_one(group, source) for group in groups), key=lambda item: item.rank)
    return [replace(item, rank=rank) for rank, item in enumerate(best, start=1)]


def collapsed(evidence: Sequence[Evidence], k: int) -> list[Evidence]:
    """The best k with different words; each names, in `also`, the passages of other policies that say the same.

    Two passages say the same if their index terms are equal, in the same order. So their numbers are equal too.
    """
    kept: dict[tuple[str, ...], Evidence] = {}
    others: list[Evidence] = []
    for item in evidence:
        key = tuple(terms(item.text))
        if key not in kept:
            kept[key] = item
        elif kept[key].version.policy_id != item.version.policy_id:
            kept[key] = replace(kept[key], also=(*kept[key].also, item.citation))
        else:
            others.append(item)
    best = sorted([*kept.values(), *others], key=lambda item: item.rank)[:k]
    return [replace(item, rank=rank) for rank, item in enumerate(best, start=1)]


def _neighbours(left: Evidence, right: Evidence) -> bool:
    return (
        left.version == right.version
        and left.section == right.section
        and (left.through or left.ordinal) + 1 == right.ordinal
    )


def _as_one(group: Sequence[Evidence], source: Callable[[VersionId], str]) -> Evidence:
    best = min(group, key=lambda item: item.rank)
    first, last = group[0], group[-1]
    if first is last:
        return best
    return replace(
        best,
        ordinal=first.ordinal,
        through=last.ordinal,
        text=source(first.version)[first.char_start : last.char_end],
        char_start=first.char_start,
        char_end=last.char_end,
        also=tuple(dict.fromkeys(citation for item in group for citation in item.also)),
    )
