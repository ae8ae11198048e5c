"""Whether an answer may be given: its citations hold, were shown and apply, and its decision follows from them.

The words for the customer may not be the contrary of the cited words and the facts.
"""

import itertools
import json
import re
from dataclasses import dataclass
from typing import Any

from evaluator.citations.claims import find_claims
from evaluator.quantities import quantities
from evaluator.support.facts.decision import Open, decide
from evaluator.support.facts.fact import read_facts
from evaluator.support.facts.scoring import supported
from evaluator.support.facts.shown import shown
from evaluator.support.facts.subject import families
from evaluator.support.rules import RuleScorer
from retriever.client import Answer, Client, ClientError, ProblemError
from retriever.evidence.citations import Handle


class Escalated(Exception):
    """A person has to decide; `reason` is a code that stays."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


_SCORER = RuleScorer()


@dataclass(frozen=True)
class Checking:
    """The checks of one answer: against the evidence that was found for it, and the facts that it was asked with.

    With `strict`, what cannot be shown does not hold: a decision that facts and rule leave open goes to a person too.
    """

    asof: Client
    found: Answer
    facts: dict[str, str]
    question: str
    strict: bool = False

    def check(self, answer: dict[str, Any]) -> None:
        """Escalated for the first thing that does not hold."""
        blocks = [(Handle.parse(item.citation), item) for item in self.found.evidence]
        held: list[dict[str, Any]] = []
        policies: set[str] = set()
        cited = {item["citation"] for item in answer["evidence"]}
        if not cited or cited != set(answer["citations"]):
            raise Escalated("invalid_answer", "a decision needs citations, each with its quote")
        for citation, quote in ((item["citation"], item["quote"]) for item in answer["evidence"]):
            check = self._verified(citation, quote)
            if check["verdict"] != "supported":
                raise Escalated("citation_does_not_hold", f"{citation}: {check['detail']}")
            handle = Handle.parse(citation)
            block = next((item for given, item in blocks if given.covers(handle)), None)
            if block is None:
                raise Escalated("citation_not_in_evidence", f"{citation} was not shown to the model")
            if block.applicability != "applies":
                raise Escalated("applicability_unconfirmed", f"{citation} applies only if facts that are missing agree")
            policies.add(block.policy_id)
            held.append(check)
        if answer["policy_id"] not in policies:
            raise Escalated("invalid_answer", f"no citation is of policy {answer['policy_id']}")
        if answer["requested_actions"] and not answer["eligible"]:
            raise Escalated("invalid_answer", "requests a label for what is not eligible")
        rules = [check["quotation"]["sentence"] or check["text"] for check in held]
        governing = [[item["text"] for item in check["governed_by"]] for check in held]
        self._follows(answer["eligible"], rules, governing)
        self._says_so(answer["answer"], [check["text"] for check in held], governing)

    def _follows(self, eligible: bool, rules: list[str], governing: list[list[str]]) -> None:
        """The decision is not the contrary of what the facts and the quoted rules decide; else Escalated."""
        applying = [item for item in self.found.evidence if item.applicability == "applies"]
        around = [[words.text for words in item.governed_by] for item in applying]
        sure = shown(self.facts, rules, governing, [item.text for item in applying], around)
        decided = decide(self.facts, rules, governing) if isinstance(sure, Open) else sure
        if decided is not None and decided.granted != eligible:
            raise Escalated("decision_contradicted", f"eligible is {json.dumps(eligible)}, but {decided.detail}")
        if self.strict and isinstance(sure, Open):
            raise Escalated("decision_not_shown", f"{sure.reason}; whether it is so, a person has to say")
        about = frozenset() if isinstance(sure, Open) else sure.families
        asked = families(self.question)
        if self.strict and asked and about and not asked & about:
            raise Escalated("decision_not_shown", f"the rule is about something else than the question: {rules[0]}")

    def _says_so(self, words: str, texts: list[str], governing: list[list[str]]) -> None:
        """The customer is told nothing contrary to cited words and facts, and no number of neither; else Escalated."""
        cited = list(zip(governing, texts, strict=True))
        itself = {_said(" ".join([*above, part])) for above, text in cited for part in (text, *text.split("\n"))}
        given = [*itertools.chain(*governing), *texts, self.question, *_sentences(self.facts)]
        known = quantities("\n".join(given))
        for claim in find_claims(words):
            if _said(claim.text) in itself:
                continue
            for number in quantities(claim.text):
                if not any((one.base, one.low, one.high) == (number.base, number.low, number.high) for one in known):
                    said = claim.text[number.begin : number.end]
                    raise Escalated("answer_contradicted", f"{said!r} stands in no cited words, and no fact says it")
            found = supported(_SCORER, claim.text, texts, governing, self.facts)
            if found.verdict == "FAIL":
                why = next((reason.detail for reason in found.reasons if reason.against and reason.detail), "")
                raise Escalated("answer_contradicted", f"{claim.text!r} is not what the cited words say: {why}")

    def _verified(self, citation: str, quote: str) -> dict[str, Any]:
        request = self.found.receipt.request
        try:
            return self.asof.verify(citation, quote, as_of=request["as_of"], known_at=request["known_at"])
        except ProblemError as error:
            raise Escalated("citation_does_not_hold", f"{citation}: {error.detail}") from error
        except ClientError as error:
            raise Escalated("citation_not_verified", str(error)) from error


def _sentences(facts: dict[str, str]) -> list[str]:
    return [sentence for fact in read_facts(facts) for sentence in fact.sentences()]


def _said(text: str) -> str:
    """The words of a text, without its marks: what is read of it."""
    return " ".join(re.findall(r"\w+", text.lower()))
