"""What the claim says was done, where no record says so."""

from collections.abc import Iterator, Sequence

from evaluator.support.entailment.checks.saying import against
from evaluator.support.entailment.matching import Domain, Image
from evaluator.support.entailment.reading.parser import Tree
from evaluator.support.support_finding import SupportFinding


def not_done(mine: Domain, theirs: Sequence[Domain], pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """What the claim says was done, where the evidence only says what is done in general: an action not evidenced."""
    if not _past(mine.terms.tree, mine.clause.head):
        return
    heads = [image for image in pairs if image.term.at == mine.clause.head]
    past = [_told_past(image.domain.terms.tree, image.other.at) for image in heads]
    if not any(past) and not any(_past(one.terms.tree, one.clause.head) for one in theirs):
        decides = bool(heads) and _ours(mine.terms.tree, mine.clause.head)
        yield against(
            mine, mine.clause.head, "action not evidenced", "no record says that this was done", decides=decides
        )


def _ours(tree: Tree, at: int) -> bool:
    """Whether a claim says that we did something, or that something was done: not that she did, or studies did."""
    passive = any(True for _ in tree.dependents(at, "auxpass", "nsubjpass"))
    return passive or any(tree.tokens[it].word in ("i", "we") for it in tree.dependents(at, "nsubj"))


def _told_past(tree: Tree, at: int) -> bool:
    """Whether a verb tells what happened, or is a participle that may: "the film released in 2010"."""
    bare = tree.tokens[at].tag == "VBN" and not any(True for _ in tree.dependents(at, "aux", "auxpass"))
    return bare or _past(tree, at)


def _past(tree: Tree, at: int) -> bool:
    """Whether a verb tells what happened."""
    token = tree.tokens[at]
    if token.tag == "VBD":
        return not any(tree.tokens[child].word in ("would", "could") for child in tree.children[at])
    aux = {tree.tokens[child].word for child in tree.dependents(at, "aux", "auxpass")}
    return (
        token.tag == "VBN"
        and bool(aux & {"was", "were", "has", "have", "had", "'ve"})
        and not aux
        & {
            "may",
            "can",
            "must",
            "will",
            "should",
            "is",
            "are",
        }
    )
