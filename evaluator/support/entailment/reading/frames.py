"""What is not said to be so: conditions, questions, quotations, what was so before."""

from functools import lru_cache

from evaluator.support.entailment.reading.parser import Tree

_FALSE = frozenset("misconception myth misunderstanding fallacy rumour rumor".split())
_ASKING = frozenset(
    "ask wonder question doubt misconception myth rumour rumor misunderstanding fallacy suppose imagine whether "
    "claim".split()
)


def supposed(tree: Tree, at: int) -> bool:
    """Whether a word stands in a condition, a question, a quotation or a report, and so is not said to be so."""
    token = tree.tokens[at]
    if tree.text.count('"', 0, token.start) % 2 or tree.text.count("“", 0, token.start) > tree.text.count(
        "”", 0, token.start
    ):
        return True
    last = next((it for it in reversed(tree.tokens) if it.sentence == token.sentence), token)
    if last.word == "?" or any(it.lemma in _FALSE and it.sentence == token.sentence for it in tree.tokens[:at]):
        return True
    for one in (at, *tree.ancestors(at)):
        token = tree.tokens[one]
        marks = {
            tree.tokens[child].word for child in tree.children[one] if tree.tokens[child].dep in ("mark", "advmod")
        }
        if token.dep == "advcl" and marks & {"if", "unless", "suppose"}:
            return True
        if (
            token.dep in ("ccomp", "acl", "pcomp", "relcl", "dobj", "csubj")
            and tree.tokens[token.head].lemma in _ASKING
        ):
            return True
        if "whether" in marks:
            return True
        if token.dep in ("ccomp", "acl", "csubj", "advcl", "relcl") and any(
            tree.tokens[child].lemma in _ASKING for child in tree.dependents(token.head, "attr", "nsubj")
        ):
            return True
    return False


_PAST = frozenset(("previously", "formerly", "earlier"))


@lru_cache(maxsize=20_000)
def gone(tree: Tree) -> frozenset[int]:
    """The words of an aside that is no longer so: "the fee, formerly $8, is now $5"."""
    found: set[int] = set()
    for token in tree.tokens:
        if token.word in _PAST and token.at and tree.tokens[token.at - 1].word in (",", "(", "–", "—"):
            for at in range(token.at, len(tree.tokens)):
                if tree.tokens[at].word in (",", ")", "–", "—", ";", "."):
                    break
                found.add(at)
    return frozenset(found)
