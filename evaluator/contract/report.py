"""The result of a contract: rates by kind of check, check, task, group and length of input, each over whole rows.

A row passes where all its checks pass. A group passes where all its rows pass. UNKNOWN, ERROR and a missing answer do
not pass, and stay in every denominator.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.checks.check import Check, Verdict, worst
from evaluator.contract.layout import words
from evaluator.contract.rows import Answer, Row
from evaluator.statistics.intervals import Estimate, proportion

LENGTHS = {"short": (0, 50), "medium": (51, 200), "long": (201, None)}
"""The lengths of inputs, in words, ends included."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row and the outcomes of its checks; `answered` is false where the model gave nothing to judge."""

    row: Row
    answered: bool
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        return worst(check.verdict for check in self.checks)

    @property
    def length(self) -> str:
        count = len(words(self.row.source.input))
        return next(name for name, (_, most) in LENGTHS.items() if most is None or count <= most)


@dataclass(frozen=True, slots=True)
class Report:
    judged: tuple[Judged, ...]

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How many rows came to each verdict."""
        counts = Counter(item.verdict for item in self.judged)
        return {verdict: counts[verdict] for verdict in ("PASS", "FAIL", "UNKNOWN", "ERROR")}

    def passed(self) -> Estimate:
        return _rate(item.verdict for item in self.judged)

    def by(self, part: Callable[[Check], Hashable], judged: Iterable[Judged] | None = None) -> dict[Any, Estimate]:
        """By part (a kind or a name of checks): the share of rows with such checks in which all of them hold."""
        found: dict[Hashable, list[Verdict]] = {}
        for item in self.judged if judged is None else judged:
            for name in dict.fromkeys(part(check) for check in item.checks):
                held = worst(check.verdict for check in item.checks if part(check) == name)
                found.setdefault(name, []).append(held)
        return {name: _rate(verdicts) for name, verdicts in found.items()}

    def rows_by(self, part: Callable[[Judged], str]) -> dict[str, list[Judged]]:
        found: dict[str, list[Judged]] = {}
        for item in self.judged:
            found.setdefault(part(item), []).append(item)
        return found

    def groups(self) -> dict[str, list[Judged]]:
        return self.rows_by(lambda item: item.row.group)

    def groups_passed(self) -> Estimate:
        """A group passes where every row does, since an answer should not depend on the wording."""
        return _rate(worst(item.verdict for item in items) for items in self.groups().values())

    def content(self) -> dict[str, Any]:
        groups, lengths = self.groups(), self.rows_by(lambda item: item.length)
        tasks = self.rows_by(lambda item: item.row.task)
        return {
            "rows": len(self.judged),
            "answered": sum(item.answered for item in self.judged),
            "verdicts": self.verdicts,
            "passed": self.passed().content(),
            "kinds": _contents(self.by(lambda check: check.kind)),
            "checks": _contents(self.by(lambda check: check.name)),
            "tasks": {task: _rate(item.verdict for item in items).content() for task, items in tasks.items()},
            "groups": {
                "count": len(groups),
                "without_rewording": sum(len(items) == 1 for items in groups.values()),
                "passed": self.groups_passed().content(),
                "each": {
                    name: {
                        "verdict": worst(item.verdict for item in items),
                        "passed": _rate(item.verdict for item in items).content(),
                    }
                    for name, items in groups.items()
                },
            },
            "input_length": {
                name: {
                    "words": list(LENGTHS[name]),
                    "passed": _rate(item.verdict for item in lengths[name]).content(),
                    "kinds": _contents(self.by(lambda check: check.kind, lengths[name])),
                }
                for name in LENGTHS
                if name in lengths
            },
            "by_row": {item.row.id: {"group": item.row.group, "verdict": item.verdict} for item in self.judged},
            "records": [check.content() for item in self.judged for check in item.checks],
        }


def judge(rows: Sequence[Row], answers: Sequence[Answer | None]) -> Report:
    """Asks every check of every row of its answer, in order."""
    return Report(tuple(_judged(row, answer) for row, answer in zip(rows, answers, strict=True)))


def _judged(row: Row, answer: Answer | None) -> Judged:
    if answer is None or answer.text is None:
        error = None if answer is None else answer.error
        return Judged(row, False, tuple(check for asked in row.checks for check in asked.unanswered(row.id, error)))
    text = answer.text
    return Judged(row, True, tuple(check for asked in row.checks for check in asked.of(row.id, text)))


def _rate(verdicts: Iterable[Verdict]) -> Estimate:
    asked = list(verdicts)
    return proportion(asked.count("PASS"), len(asked))


def _contents(estimates: Mapping[Any, Estimate]) -> dict[str, Any]:
    return {name: estimate.content() for name, estimate in estimates.items()}
