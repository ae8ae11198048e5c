"""A rule-based stand-in for a language model: it answers returns questions by patterns, and is no measure of any model.

It is given what a model is given, a question, facts and evidence, and answers in the same JSON. Periods and dates are
read from the evidence, so other evidence gives another answer; what to look for was written by hand for these policies.
Of other facts than those of evals/order_facts.json it knows nothing.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from boundary.contract import PROMPT, Reply
from retriever.client import Answer, Evidence

DAYS_A_MONTH = 30.44

Facts = Mapping[str, str]
Judge = Callable[[re.Match[str], Facts], bool | None]
"""Whether it is granted by the words that matched; None where a fact is missing."""

ASKS_FOR_SOMETHING = re.compile(
    r"return|refund|exchang|replac|repair|qualif|eligible|warrant|guarantee|cover|wrong item|right one"
    r"|\b(?:sen[dt]|go|goes|take|taken)\b.{0,200}\bback\b",
    re.IGNORECASE,
)
ASKS_FOR_RETURN = re.compile(r"return|exchang|\bback\b", re.IGNORECASE)
ASKS_FOR_REFUND = re.compile(r"refund", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where the facts are these and the question holds this, the evidence with these words decides."""

    words: str
    judge: Judge
    question: str = ""
    facts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unless: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def concerns(self, question: str, facts: Facts) -> bool:
        return (
            re.search(self.question, question, re.IGNORECASE) is not None
            and all(facts.get(name) in values for name, values in self.facts)
            and not any(facts.get(name) in values for name, values in self.unless)
        )


def _never(words: re.Match[str], facts: Facts) -> bool | None:
    return False


def _within(words: re.Match[str], facts: Facts) -> bool | None:
    days = facts.get("days_since_delivery", "")
    if not days.isdecimal():
        return None
    return int(days) <= int(words[1]) * (DAYS_A_MONTH if words[2] == "months" else 1)


def _shipping(words: re.Match[str], facts: Facts) -> bool | None:
    return facts["condition"] in ("damaged", "faulty", "wrong_item") if "condition" in facts else None


def _bought_between(words: re.Match[str], facts: Facts) -> bool | None:
    try:
        bought = date.fromisoformat(facts["bought_on"])
    except ValueError:
        return None
    first, last = (datetime.strptime(f"{day} {bought.year}", "%d %B %Y").date() for day in words.groups())
    return first <= bought <= last


_PARTS = re.compile(r"\n\s*\n(?:[-*+] )?|\n\s*[-*+] ")
"""Between the paragraphs and list items of a block: a rule is found in one of them."""

_WITHIN = r".*within (\d+) (days|months) of delivery"
_DAMAGED = ("condition", ("damaged",))

REFUNDS = (
    Rule(r"Shipping charges are refunded only", _shipping, r"shipping|delivery (?:cost|charge)|postage"),
    Rule(r"original payment method", _never, r"(?:an)?other (?:card|account|method)|different (?:card|account)"),
    Rule(r"without its accessories", _never, r"without|missing"),
)
RETURNS = (
    Rule(r"differs only in its packaging", _never, facts=(("condition", ("packaging_differs",)),)),
    Rule(r"drops or liquids", _never, facts=(("condition", ("accident",)),)),
    Rule(r"^Gift cards", _never, facts=(("category", ("gift_card",)),), unless=(_DAMAGED,)),
    Rule(r"^Opened software", _never, facts=(("category", ("software",)), ("condition", ("opened",)))),
    Rule(r"^Perishable", _never, facts=(("category", ("perishable",)),), unless=(_DAMAGED,)),
    Rule(r"marked \"final sale\" may not", _never, facts=(("final_sale", ("true",)),), unless=(_DAMAGED,)),
    Rule(r"^Damaged items" + _WITHIN, _within, facts=(_DAMAGED,)),
    Rule(r"another item than the one ordered" + _WITHIN, _within, facts=(("condition", ("wrong_item",)),)),
    Rule(r"stop working" + _WITHIN, _within, facts=(("condition", ("faulty",)), ("category", ("electronics",)))),
    Rule(r"recipient of a gift" + _WITHIN, _within, facts=(("gift", ("true",)),)),
)
HOLIDAYS = Rule(r"bought between (\d+ \w+) and (\d+ \w+) may be returned", _bought_between)
STANDARD = Rule(r"^Unused items" + _WITHIN, _within, facts=(("condition", ("unused",)),))


class RuleBasedStandIn:
    """The stand-in in the place of a model."""

    checkpoint = "rule-based-stand-in"
    prompt = PROMPT

    def reply(self, question: str, facts: Facts, found: Answer) -> Reply:
        started = time.monotonic()
        answer = json.dumps(answer_by_rules(question, facts, found.evidence))
        return Reply(answer, round((time.monotonic() - started) * 1000, 1))


def answer_by_rules(question: str, facts: Facts, evidence: Sequence[Evidence]) -> dict[str, Any]:
    """The answer by the first rule that concerns the question and has its words in the evidence."""
    if not ASKS_FOR_SOMETHING.search(question):
        return _abstained("The question asks for nothing that a rule knows.")
    for rule in _rules(question, facts):
        if not rule.concerns(question, facts):
            continue
        for block, part in _parts(evidence):
            if (words := re.search(rule.words, part, re.DOTALL)) is None:
                continue
            granted = rule.judge(words, facts)
            if granted is None:
                return _abstained("A fact is missing that the policy asks about.")
            if granted or rule is not HOLIDAYS:
                return _answer(block, part, words[0], granted, bool(ASKS_FOR_RETURN.search(question)))
    return _abstained("No words of the evidence decide the question.")


def _parts(evidence: Sequence[Evidence]) -> Iterator[tuple[Evidence, str]]:
    return ((block, part) for block in evidence for part in _PARTS.split(block.text))


def _rules(question: str, facts: Facts) -> tuple[Rule, ...]:
    if ASKS_FOR_REFUND.search(question):
        return REFUNDS
    holidays = (HOLIDAYS,) if "bought_on" in facts else ()
    about_holidays = re.search(r"holiday", question, re.IGNORECASE) is not None
    return (*RETURNS, *holidays) if about_holidays else (*RETURNS, *holidays, STANDARD)


def _answer(block: Evidence, part: str, quote: str, granted: bool, returned: bool) -> dict[str, Any]:
    words = " ".join(part.split())
    if block.governed_by and not re.search(r"\b(?:may|must|are|is|can)\b", words):  # an item says half a sentence
        words = f"{block.governed_by[-1].text.strip('# :')}: {words[0].lower()}{words[1:]}"
    return {
        "eligible": granted,
        "policy_id": block.policy_id,
        "evidence": [{"citation": block.citation, "quote": quote}],
        "citations": [block.citation],
        "answer": f"{words[:500]} [{block.citation}]",
        "requested_actions": ["create_label"] if granted and returned else [],
    }


def _abstained(why: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"eligible": None, "policy_id": None, "evidence": [], "citations": []}
    return {**nothing, "answer": why, "requested_actions": []}
