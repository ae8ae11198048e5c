"""Operators that change what a sentence says by its structure: who, under which condition, how many, in which order."""

import random
import re
from collections.abc import Callable, Iterator

from evaluator.support.entailment.reading.parser import Tree, parse

Operator = Callable[[str, Tree, random.Random], str | None]

_CONDITION = frozenset("if unless when where until once provided".split())
_OTHER = {
    "may": "must", "can": "must", "must": "may", "shall": "may", "should": "must",
    "all": "some", "any": "some", "some": "all", "most": "all", "many": "all", "every": "some", "each": "some",
    "before": "after", "after": "before", "and": "or", "or": "and",
}  # fmt: skip
_BOUND = re.compile(
    r"\b(?:up to|at least|at most|no more than|more than|less than|within|a maximum of|a minimum of)"
    r"\s+(?=\d|\w+\s\(\d)",
    re.IGNORECASE,
)
_UNIT = {"day": "month", "days": "months", "month": "year", "months": "years", "year": "month", "years": "months",
         "hour": "day", "hours": "days", "week": "month", "weeks": "months"}  # fmt: skip
_UNIT_AT = re.compile(rf"(?<=\d )(?:calendar |business )?({'|'.join(_UNIT)})\b")


def _without(text: str, tree: Tree, places: set[int]) -> str:
    """The text without some words, tidied at the joints."""
    kept, at = [], 0
    for token in tree.tokens:
        if token.at in places:
            kept.append(text[at : token.start])
            at = token.end
    said = " ".join("".join([*kept, text[at:]]).split())
    said = re.sub(r"\s+([,.;])", r"\1", said).strip(" ,;")
    said = re.sub(r",\s*([.;,])", r"\1", said)
    return said[:1].upper() + said[1:]


def condition_dropped(text: str, tree: Tree, draw: random.Random) -> str | None:
    """Without a clause of condition: if, unless, when."""
    heads = [
        token.at
        for token in tree.tokens
        if token.dep == "advcl" and any(tree.tokens[child].word in _CONDITION for child in tree.children[token.at])
    ]
    if not heads:
        return None
    said = _without(text, tree, set(tree.subtree(draw.choice(heads))))
    return said if len(said.split()) >= 4 else None


def exception_dropped(text: str, tree: Tree, draw: random.Random) -> str | None:
    """Without "except ...", "other than ...", "without ..."."""
    heads = [
        token.at for token in tree.tokens if token.word in ("except", "without", "excluding") and token.dep == "prep"
    ]
    if not heads:
        return None
    return _without(text, tree, set(tree.subtree(draw.choice(heads))))


def bound_dropped(text: str, tree: Tree, draw: random.Random) -> str | None:
    """Without "up to", "at least" and the like."""
    found = list(_BOUND.finditer(text))
    if not found:
        return None
    match = draw.choice(found)
    return text[: match.start()] + text[match.end() :]


def unit_changed(text: str, tree: Tree, draw: random.Random) -> str | None:
    """Days made months."""
    match = _UNIT_AT.search(text)
    return None if match is None else text[: match.start(1)] + _UNIT[match[1]] + text[match.end(1) :]


def _swapped(*words: str) -> Operator:
    """One word of some in another's place."""

    def operator(text: str, tree: Tree, draw: random.Random) -> str | None:
        found = [token for token in tree.tokens if token.word in words and _may_change(tree, token.at)]
        if not found:
            return None
        token = draw.choice(found)
        other = _OTHER[token.word]
        return text[: token.start] + (other.capitalize() if text[token.start].isupper() else other) + text[token.end :]

    return operator


def _may_change(tree: Tree, at: int) -> bool:
    """Whether a changed word changes what is said: "may not" made "must not", or "this or that" of names, need not."""
    token = tree.tokens[at]
    if token.dep == "aux" and any(tree.tokens[child].dep == "neg" for child in tree.children[token.head]):
        return False
    if token.dep in ("det", "predet") and any(
        tree.tokens[one].word in ("not", "no", "without", "if", "may", "can", "n't") for one in range(at)
    ):
        return False  # "not any" made "not some" says the same
    if token.word in ("and", "or"):
        heads = {tree.tokens[token.head].pos, *(tree.tokens[it].pos for it in tree.dependents(token.head, "conj"))}
        denied = any(one.word in ("not", "no", "nor", "n't", "without", "may", "can", "any") for one in tree.tokens)
        return heads <= {"NOUN", "PROPN"} and not denied
    return True


def roles_swapped(text: str, tree: Tree, draw: random.Random) -> str | None:
    """The subject and the object of an active verb in each other's place."""
    for token in tree.tokens:
        subject = list(tree.dependents(token.at, "nsubj"))
        thing = list(tree.dependents(token.at, "dobj"))
        if token.pos != "VERB" or not subject or not thing:
            continue
        one, other = sorted(tree.subtree(subject[0])), sorted(tree.subtree(thing[0]))
        nouns = tree.tokens[subject[0]], tree.tokens[thing[0]]
        if any(noun.pos not in ("NOUN", "PROPN") for noun in nouns) or one[-1] >= other[0]:
            continue
        if nouns[0].lemma == nouns[1].lemma:
            continue
        a, b = (
            (tree.tokens[one[0]].start, tree.tokens[one[-1]].end),
            (tree.tokens[other[0]].start, tree.tokens[other[-1]].end),
        )
        said = text[: a[0]] + text[b[0] : b[1]] + text[a[1] : b[0]] + text[a[0] : a[1]] + text[b[1] :]
        return said[:1].upper() + said[1:]
    return None


def widened(text: str, tree: Tree, draw: random.Random) -> str | None:
    """Without what restricts a subject: "employees who ...", "contractors in the EU"."""
    found = [
        child
        for token in tree.tokens
        if token.dep in ("nsubj", "nsubjpass") and token.pos in ("NOUN", "PROPN")
        for child in tree.dependents(token.at, "relcl", "acl", "prep")
        if not (tree.tokens[child].dep == "prep" and tree.tokens[child].word == "of")
    ]
    return _without(text, tree, set(tree.subtree(draw.choice(found)))) if found else None


def only_dropped(text: str, tree: Tree, draw: random.Random) -> str | None:
    """ "Only if" made a condition that does not have to hold: the clause goes with the word."""
    found = [
        token.at for token in tree.tokens if token.word == "only" and tree.tokens[token.head].dep in ("advcl", "prep")
    ]
    return _without(text, tree, set(tree.subtree(tree.tokens[found[0]].head))) if found else None


OPERATORS: dict[str, Operator] = {
    "condition dropped": condition_dropped,
    "exception dropped": exception_dropped,
    "bound dropped": bound_dropped,
    "unit changed": unit_changed,
    "may made must, must made may": _swapped("may", "can", "must", "shall", "should"),
    "quantifier changed": _swapped("some", "most", "many"),
    "before made after": _swapped("before", "after"),
    "and made or": _swapped("and", "or"),
    "roles swapped": roles_swapped,
    "subject widened": widened,
    "only-clause dropped": only_dropped,
}


def mutants(sentences: list[str], seed: int) -> Iterator[tuple[str, str, str]]:
    """For each operator and sentence that it can change: the operator's name, the sentence, and the changed one."""
    draw = random.Random(seed)
    for sentence, tree in zip(sentences, parse(sentences), strict=True):
        for name, operator in OPERATORS.items():
            changed = operator(sentence, tree, draw)
            if changed and changed != sentence:
                yield name, sentence, changed
