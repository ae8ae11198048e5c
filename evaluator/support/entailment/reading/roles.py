"""Who does what to whom: the arguments of a predicate by role, whichever voice or converse verb says it."""

from collections.abc import Iterator

from evaluator.support.entailment.reading.clauses import subjects
from evaluator.support.entailment.reading.parser import Tree

GIVING = frozenset(
    "give send pass hand pay forward notify inform tell provide grant deliver submit report return offer award supply "
    "issue transfer disclose show sell lend reimburse refund owe charge let advise alert announce present file lodge "
    "ship assign communicate transmit mail teach bring".split()
)


GETTING = frozenset("get receive obtain buy borrow accept collect earn learn hear inherit acquire take".split())


GOING = frozenset(("go", "come"))


_TOLD = frozenset("notify inform tell advise alert reimburse refund pay charge teach let".split())
"""Verbs whose object may be whoever gets something."""


GIVER = "gives"


GETTER = "gets"


GIVEN = "is given"


AGENT = "does"


PATIENT = "undergoes"


OPPOSED = {GIVER: GETTER, GETTER: GIVER, AGENT: PATIENT, PATIENT: AGENT}


def roles(tree: Tree, at: int) -> Iterator[tuple[str, int]]:
    """The roles that a predicate gives, each with the word that heads who or what has it."""
    token = tree.tokens[at]
    if token.pos in ("VERB", "AUX"):
        yield from _verb(tree, at)


def _verb(tree: Tree, at: int) -> Iterator[tuple[str, int]]:
    token = tree.tokens[at]
    passive = any(True for _ in tree.dependents(at, "auxpass", "nsubjpass")) or _reduced_passive(tree, at)
    does = [] if passive else subjects(tree, at)
    undergoes = list(tree.dependents(at, "dobj"))
    receives = list(tree.dependents(at, "dative", "iobj"))
    receives = [next(tree.dependents(child, "pobj"), child) for child in receives]
    if passive:
        first = subjects(tree, at) or ([token.head] if token.dep in ("acl", "relcl") else [])
        for child in tree.dependents(at, "agent"):
            does += (one for one in tree.dependents(child, "pobj") if not _means(tree, one))
        if undergoes or (token.lemma in _TOLD and token.lemma not in ("pay", "refund", "charge", "reimburse")):
            receives += first
        else:
            undergoes += first
    elif token.dep == "relcl" and not does:
        does = [token.head]
    to, source = [], []
    beside = [
        child for thing in undergoes for child in tree.dependents(thing, "prep") if tree.tokens[child].word == "from"
    ]
    for child in (*tree.dependents(at, "prep", "dative", "agent"), *beside):
        targets = list(tree.dependents(child, "pobj"))
        if tree.tokens[child].word in ("to", "for", "on", "upon", "over"):
            to += targets
        elif tree.tokens[child].word == "from":
            source += targets
    if token.lemma in GIVING:
        if token.lemma in _TOLD and not receives:
            receives += undergoes
        yield from _given(tree, GIVER, does)
        yield from _given(tree, GETTER, [*receives, *to])
        yield from _given(tree, GIVEN, [one for one in undergoes if one not in receives])
    elif token.lemma in GETTING:
        yield from _given(tree, GETTER, does)
        yield from _given(tree, GIVER, source)
        yield from _given(tree, GIVEN, undergoes)
    elif token.lemma in GOING:
        yield from _given(tree, GIVEN, does)
        yield from _given(tree, GETTER, to)
    elif token.lemma == "know" and tree.tokens[token.head].lemma == "let":
        yield from _given(tree, GIVER, subjects(tree, token.head))
        yield from _given(tree, GETTER, [*undergoes, *subjects(tree, at)])
    else:
        yield from _given(tree, AGENT, does)
        yield from _given(tree, PATIENT, undergoes)


def _reduced_passive(tree: Tree, at: int) -> bool:
    token = tree.tokens[at]
    if token.tag == "VBN" and token.dep == "conj" and not any(True for _ in tree.dependents(at, "nsubj", "aux")):
        return any(True for _ in tree.dependents(token.head, "auxpass", "nsubjpass"))  # "are kept and then erased"
    return token.tag == "VBN" and (token.dep in ("acl", "amod") or any(True for _ in tree.dependents(at, "agent")))


def _means(tree: Tree, at: int) -> bool:
    """Whether "by" leads to a way of doing something: by train, by e-mail."""
    token = tree.tokens[at]
    return token.tag == "NN" and not any(tree.tokens[child].dep in ("det", "poss") for child in tree.children[at])


def _given(tree: Tree, role: str, heads: list[int]) -> Iterator[tuple[str, int]]:
    """The role of each head and of what is coordinated with it; "of" and "the head of" lead to nobody else."""
    for head in heads:
        yield role, head
        yield from ((role, other) for other in tree.dependents(head, "conj"))
