""" "A or B" from "A and B", and the other way round."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.checks.saying import against, by_term
from evaluator.support.entailment.matching import Domain, Image
from evaluator.support.entailment.reading.likeness import CONTRARY
from evaluator.support.entailment.reading.negation import denied
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.support_finding import SupportFinding

_JOINTS = {"and": "and", "or": "or", "plus": "and", "besides": "and", "addition": "and"}


NEAR = 4
"""How many words lie at most between "and" and what it joins."""


def joined(mine: Domain, pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """ "A or B" where the evidence says "A and B", and the other way round."""
    if denied(mine.terms.tree, mine.clause.head) or any(it.sign == CONTRARY for it in pairs):
        return  # neither of two is not one, and not the other
    standing = by_term([image for image in pairs if not image.term.light])
    tree = mine.terms.tree
    for joint in sorted(mine.words):
        word = _JOINTS.get(tree.tokens[joint].word, "")
        if not word:
            continue
        before = max((at for at in standing if joint - NEAR <= at < joint), default=None)
        after = min((at for at in standing if joint < at <= joint + NEAR), default=None)
        if before is None or after is None or tree.tokens[after].pos == "VERB":
            continue
        there = {
            found
            for one in standing[before]
            for two in standing[after]
            if one.domain is two.domain
            for found in _between(one.domain.terms.tree, one.other.at, two.other.at)
        }
        if there and word not in there:
            yield against(
                mine, joint, "conjunction", f"the claim says {word!r}, the evidence {min(there)!r}", decides=True
            )
            return


def _between(tree: Tree, one: int, other: int) -> set[str]:
    low, high = sorted((one, other))
    if high - low > 2 * NEAR:
        return set()
    return {_JOINTS[tree.tokens[at].word] for at in range(low, high) if tree.tokens[at].word in _JOINTS}
