"""Quantities as a sentence means them: ages, counts without bounds in time, limits said by a denial."""

import re
from dataclasses import dataclass, replace

from evaluator.quantities import Kind, Quantity
from evaluator.quantities.bounds import Bound
from evaluator.support.entailment.reading.negation import denied
from evaluator.support.entailment.reading.parser import Tree


@dataclass(frozen=True, slots=True)
class Counted:
    """A quantity at the word of the tree that it ends with, or its unit."""

    at: int
    quantity: Quantity


def plain_quantity(text: str, quantity: Quantity) -> Quantity:
    """A quantity; neither an ordinal nor a count is bounded in time ("before its first order", "after two people")."""
    plain = replace(quantity, bound=Bound.EXACT, begin=quantity.start)
    if quantity.kind is Kind.ORDINAL:
        return plain
    if quantity.kind is Kind.DURATION and quantity.base == "months" and _OLD.match(text, quantity.end):
        return replace(quantity, kind=Kind.NUMBER, base="", low=quantity.low / 12, high=quantity.high / 12)
    if quantity.kind is Kind.DURATION and text[quantity.begin : quantity.begin + 5].lower() == "after":
        return plain
    timed = _IN_TIME.match(text, quantity.begin) and quantity.kind in (Kind.NUMBER, Kind.MONEY, Kind.PERCENT)
    return plain if timed else quantity


_OLD = re.compile("(?:\\s|-)(?:old|of age)\\b", re.IGNORECASE)


_IN_TIME = re.compile("(?:after|before|past|beyond|prior)\\b", re.IGNORECASE)


ANY_ONE = re.compile("\\b(?:any one|one) time$", re.IGNORECASE)


_BESIDE = ("nsubj", "nsubjpass", "advcl", "prep", "relcl")
_TURNED = {Bound.ABOVE: Bound.AT_MOST, Bound.BELOW: Bound.AT_LEAST}


def _stated(tree: Tree, at: int) -> Bound | None:
    """The bound that a subject gives to what it is: "the maximum time is 6 months"."""
    verb = tree.tokens[at].head
    verb = tree.tokens[verb].head if tree.tokens[verb].dep == "attr" else verb
    if tree.tokens[verb].lemma != "be":
        return None
    said = {tree.tokens[it].word for one in tree.dependents(verb, "nsubj") for it in tree.subtree(one)}
    return Bound.AT_MOST if said & {"maximum", "cap"} else Bound.AT_LEAST if "minimum" in said else None


def limited(tree: Tree, counted: Counted, absorbed: set[int]) -> Counted:
    """A quantity with its bound turned where the verb before it is denied: no more than, no less than."""
    bound = counted.quantity.bound
    if bound is Bound.EXACT and (stated := _stated(tree, counted.at)) is not None:
        return Counted(counted.at, replace(counted.quantity, bound=stated))
    if bound not in _TURNED:
        return counted
    verb = next((at for at in tree.ancestors(counted.at) if tree.tokens[at].pos in ("VERB", "AUX")), None)
    if verb is None or tree.tokens[counted.at].dep in ("nsubj", "nsubjpass") or not denied(tree, verb):
        return counted
    above = (counted.at, *tree.ancestors(counted.at))
    head = next((at for at in above if tree.tokens[at].dep in _BESIDE), None)
    if head is not None and head != verb and verb in set(tree.ancestors(head)):
        return counted
    between = [at for at in tree.ancestors(counted.at) if verb in set(tree.ancestors(at))]
    own_words = tree.text[counted.quantity.begin : counted.quantity.start].lower().split()
    if "not" in own_words or any(tree.tokens[at].pos in ("NOUN", "PROPN") for at in between):
        return counted  # "need not report a gift worth less than $50"
    absorbed.add(verb)
    return Counted(counted.at, replace(counted.quantity, bound=_TURNED[bound]))
