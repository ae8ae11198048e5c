"""The checks that rows may name."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.checks.check import Check, Kind
from evaluator.contract import conduct, document, facts, language, limits, phrases
from evaluator.contract.check_outcome import Ask, CheckOutcome, Definition, Source
from evaluator.english import OTHER_LANGUAGE, other_language
from evaluator.files.json_lines import Line

CHECKS: dict[str, Definition] = {
    **limits.CHECKS,
    **phrases.CHECKS,
    **document.CHECKS,
    **language.CHECKS,
    **facts.CHECKS,
    **conduct.CHECKS,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A check with its parameters, ready to be asked of an answer."""

    name: str
    kind: Kind
    ask: Ask
    languages: frozenset[str] = frozenset()

    def of(self, id: str, answer: str) -> list[Check]:
        """The outcomes for an answer. A blank answer fails each check; otherwise it would pass all that only forbid."""
        if not answer.strip():
            return [Check(id, self.name, self.kind, "FAIL", "blank_answer", "the answer is blank")]
        outcomes = self.ask(answer)
        passes = all(found.verdict == "PASS" for found in outcomes)
        if passes and self.languages and other_language(answer, self.languages):
            outcomes = [CheckOutcome("UNKNOWN", "other_language", OTHER_LANGUAGE)]
        return [
            Check(id, self.name, self.kind, found.verdict, found.reason, found.detail, found.start, found.end)
            for found in outcomes
        ]

    def unanswered(self, id: str, error: str | None) -> list[Check]:
        """FAIL where there is no answer, ERROR where the model could not be asked."""
        if error is None:
            return [Check(id, self.name, self.kind, "FAIL", "no_answer", "there is no answer")]
        return [Check(id, self.name, self.kind, "ERROR", "not_asked", f"the model could not be asked: {error}")]


def parse_checks(line: Line, source: Source) -> tuple[Asked, ...]:
    """The checks of a row, ready for its input; BadLine names the first that is not possible, and its parameter."""
    found: Sequence[Line] = line.items("checks")
    if not found:
        raise line.error("checks", "is empty; ask something of the answer")
    return tuple(_parse(check, source) for check in found)


def _parse(line: Line, source: Source) -> Asked:
    name = line.text("check")
    if name not in CHECKS:
        raise line.error("check", f"is {name!r}, which is none of {', '.join(CHECKS)}")
    definition = CHECKS[name]
    unknown = line.fields.keys() - definition.parameters - {"check"}
    if unknown:
        takes = ", ".join(sorted(definition.parameters)) or "none"
        raise line.error(min(unknown), f"is no parameter of {name}; it takes {takes}")
    return Asked(name, definition.kind, definition.make(line, source), definition.languages)
