"""What is denied, and what is left out: not, nobody, without, except, unless."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from evaluator.support.entailment.reading.modal_words import MAY, modal_word
from evaluator.support.entailment.reading.parser import Tree

NEGATIONS = frozenset(("not", "n't", "never", "no", "nobody", "none", "nothing", "neither", "nowhere", "nor", "cannot"))


EXCLUDING = frozenset(("without", "except", "excluding", "save", "barring", "minus", "unlike"))


_EXCLUDING_PHRASES = (
    ("other", "than"),
    ("rather", "than"),
    ("instead", "of"),
    ("apart", "from"),
    ("aside", "from"),
    ("with", "the", "exception", "of"),
    ("but", "not"),
    ("and", "not"),
)


_LOSING = frozenset("lose lack forfeit refuse deny waive withhold stop exclude reject".split())


_FREEING = frozenset("exempt excuse exclude release bar exemption free prohibit prevent refrain exclusion keep".split())


_THERE = frozenset("be need require ask have charge demand necessary apply".split())


def denied(tree: Tree, at: int, ignored: frozenset[int] = frozenset()) -> bool:
    """Whether a predicate is said not to be so: by a negation of its own, or of the verb that it completes.

    Negations at `ignored` places are a part of the word itself, as in "not taken".
    """
    count, seen = 0, at
    for _ in range(4):
        token = tree.tokens[seen]
        for child in tree.children[seen]:
            word = tree.tokens[child]
            if child in ignored:
                continue
            if (word.dep == "neg" and word.word in NEGATIONS) or word.word in ("never", "cannot"):
                count += not _not_only(tree, child)
            elif word.word == "longer" and any(tree.tokens[below].word == "no" for below in tree.children[child]):
                count += 1
        for subject in tree.dependents(seen, "nsubj", "nsubjpass", "dobj", "attr"):
            costs = tree.tokens[subject].word == "nothing" and token.lemma in ("cost", "pay")
            nobody = tree.tokens[subject].word in ("nobody", "none", "nothing", "neither") and not costs
            if nobody or any(
                tree.tokens[child].word in ("no", "neither")
                and child not in ignored
                and tree.tokens[child].dep in ("det", "preconj", "neg")
                for child in tree.children[subject]
            ):
                count += not _only(tree, subject)
        if seen == at and _not_possible(tree, at):
            return count % 2 == 0
        if token.dep not in ("xcomp", "acomp", "attr", "oprd") or token.head == seen:
            break
        if modal_word(tree, token.head):
            break
        seen = token.head
    return count % 2 == 1


def _not_possible(tree: Tree, at: int) -> bool:
    """Whether something is said not to be possible or allowed: "it is not possible to swap it"."""
    token = tree.tokens[at]
    if token.dep not in ("xcomp", "ccomp", "advcl", "csubj"):
        return False
    head = token.head
    modal = [said for said in (head, *tree.dependents(head, "acomp", "attr")) if tree.tokens[said].lemma in MAY]
    return bool(modal) and any(True for one in (head, *modal) for _ in tree.dependents(one, "neg"))


def _not_only(tree: Tree, at: int) -> bool:
    return at + 1 < len(tree.tokens) and tree.tokens[at + 1].word in ("only", "just", "necessarily", "all", "every")


def _only(tree: Tree, subject: int) -> bool:
    """Whether "nobody except technicians" stands for only technicians."""
    return any(tree.tokens[child].word in ("except", "but", "save", "other") for child in tree.subtree(subject))


def left_out(tree: Tree, at: int) -> bool:
    """Whether a thing is said not to be had: "no receipt is needed", "you lose the right", "exempt from tendering"."""
    token = tree.tokens[at]
    head = tree.tokens[token.head]
    if head.lemma in _LOSING and token.dep in ("dobj", "nsubjpass"):
        return True
    if token.dep in ("pobj", "pcomp") and head.word in ("from", "of"):
        return tree.tokens[head.head].lemma in _FREEING
    if not any(tree.tokens[child].word == "no" for child in tree.children[at]):
        return False
    return head.lemma in _THERE


@lru_cache(maxsize=20_000)
def excluded(tree: Tree) -> frozenset[int]:
    """The words that stand under "without", "except", "unless", "rather than", "and not" and the like."""
    found: set[int] = set()
    words = [token.word for token in tree.tokens]
    nobody = bool({"nobody", "none", "nothing"} & set(words)) or ("no" in words and "one" in words)
    for token in tree.tokens:
        if token.word in EXCLUDING and token.dep in (
            "prep",
            "mark",
            "pcomp",
            "ROOT",
            "cc",
            "dep",
            "advmod",
            "conj",
            "amod",
        ):
            if (nobody and token.word == "except") or token.dep == "mark":
                continue
            if words[token.at + 1 : token.at + 2] and words[token.at + 1] in _CLAUSE_FIRST:
                found.update(_verb_above(tree, token.at + 1))
                continue
            top = token.head if token.dep == "mark" else token.at
            found.update(at for at in _until(words, token.at, tree.subtree(top)))
        if token.word in ("unless", "save", "except") and token.dep == "mark":
            found.add(token.head)  # what does not hold is what the clause says, not its things
            if tree.tokens[token.head].lemma == "be":
                for said in tree.dependents(token.head, "attr", "acomp", "prep"):
                    found.update(tree.subtree(said))
        if token.dep == "neg" and token.word == "not":
            head = tree.tokens[token.head]
            if (
                head.pos not in ("VERB", "AUX")
                and head.at > token.at
                and head.dep in ("conj", "pobj", "prep", "appos", "dobj")
            ):
                found.update(_until(words, token.at, tree.subtree(head.at)))
    for phrase in _EXCLUDING_PHRASES:
        for at in range(len(words) - len(phrase)):
            if tuple(words[at : at + len(phrase)]) == phrase and not (nobody and phrase[0] == "other"):
                found.update(_phrase_after(tree, words, at + len(phrase)))
    return frozenset(found)


_CLAUSE_FIRST = ("where", "when", "if", "that", "as")


def _verb_above(tree: Tree, at: int) -> list[int]:
    """The verb of the clause that a word begins."""
    return [one for one in tree.ancestors(at) if tree.tokens[one].pos in ("VERB", "AUX")][:1]


def _until(words: Sequence[str], start: int, below: Iterator[int]) -> Iterator[int]:
    """The words below that stand behind a place and before the next colon or semicolon."""
    end = next((at for at in range(start, len(words)) if words[at] in (":", ";")), len(words))
    return (at for at in below if start < at < end)


def _phrase_after(tree: Tree, words: Sequence[str], start: int) -> Iterator[int]:
    """The words of the noun phrase, or the clause up to its verb, that begins at a place."""
    for at in range(start, len(words)):
        token = tree.tokens[at]
        if words[at] in (",", ";", ".", ":", ")") or (token.pos in ("VERB", "AUX") and at > start + 1):
            return
        yield at
