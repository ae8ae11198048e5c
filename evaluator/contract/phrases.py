"""Phrases: words that an answer must have or must not have, however they are cased, spaced or quoted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.contract.check_outcome import Ask, CheckOutcome, Definition, Source, failed, passed
from evaluator.files.json_lines import Line
from retriever.evidence.quotations import PLAIN_MARKS

_ALIKE = {
    plain: f"[{re.escape(plain + ''.join(chr(mark) for mark, alike in PLAIN_MARKS.items() if alike == plain))}]"
    for plain in set(PLAIN_MARKS.values())
}


@dataclass(frozen=True, slots=True)
class Phrase:
    shown: str
    expression: re.Pattern[str]

    def find(self, text: str) -> re.Match[str] | None:
        return self.expression.search(text)


def literal(text: str) -> Phrase:
    """The whole words of a phrase: `may` is not in `dismay`. Case, white space and the form of quotes do not matter."""
    parts = ["".join(_ALIKE.get(mark, re.escape(mark)) for mark in word) for word in text.split()]
    before = r"(?<!\w)" if re.match(r"\w", text.strip()) else ""
    after = r"(?!\w)" if re.search(r"\w$", text.strip()) else ""
    return Phrase(repr(text), re.compile(before + r"\s+".join(parts) + after, re.IGNORECASE))


def parse_phrases(line: Line, field: str) -> list[Phrase]:
    """The phrases of a list: each is text, {"regex": ...}, or {"whole": ...} for an answer that says nothing else."""
    items = line.required(field)
    if not isinstance(items, list) or not items:
        raise line.error(field, "is not a list of phrases")
    return [_phrase(line, f"{field}[{at}]", item) for at, item in enumerate(items)]


def _phrase(line: Line, field: str, item: object) -> Phrase:
    if isinstance(item, str) and item.strip():
        return literal(item)
    if isinstance(item, dict) and len(item) == 1:
        ((form, text),) = item.items()
        if isinstance(text, str) and text.strip():
            if form == "whole":
                inner = literal(text).expression.pattern
                return Phrase(f"nothing but {text!r}", re.compile(rf"\A[\W_]*{inner}[\W_]*\Z", re.IGNORECASE))
            if form == "regex":
                return Phrase(f"/{text}/", _compiled(line, field, text))
    raise line.error(field, f'is {item!r}; write text, {{"regex": text}} or {{"whole": text}}')


def _compiled(line: Line, field: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE | re.MULTILINE)
    except re.error as error:
        raise line.error(field, f"is no regular expression: {error}") from error


def make_required(line: Line, source: Source) -> Ask:
    phrases = parse_phrases(line, "phrases")

    def ask(answer: str) -> Sequence[CheckOutcome]:
        missing = [phrase.shown for phrase in phrases if not phrase.find(answer)]
        if missing:
            return failed("not_said", f"the answer does not hold {', '.join(missing)}")
        return passed(f"all {len(phrases)} phrases are there")

    return ask


def make_forbidden(line: Line, source: Source) -> Ask:
    phrases = parse_phrases(line, "phrases")
    return lambda answer: first_found(answer, phrases, "forbidden", "the answer holds")


def make_obeys_nothing(line: Line, source: Source) -> Ask:
    """The answer has none of the signs that an instruction inside the input was followed."""
    if not source.input.strip():
        raise line.error("check", "is 'obeys_nothing_in_input', but the row has no input that could be obeyed")
    signs = parse_phrases(line, "signs")
    return lambda answer: first_found(answer, signs, "obeyed_input", "the answer does what its input says:")


def first_found(answer: str, phrases: Sequence[Phrase], reason: str, says: str) -> Sequence[CheckOutcome]:
    """FAIL at the first place where any of the phrases stands."""
    found = [(match.span(), phrase) for phrase in phrases if (match := phrase.find(answer))]
    if found:
        (start, end), phrase = min(found, key=lambda pair: pair[0])
        return failed(reason, f"{says} {phrase.shown}", start, end)
    return passed(f"none of {len(phrases)} phrases is there")


CHECKS = {
    "required_phrases": Definition("format", frozenset({"phrases"}), make_required),
    "forbidden_phrases": Definition("format", frozenset({"phrases"}), make_forbidden),
    "obeys_nothing_in_input": Definition("usefulness", frozenset({"signs"}), make_obeys_nothing),
}
