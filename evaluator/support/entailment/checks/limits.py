"""What the evidence says only under a condition, for some, or up to a bound."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.checks.saying import against
from evaluator.support.entailment.counts import same_kind
from evaluator.support.entailment.matching import Domain, images, is_named
from evaluator.support.entailment.reading.negation import denied
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.entailment.words.lexicon import contraries_of
from evaluator.support.support_finding import SupportFinding

_CONDITIONS = frozenset("if unless when where once until till while provided providing whenever wherever".split())
_RESTRICTING = _CONDITIONS | frozenset(
    "with without under during outside except after before from since subject for in at on within by over above below "
    "between only as among inside upon against".split()
)


_EXCEPTING = frozenset("exception exempt exemption".split())


_HARMLESS = frozenset(
    (
        "at all times",
        "at once",
        "in full",
        "in writing",
        "by e-mail",
        "by email",
        "in the handbook",
        "in advance",
        "on time",
    )
)


def limits(mine: Domain, theirs: Sequence[Domain], whole: Sequence[Domain]) -> Iterator[SupportFinding]:
    """What the evidence says only under a condition, for some, or up to a bound, and the claim without."""
    for number, one in enumerate(theirs):
        tree = one.terms.tree
        for term in one.own:
            if term.lemma in _EXCEPTING and not any(True for other in whole for _ in images(term, other)):
                yield against(mine, mine.clause.head, "limit", "the evidence makes an exception")
                return
        for at in sorted(one.words):
            if not _restricts(one, at, whole, first=number == 0):
                continue
            if (
                _listed_under(tree, tree.tokens[at].head)
                and _forbids(tree.tokens[at].lemma)
                and denied(mine.terms.tree, mine.clause.head)
            ):
                continue  # "one of the prohibited items" may not be
            below = set(tree.subtree(at)) & one.words
            words = tree.text[min(tree.tokens[it].start for it in below) : max(tree.tokens[it].end for it in below)]
            said = [term for term in one.own if term.at in below and (not term.light or _wanted(tree, at, term.at))]
            counted = [it for it in one.counted if it.at in below]
            labels = [it for it in one.labels if it.at in below]
            shown = sum(any(True for other in whole for _ in images(term, other)) for term in said)
            shown += sum(
                any(same_kind(it.quantity, c.quantity) for other in whole for it in other.counted) for c in counted
            )
            shown += sum(any(is_named(it, label) for other in whole for it in other.labels) for label in labels)
            of = len(said) + len(counted) + len(labels)
            needed = of if tree.tokens[at].dep == "advcl" else -(-of // 2)
            if of and shown < needed and words.lower() not in _HARMLESS:
                yield against(mine, mine.clause.head, "limit", f"the claim leaves out {words!r}")
                return


def _wanted(tree: Tree, at: int, word: int) -> bool:
    """Whether a word is the verb of a relative clause: "the name you want" is not every name."""
    return at == word and tree.tokens[at].dep == "relcl" and tree.tokens[at].pos == "VERB"


def _restricts(one: Domain, at: int, whole: Sequence[Domain], *, first: bool) -> bool:
    tree = one.terms.tree
    token = tree.tokens[at]
    if token.word == "subject" and any(tree.tokens[child].word == "to" for child in tree.children[at]):
        return True
    if token.dep == "amod" and _listed_under(tree, token.head):
        return True
    if token.dep == "advcl":
        marks = {
            tree.tokens[child].word
            for child in tree.children[at]
            if tree.tokens[child].dep in ("mark", "advmod", "prep")
        }
        return bool(marks & (_CONDITIONS | {"before", "after", "as", "except", "save"})) or token.word in (
            "provided",
            "providing",
        )
    if not first:
        return False
    if token.dep == "prep":
        head = tree.tokens[token.head]
        return token.word in _RESTRICTING and (head.pos in ("VERB", "AUX", "ADJ") or head.dep in ("nsubj", "nsubjpass"))
    noun = one.terms.term_at.get(token.head)
    return (
        token.dep in ("relcl", "acl", "amod", "compound")
        and tree.tokens[token.head].dep in ("nsubj", "nsubjpass")
        and noun is not None
        and any(True for other in whole for _ in images(noun, other))
    )


def _listed_under(tree: Tree, at: int) -> bool:
    """Whether a heading names its items so: "cameras are one of the prohibited items"."""
    of = tree.tokens[tree.tokens[at].head]
    return tree.tokens[at].dep == "pobj" and of.word == "of" and tree.tokens[of.head].word == "one"


def _forbids(lemma: str) -> bool:
    return bool(contraries_of(lemma) & {"allow", "allowed", "accept", "cover", "include"})
