"""The clauses of a sentence, and who or what each is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from evaluator.support.entailment.reading.parser import Tree

SUBJECTS = ("nsubj", "nsubjpass", "csubj", "csubjpass", "expl")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause by its head word, with its own words, and those that it shares with the clause before it."""

    head: int
    words: frozenset[int]
    inherited: frozenset[int]


@lru_cache(maxsize=20_000)
def clauses(tree: Tree) -> tuple[Clause, ...]:
    """The clauses that stand side by side: each sentence, and each coordinated verb or statement within it."""
    found = []
    for token in tree.tokens:
        if token.head == token.at or _is_clause(tree, token.at):
            found.append(token.at)
    heads = set(found)
    made = []
    for head in found:
        words = set(_own(tree, head, heads))
        inherited: set[int] = set()
        token = tree.tokens[head]
        if token.head != head and not any(True for _ in tree.dependents(head, *SUBJECTS)):
            first = token.head
            while tree.tokens[first].dep == "conj" and tree.tokens[first].head != first:
                first = tree.tokens[first].head
            for child in tree.children[first]:
                if child < head and tree.tokens[child].dep in (
                    *SUBJECTS,
                    "aux",
                    "auxpass",
                    "neg",
                    "advcl",
                    "prep",
                    "advmod",
                    "mark",
                ):
                    before = child < first or tree.tokens[child].dep in SUBJECTS
                    if before and child not in heads:
                        inherited.update(tree.subtree(child))
        made.append(Clause(head, frozenset(words), frozenset(inherited - words)))
    return tuple(made)


def _is_clause(tree: Tree, at: int) -> bool:
    """Whether a word heads a statement beside the one of its head."""
    token = tree.tokens[at]
    if token.dep == "conj":
        own_subject = any(True for _ in tree.dependents(at, *SUBJECTS))
        parent = tree.tokens[token.head]
        return own_subject or (token.pos in ("VERB", "AUX") and parent.pos in ("VERB", "AUX"))
    if token.dep == "advcl" and any(tree.tokens[it].word == "whereas" for it in tree.children[at]):
        return True
    return (
        token.dep in ("parataxis", "ccomp") and any(True for _ in tree.dependents(at, *SUBJECTS)) and _loose(tree, at)
    )


def _loose(tree: Tree, at: int) -> bool:
    """Whether a clause is joined by a mark alone: "parcels go by courier; heavier ones go by freight"."""
    between = tree.tokens[min(at, tree.tokens[at].head) : max(at, tree.tokens[at].head)]
    return any(token.word in (";", ":", "—", "–") for token in between)


def _own(tree: Tree, head: int, heads: set[int]) -> Iterator[int]:
    below = [head]
    while below:
        at = below.pop()
        yield at
        below += [child for child in tree.children[at] if child not in heads]


def subjects(tree: Tree, at: int) -> list[int]:
    """The subjects of a predicate, its own or those that it shares."""
    seen = 0
    while seen < 6:
        if found := list(tree.dependents(at, *SUBJECTS[:4])):
            return found
        token = tree.tokens[at]
        if token.head == at or token.dep not in ("conj", "xcomp", "acomp", "attr"):
            return []
        at, seen = token.head, seen + 1
    return []
