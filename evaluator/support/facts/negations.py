"""What a rule's negations deny: the grant, or only a fee ("without a fee"), a reason, or what lies beyond a bound."""

import re
from collections.abc import Iterator, Sequence

from evaluator.quantities import Quantity, quantities
from evaluator.quantities.bounds import Bound
from evaluator.support.entailment.reading.negation import denied
from evaluator.support.entailment.reading.parser import Tree, parse

GRANTS = re.compile(
    r"\b(?:may|can)\s+(?:(?:still|also|then|generally)\s+)?(?!not\b)"
    r"|\b(?:is|are|be|remains?|stays?)\s+(?:still\s+)?(?:eligible|entitled|allowed|permitted|accepted|covered|returnable|refundable)"
    r"|\beligible\s+for\b|\bqualif(?:y|ies)\b|\b(?:has|have)\s+(?:\w+\s+){1,3}to\s+\w+|\bentitled\b|\baccepts?\b",
    re.IGNORECASE,
)
"""Words that grant something. What the seller will do within a time, or what anybody has to do, grants nothing."""

_GRANTING = frozenset("eligible entitle allow permit accept cover returnable refundable qualify".split())

DENIES = re.compile(
    r"\b(?:not|never|no|nor|cannot|can't|without|only\s+after|neither|none|nobody|nothing|hardly|scarcely|rarely|"
    r"seldom|except|unless|exceptions?|excluding|excluded|barring|other\s+than|apart\s+from|aside\s+from|save\s+(?:for|"
    r"where|that|when|if))\b|n['’]t\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"\b(?:refuse[ds]?|refusing|reject(?:s|ed)?|decline[ds]?|den(?:y|ies|ied)|prohibit(?:s|ed)?|forbid(?:s|den)?|"
    r"ineligible|non-?returnable|non-?refundable|unreturnable)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"\b(?:may|can)\s+(?:be\s+)?(?:keep|kept|retain(?:ed)?|charged?|deduct(?:ed)?|fined?|withhold|withheld|"
    r"inspect(?:ed)?|ask(?:ed)?|required?)\b",
    re.IGNORECASE,
)
"""What may be done to whoever wants something: it grants nothing."""

EXCEPTION = re.compile(
    r"[,;]?\s*\b(?:unless|except|other than|apart from|aside from|excluding|with the exception of|save (?:for|where|"
    r"that|when|if))\b",
    re.IGNORECASE,
)

_FREE = r"(?:fees?|charges?|costs?|penalt(?:y|ies)|fines?|deductions?|surcharges?|payment)"
_ASKED = r"(?:reasons?|explanations?|justifications?|questions?)"
_MORE = r"(?:(?:a|an|any|the|extra|additional|further|other|specific|particular)\s+){0,3}"
_END = r"(?=\s*(?:[,.;]|$|\b(?:may|can|is|are|within|up\s+to|until|at|no|not)\b))"
_WAIVED = re.compile(
    rf"\b(?:without\s+(?:(?:giving|stating|paying|incurring|having\s+to\s+(?:give|state|pay))\s+)?|(?:at|with|for)\s+no\s+)"
    rf"{_MORE}(?:{_FREE}|{_ASKED})(?:\s+(?:or|and)\s+{_MORE}(?:{_FREE}|{_ASKED}))?\b(?:\s+(?:asked|given|charged)\b)?"
    r"|\bwithout\s+exceptions?\b|\bfree\s+of\s+(?:any\s+|all\s+)?(?:charge|cost)s?\b"
    r"|,?\s*\bno\s+questions\s+(?:are\s+|will\s+be\s+)?asked\b\s*,?"
    rf"|,?\s*(?:\b(?:and|but|with)\s+)?\bno\s+{_MORE}(?:{_FREE}|{_ASKED})\s+(?:is|are|will\s+be|needs?\s+(?:to\s+)?be|"
    r"has\s+to\s+be|have\s+to\s+be)\s+(?:charged|due|payable|needed|required|given|stated|asked|taken)\b"
    rf"|,?\s*\bwhether\s+or\s+not\s+(?:(?:it|they)\s+(?:is|are|was|were|has\s+been|have\s+been)\s+)?"
    rf"(?:\w+ed|worn|used|new|broken|torn|faulty|read|written)\b{_END},?"
    r"|,?\s*\b(?:but|and)\s+not\s+(?:after(?:wards)?|later|thereafter)(?=\s*(?:[.;]|$))",
    re.IGNORECASE,
)
"""Words that waive something, or say the bound again: what may be done, may be done with or without them."""

_NOT_ONLY = re.compile(
    r"^(?P<lead>\s*|.*?\b(?:may|can)\s+)not\s+only\s+(?P<one>[a-z\s-]{3,50}?),?\s+but\s+(?:also\s+)?(?P<other>\w+)",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(
    r"\b(?:may|can|could|will|shall|must|should|do|does|is|are|be|been|was|were)\s*$", re.IGNORECASE
)
_LESS = re.compile(r"\b(?:less|fewer|lower|under|below)\b", re.IGNORECASE)
_LISTED = re.compile(
    r"^(?:what|items?|things?|goods)\s+(?:that\s+)?(?P<denial>(?:cannot|can['’]t|may\s+not)\s+be\s+\w+):?\s+(?P<what>.+?)\.?$",
    re.IGNORECASE,
)
_WHERE = ("relcl", "acl", "prep", "appos", "advcl")
_HEDGED = frozenset(("also", "then", "either", "longer", "later", "earlier", "more", "not", "never", "no"))


def waived(sentence: str) -> str:
    """A rule without the words that deny something else than what it grants: "without a fee", "not only ... but"."""
    plain = _WAIVED.sub(" ", sentence)
    plain = _NOT_ONLY.sub(lambda found: f"{found['lead']}{found['one']} and {found['other']}", plain)
    return re.sub(r"\s+([.,;])", r"\1", " ".join(plain.split())) if plain != sentence else sentence


def hindrances(plain: str) -> list[str]:
    """The words of a rule that may deny or refuse what it grants; those of a bound or of a condition do not."""
    denying = [found[0] for found in _negations(plain) if not _of_condition(plain, found)]
    return denying + [found[0] for pattern in (_REFUSES, _AGAINST) for found in pattern.finditer(plain)]


def conditions(plain: str) -> list[str]:
    """The words by which a rule names what it is about by what it is not: "not damaged" of "books not damaged"."""
    of_conditions = [found for found in _negations(plain) if _of_condition(plain, found)]
    return [" ".join(plain[found.start() :].split()[:2]).strip(".,;)") for found in of_conditions]


def may_refuse(sentence: str) -> bool:
    """Whether a sentence may say that something is not granted."""
    plain = waived(sentence)
    if _REFUSES.search(plain):
        return True
    bare = DENIES.sub(lambda found: "can" if found[0].lower() in ("cannot", "can't") else " ", plain)
    return bare != plain and GRANTS.search(bare) is not None and bool(hindrances(plain))


def denial(sentence: str) -> Tree | None:
    """The tree of a sentence that denies a grant and does nothing else; None where it may say something else."""
    listed = _LISTED.match(sentence)
    said = f"{listed['what']} {listed['denial']}." if listed else sentence
    words = [found[0] for found in DENIES.finditer(said) if found[0].lower() != "nor"]
    if (
        len(words) != 1
        or not hindrances(said)
        or waived(said) != said
        or re.search(r"\bonly\b(?!\s+after)|\?", said, re.IGNORECASE)
    ):
        return None
    tree = parse([said])[0]
    predicates = [at for at in range(len(tree.tokens)) if _grants(tree, at)]
    if not predicates or not any(denied(tree, at) for at in predicates):
        return None
    verbs = {at for it in predicates for at in (it, tree.tokens[it].head)}
    hedged = any(tree.tokens[it].word not in _HEDGED for at in verbs for it in tree.dependents(at, "advmod"))
    return None if hedged or any(it.dep in ("ccomp", "csubj", "expl") for it in tree.tokens) else tree


def _grants(tree: Tree, at: int) -> bool:
    if tree.tokens[at].lemma in _GRANTING:
        return True
    return any(tree.tokens[it].lemma in ("may", "can", "ca") for it in tree.dependents(at, "aux"))


def _negations(plain: str) -> Iterator[re.Match[str]]:
    """The negations of a rule that are no part of a bound such as "no later than 30 days"."""
    found = list(DENIES.finditer(plain))
    bounds = [one for one in quantities(plain) if one.bound is not Bound.EXACT] if found else []
    return (it for it in found if not any(_of_bound(plain, it, bound) for bound in bounds))


def _of_bound(plain: str, found: re.Match[str], bound: Quantity) -> bool:
    if found[0].lower().startswith("only"):
        return found.start() < bound.begin < found.end()
    inside = bound.begin <= found.start() < bound.start and not _LESS.search(plain[bound.begin : bound.start])
    return inside and found[0].lower() in ("no", "not") and not _AUXILIARY.search(plain[: found.start()])


def _of_condition(plain: str, found: re.Match[str]) -> bool:
    """Whether a negation belongs to words that narrow the subject or give a condition, and no bound stands there."""
    if EXCEPTION.search(plain) or found[0].lower() not in ("not", "no", "never", "without"):
        return False
    tree = parse([plain])[0]
    at = next((it.at for it in tree.tokens if it.start <= found.start() < it.end), None)
    if at is None:
        return False
    bounds = [one for one in quantities(plain) if one.bound is not Bound.EXACT]
    for top in (at, *tree.ancestors(at)):
        if tree.tokens[top].dep not in _WHERE:
            continue
        below = [tree.tokens[it] for it in tree.subtree(top)]
        bounded = any(one.begin <= it.start < one.end for one in bounds for it in below)
        return not bounded and not any(_grants(tree, it.at) for it in below) and _narrows(tree, top)
    return False


def _narrows(tree: Tree, top: int) -> bool:
    """Whether a clause or phrase is about the subject, or begins with "if" and the like."""
    if tree.tokens[top].dep == "advcl":
        first: Sequence[str] = [tree.tokens[it].word for it in tree.dependents(top, "mark", "advmod")]
        return any(word in ("if", "when", "where", "provided") for word in first)
    return any(tree.tokens[it].dep in ("nsubj", "nsubjpass") and it < top for it in tree.ancestors(top))
