"""A clause that says two things of one kind side by side, as the two that it says."""

from evaluator.quantities import Kind
from evaluator.support.entailment.reading.clauses import Clause
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.entailment.reading.terms import Terms


def apart(terms: Terms, clause: Clause) -> list[frozenset[int]]:
    """The words of a clause; of one that says two things of the same kind side by side, those of each.

    In "Band 3 posts carry two months, and Band 4 posts one of three months" and "£2 a day in March and £3 in May" the
    second part has the first's verb, and its subject where it begins with a quantity.
    """
    tree, whole = terms.tree, clause.words | clause.inherited
    counted = [it for it in terms.counted if it.at in whole and it.quantity.kind is not Kind.ORDINAL]
    marked: list[tuple[int, tuple[str, str]]] = [
        *((label.at, ("label", label.kind)) for label in terms.labels if label.at in whole),
        *((it.at, (it.quantity.kind.value, it.quantity.base)) for it in counted),
    ]
    marked.sort()
    for at, kind in marked:
        later = [place for place, other in marked if other == kind and place > at]
        if not later:
            continue
        joint = next(
            (it for it in range(later[0], at, -1) if tree.tokens[it].word in ("and", "but", "or", ";", ",")), None
        )
        between = (*range(at + 1, joint), *range(joint + 1, later[0])) if joint is not None else ()
        clause_heads = [it for it in whole if tree.tokens[it].dep == "advcl"]
        if joint is not None and any(at <= joint < tree.tokens[it].head for it in clause_heads):
            continue  # the comma behind a condition
        if joint is None or not any(terms.term_at.get(it) for it in between if it in whole):
            continue
        left = frozenset(it for it in whole if it < joint or it > _stop(tree, joint))
        right = {it for it in whole if joint < it <= _stop(tree, joint)}
        if not any(it in terms.term_at and not terms.term_at[it].light for it in right):
            continue
        head = clause.head
        shared = {head, *tree.dependents(head, "aux", "auxpass", "neg", "prt")} if head < joint else set()
        if _begins_with_quantity(terms, right):
            for subject in tree.dependents(head, "nsubj", "nsubjpass"):
                shared.update(it for it in tree.subtree(subject) if it < joint)
        if any(tree.tokens[it].word in ("one", "those", "that") for it in right):
            for thing in tree.dependents(head, "dobj", "attr"):
                shared.update((thing, *tree.dependents(thing, "compound", "amod")))
        shared -= {place for place, other in marked if other == kind}
        return [left - frozenset(right), frozenset(right | shared)]
    return [whole]


def _stop(tree: Tree, joint: int) -> int:
    """The last word of the sentence part that begins behind a joint."""
    sentence = tree.tokens[joint].sentence
    at = joint
    while at + 1 < len(tree.tokens) and tree.tokens[at + 1].sentence == sentence and tree.tokens[at + 1].word != ";":
        at += 1
    return at


def _begins_with_quantity(terms: Terms, right: set[int]) -> bool:
    """Whether the second part begins with how much, and so is about the subject of the first."""
    content = sorted(it for it in right if it in terms.term_at and not terms.term_at[it].light)
    numbers = sorted(it.at for it in terms.counted if it.at in right)
    labels = [label.at for label in terms.labels if label.at in right]
    return bool(numbers) and all(numbers[0] < it for it in (*content, *labels))
