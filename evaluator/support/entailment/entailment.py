"""Entailment by parts: each proposition of a claim is found in the evidence, with nothing there that limits it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from evaluator.checks.check import Verdict
from evaluator.quantities import Relation
from evaluator.support.entailment.checks.contrast import contrasted, turned_dates
from evaluator.support.entailment.checks.copies import changed_copy
from evaluator.support.entailment.checks.denial import denials
from evaluator.support.entailment.checks.done import not_done
from evaluator.support.entailment.checks.frames import frames
from evaluator.support.entailment.checks.limits import limits
from evaluator.support.entailment.checks.order import ordered
from evaluator.support.entailment.checks.parts import named_after, owners, parts
from evaluator.support.entailment.checks.quantifiers import quantifiers
from evaluator.support.entailment.checks.saying import against
from evaluator.support.entailment.checks.strength import clause_strength, strengths
from evaluator.support.entailment.counts import counted_relation
from evaluator.support.entailment.governed import governed_sentences, pieces
from evaluator.support.entailment.matching import (
    Domain,
    Image,
    domain,
    domains,
    images,
    label_stands,
    other_label,
    says_little_else,
)
from evaluator.support.entailment.reading.clauses import SUBJECTS, clauses
from evaluator.support.entailment.reading.modal_words import modal_word
from evaluator.support.entailment.reading.negation import denied
from evaluator.support.entailment.reading.parser import Tree, parse
from evaluator.support.entailment.reading.terms import Term, terms_of
from evaluator.support.governed_texts import Context
from evaluator.support.support_finding import Place, SupportFinding

ENOUGH = 3
"""So many things of a clause, found in one clause of the evidence, say what it says whichever verb joins them."""

MANY = 8
"""In more sentences than this, a clause that says much else is likely about something else."""

IN_OTHER_PLACES = frozenset(("contrast", "denied", "order", "role"))
"""What is found where the evidence has a claim's words in other places; among much else the sense may be the same."""

_SAVE = re.compile(r"\bsave\s+(where|when|if|for|that|in|as)\b", re.IGNORECASE)
_STRUCK = re.compile(r"~~.*?~~", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entailment:
    """PASS where every part of the claim is shown, FAIL where one is contradicted, else UNKNOWN; and the findings."""

    verdict: Verdict
    findings: tuple[SupportFinding, ...]


def entail(claim: str, evidence: Sequence[str], context: Context = ()) -> Entailment:
    """Whether evidence, read under the words that govern each piece of it, entails a claim.

    Every clause of the claim is to be shown, by one clause of the evidence or two sentences that are about one thing.
    """
    readings = readings_of(evidence, context)
    trees = parse([claim, *(reading for _, reading in readings)])
    ours = terms_of(trees[0])
    texts = [(number, terms_of(tree)) for (number, _), tree in zip(readings, trees[1:], strict=True)]
    if len(readings) > len(evidence) or context:
        whole = [(number, terms) for number, terms in texts if is_sentence(terms.tree)]
        texts = whole or texts
    theirs = domains(texts)
    mine = [domain(0, ours, clause, clause.words | clause.inherited) for clause in clauses(ours.tree)]
    found = [finding for one in mine for finding in _shown(one, theirs, mine)]
    refuted = [finding for finding in found if finding.against]
    if not refuted and (changed := changed_copy(ours, [terms for _, terms in texts])) is not None:
        refuted = [changed]
    if not refuted:
        return Entailment("PASS" if found else "UNKNOWN", tuple(found))
    return Entailment("FAIL" if any(finding.decides for finding in refuted) else "UNKNOWN", tuple(refuted))


def prepare(texts: Iterable[tuple[str, Sequence[str], Context]]) -> None:
    """Parses many claims and their evidence at once."""
    parse(
        [
            said
            for claim, evidence, context in texts
            for said in (claim, *(reading for _, reading in readings_of(evidence, context)))
        ]
    )


def readings_of(evidence: Sequence[str], context: Context) -> list[tuple[int, str]]:
    """What each piece of evidence says under its context, with the number of the piece."""
    return [
        (number, reading)
        for number, text in enumerate(evidence)
        for reading in _readings(text, context[number] if number < len(context) else ())
    ]


def _readings(text: str, governing: Sequence[str]) -> list[str]:
    plain = _SAVE.sub(r"except \1", _STRUCK.sub(" ", text))
    if "\n" not in plain.strip():
        return governed_sentences(plain, governing) if any(governing) or plain.lstrip().startswith("|") else [plain]
    return [
        reading
        for piece, own in pieces(plain)
        for reading in (governed_sentences(piece, (*governing, *own)) if any(governing) or own else [piece])
    ]


def is_sentence(tree: Tree) -> bool:
    """Whether the words have a subject and a verb."""
    return any(token.dep in ("nsubj", "nsubjpass", "expl", "csubj") for token in tree.tokens)


def _shown(mine: Domain, theirs: Sequence[Domain], whole_claim: Sequence[Domain]) -> list[SupportFinding]:
    """What speaks for and against a clause of the claim, beside the clauses of the evidence that say most of it."""
    if _elliptical(mine):
        return [against(mine, mine.clause.head, "not shown", "the clause leaves out what it says")]
    tries: list[_Try] = [([one], _beside(mine, [one], whole_claim)) for one in theirs]
    whole = [one for one in tries if not _lost(one)]
    if not whole:
        ranked = sorted(range(len(tries)), key=lambda at: _lost(tries[at]))
        for first in ranked[:3]:
            for second in theirs:
                if (
                    second is not theirs[first]
                    and _adds(mine, tries[first][1], second)
                    and _linked(theirs[first], second)
                ):
                    both = [theirs[first], second]
                    tries.append((both, _beside(mine, both, whole_claim)))
        whole = [one for one in tries if not _lost(one)]
    if not tries:
        return [against(mine, mine.clause.head, "not shown", "the evidence says nothing")]
    beside, found = min(whole or tries, key=_badness)
    return _weighed(found, beside, theirs, whole_claim)


def _weighed(
    found: list[SupportFinding], beside: Sequence[Domain], theirs: Sequence[Domain], claim: Sequence[Domain]
) -> list[SupportFinding]:
    """The findings; beside a clause that says much else, some of those against the claim do not decide."""
    if not any(it.decides for it in found) or says_little_else(beside, claim):
        return found
    long = len({one.sentence for one in theirs}) > MANY
    return [replace(it, decides=False) if long or it.kind in IN_OTHER_PLACES else it for it in found]


_Try = tuple[list[Domain], list[SupportFinding]]
"""Clauses of the evidence, and what they say for and against a clause of the claim."""


def _lost(one: "_Try") -> int:
    """How many parts of the claim's clause are not shown."""
    return sum(finding.kind == "not shown" for finding in one[1])


def _elliptical(mine: Domain) -> bool:
    """Whether a clause ends with its auxiliary: "hail is not covered, whereas rain is"."""
    tree, head = mine.terms.tree, mine.clause.head
    said = any(tree.tokens[it].dep not in _SAYS_NOTHING for it in tree.children[head])
    return tree.tokens[head].lemma in ("be", "do", "have") and not said


_SAYS_NOTHING = (*SUBJECTS, "punct", "mark", "neg", "aux", "cc", "advmod")


def _badness(one: _Try) -> tuple[int, int]:
    return _lost(one), sum(it.against * (1 + it.decides) for it in one[1])


def _adds(mine: Domain, found: Sequence[SupportFinding], second: Domain) -> bool:
    """Whether a clause has something of what another one does not show."""
    lost = {it.start for it in found if it.kind == "not shown"}
    tokens = mine.terms.tree.tokens
    if any(tokens[at].start in lost for at in (*(it.at for it in mine.counted), *(it.at for it in mine.labels))):
        return True
    return any(images(term, second) for term in mine.own if tokens[term.at].start in lost)


def _linked(one: Domain, other: Domain) -> bool:
    """Whether two clauses are about one thing, by a shared subject, a pronoun, or a word of both sentences."""
    if one.sentence == other.sentence and (one.clause.inherited or other.clause.inherited):
        return True  # "a donor gives 470 ml and rests"
    if any(other.terms.tree.tokens[at].word in _PRONOUNS for at in other.words):
        return one.text == other.text
    if any(one.terms.tree.tokens[at].word in _PRONOUNS for at in one.words) and one.text == other.text:
        return True
    return one.sentence != other.sentence and any(
        True for term in one.own if not term.light for _ in images(term, other)
    )


_PRONOUNS = frozenset("it they this these them that those".split())


def _beside(mine: Domain, theirs: Sequence[Domain], whole: Sequence[Domain]) -> list[SupportFinding]:
    found: list[SupportFinding] = []
    pairs: list[Image] = []
    for term in mine.own:
        here = [image for one in theirs for image in images(term, one)]
        pairs += here
        if not here and not term.light and not _of_table(mine, term, theirs):
            word = mine.terms.tree.text[mine.terms.tree.tokens[term.at].start : mine.terms.tree.tokens[term.at].end]
            found.append(against(mine, term.at, "not shown", f"nothing there says {word!r}"))
    for label in mine.labels:
        if not any(label_stands(label, one) for one in theirs):
            other = next((it for one in theirs if (it := other_label(label, one))), None)
            detail = f"the evidence is about {other.name}" if other else f"nothing there names {label.name}"
            found.append(against(mine, label.at, "label" if other else "not shown", detail, decides=other is not None))
    for counted in mine.counted:
        relations = [counted_relation(mine, counted, one) for one in theirs]
        if any(one is Relation.AGREES for one, _ in relations):
            continue
        said = mine.terms.tree.text[counted.quantity.begin : counted.quantity.end]
        near = next((other for one, other in relations if one is not None), None)
        if near is None and said.lower() in ("one", "a single"):
            continue  # "in one message" says no more than "per message"
        if near is None:
            found.append(against(mine, counted.at, "not shown", f"nothing there says {said!r}"))
        else:
            unseen = any(it.kind == "not shown" for it in found)
            differs = not unseen and all(one is not Relation.OPEN for one, _ in relations)
            found.append(
                against(
                    mine, counted.at, "quantity", f"the evidence says another quantity than {said!r}", decides=differs
                )
            )
    if not any(it.kind == "not shown" for it in found):
        found += _predicate(mine, theirs, pairs)
        found += _limited(mine, theirs, pairs, whole)
    if not found:
        one = theirs[0]
        span = _span(one)
        found.append(SupportFinding("shown", *_span(mine), Place(one.text, *span), "every part of it is said here"))
    return found


def _limited(
    mine: Domain, theirs: Sequence[Domain], pairs: Sequence[Image], whole: Sequence[Domain]
) -> Iterator[SupportFinding]:
    """What speaks against a clause whose every word is found."""
    yield from contrasted(mine, theirs, pairs)
    yield from turned_dates(mine, theirs)
    yield from denials(mine, pairs)
    yield from strengths(mine, pairs)
    yield from clause_strength(mine, theirs, pairs)
    yield from quantifiers(mine, theirs, pairs)
    yield from parts(mine, theirs)
    yield from owners(mine, pairs)
    yield from named_after(mine, pairs)
    yield from ordered(mine, theirs)
    yield from limits(mine, theirs, whole)
    yield from frames(mine, theirs, pairs)
    yield from not_done(mine, theirs, pairs)


_HAVING = frozenset("pay cost charge get receive last take bear carry earn hold".split())


def _of_table(mine: Domain, term: Term, theirs: Sequence[Domain]) -> bool:
    """Whether a verb only says that something has a value, and the evidence says what the value is."""
    if mine.terms.tree.tokens[term.at].pos != "VERB" or term.lemma not in _HAVING or not mine.counted:
        return False
    return any(one.terms.tree.tokens[one.clause.head].lemma == "be" and one.counted for one in theirs)


def _predicate(mine: Domain, theirs: Sequence[Domain], pairs: Sequence[Image]) -> Iterator[SupportFinding]:
    """Where nothing stands for what the claim says of its things, the evidence may say something else of them."""
    head = mine.terms.term_at.get(mine.clause.head)
    if head is not None and any(image.term.at == head.at for image in pairs):
        return
    theirs_head = theirs[0].terms.term_at.get(theirs[0].clause.head)
    alone = theirs_head is None or not any(True for _ in images(theirs_head, mine))
    here, there = (denied(it.terms.tree, it.clause.head) for it in (mine, theirs[0]))
    if alone and here != there and modal_word(mine.terms.tree, mine.clause.head):
        yield against(mine, mine.clause.head, "denied", "only one of the claim and the evidence denies what it says")
        return
    said = {image.term.at for image in pairs if not image.term.light}
    if len(said) + len(mine.counted) + len(mine.labels) >= ENOUGH:
        return
    if theirs_head is None or theirs_head.light or not alone:
        return
    yield against(mine, mine.clause.head, "predicate", f"the evidence says {theirs_head.lemma!r} of it")


def _span(one: Domain) -> tuple[int, int]:
    tokens = [one.terms.tree.tokens[at] for at in one.clause.words]
    return min(token.start for token in tokens), max(token.end for token in tokens)
