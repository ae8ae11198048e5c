"""Words that say how strongly something holds: required, allowed."""

from evaluator.support.entailment.reading.parser import Tree

MUST = frozenset("must shall require oblige compel need have bind necessary mandatory compulsory obligatory".split())


MAY = frozenset(
    "may can could might allow permit able free entitle possible choose option optional discretion let eligible".split()
)


def modal_word(tree: Tree, at: int) -> bool:
    """Whether a word says how strongly something holds, such as "required" and "allowed"."""
    return tree.tokens[at].lemma in MUST | MAY and tree.tokens[at].lemma not in ("have", "bind")
