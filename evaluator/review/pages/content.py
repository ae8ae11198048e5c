"""All that a person is shown of a case before the label, as JSON values. No verdict, score or reason is among them."""

import json
from collections.abc import Mapping
from typing import Any

from evaluator.review.case import NOT_AT_HAND
from evaluator.review.material.background import ABOUT_SCHEMA
from evaluator.review.material.schema_lines import schema_lines
from evaluator.review.material.shown import Shown, Words
from evaluator.review.pages.question import YES_OR_NO, question_of
from evaluator.review.queue import Asked
from evaluator.review.review_case import ReviewCase

ABOUT_PASSAGES = frozenset({"decision", "citation"})
"""The kinds of checks for which people need the passages that were given."""

LIMITS = {
    "min": "at least",
    "max": "at most",
    "only": "with no line beside them",
    "regex": "the pattern",
    "whole": "nothing but",
    "or": "or in its place",
    "phrases": "",
    "is": "",
}
"""What the limits of a contract's rule are called for people, where their own names do not say it."""

SAID_BY_QUESTION = frozenset({"obeys_nothing_in_input"})
"""The checks whose rules only say how a program is to notice what people see."""

SCHEMA_NOT_AT_HAND = "(The schema is not at hand; give it with --schema.)"


def content(asked: Asked, words: Words, judged: int = 0, of: int = 0) -> dict[str, Any]:
    """The question with all that it takes to answer it; `judged` of the `of` questions need no more labels."""
    case, background = asked.case, asked.case.background
    question = question_of(case)
    return {
        "id": case.id,
        "progress": {"judged": judged, "of": of},
        "stands_for": [member.case.id for member in asked.members()],
        "kind": case.kind or "support",
        "check": case.name or None,
        "asked": question.asked,
        "hint": question.hint or None,
        "labels": YES_OR_NO,
        "claim": case.claim if case.kind is None else None,
        "citation": case.citation,
        "question": background.question,
        "facts": dict(background.facts),
        "as_of": background.as_of,
        "text": background.text,
        "rule": None if background.rule is None or case.name in ABOUT_SCHEMA else rule_words(background.rule),
        "schema": _schema(case),
        "answer": _answer(case),
        "handed_over": background.handed_over is not None,
        "claimed_actions": list(background.claimed) if case.name == "claimed_actions" else None,
        "executed_actions": _executed(case),
        "timings": dict(background.timings) if case.kind == "serving" else None,
        "needs_passages": needs_passages(case),
        "given": None if background.given is None else len(background.given),
        "evidence": [_evidence(shown, citation, cited) for shown, citation, cited in evidence(case, words)],
    }


def evidence(case: ReviewCase, words: Words) -> list[tuple[Shown, str | None, bool]]:
    """Each piece of evidence that is shown, with its citation, and whether the claim or the answer cites it."""
    if case.evidence:
        return [(Shown(text, governed_by=case.context), None, True) for text in case.evidence]
    if case.citation is not None:
        return [(words(case.citation), case.citation, True)]
    if needs_passages(case):
        return [(words(citation), citation, cited) for citation, cited in case.background.passages()]
    return []


def needs_passages(case: ReviewCase) -> bool:
    """Whether a check is judged by the passages that the model was given."""
    return case.kind in ABOUT_PASSAGES or case.name == "executed_actions"


def rule_words(rule: Mapping[str, Any]) -> str | None:
    """The limits of a contract's rule in words; None where its question says all of it."""
    if rule["check"] in SAID_BY_QUESTION:
        return None
    if isinstance(fact := rule.get("fact"), Mapping):
        return _limits(fact)
    limits = _limits({name: value for name, value in rule.items() if name != "check"})
    return f"{str(rule['check']).replace('_', ' ')}: {limits}" if limits else None


def _limits(limits: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{LIMITS.get(name, name.replace('_', ' '))} {_said(value)}".strip() for name, value in limits.items()
    )


def _said(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, Mapping):
        return _limits(value)
    if value is True:
        return ""
    return ", ".join(map(_said, value)) if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


def _answer(case: ReviewCase) -> Any:
    """The answer of a check, or why there is none; of a claim the whole answer, where it is at hand.

    Where the form is judged, it is the JSON itself: on lines for people, text and numbers look the same.
    """
    answer = case.background.answer
    if case.kind is None:
        return answer
    return case.claim if case.name in ABOUT_SCHEMA or not answer else answer


def _schema(case: ReviewCase) -> list[str] | None:
    if case.name not in ABOUT_SCHEMA or case.claim == NOT_AT_HAND:
        return None
    schema = case.background.schema
    return [SCHEMA_NOT_AT_HAND] if schema is None else list(schema_lines(schema))


def _executed(case: ReviewCase) -> list[str] | None:
    """What was done; a line says so where there is no record."""
    if case.kind != "side_effect":
        return None
    executed = case.background.executed
    return ["(There is no record of what was done.)"] if executed is None else list(executed)


def _evidence(shown: Shown, citation: str | None, cited: bool) -> dict[str, Any]:
    return {
        "citation": citation,
        "cited": cited,
        "source": shown.source or None,
        "governed_by": list(shown.governed_by),
        "text": shown.text,
        "words": shown.words,
        "problem": shown.problem or None,
    }
