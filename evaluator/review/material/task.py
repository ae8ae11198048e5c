"""A task: what the answer was asked for, from a case of decisions or a row of a contract.

Nothing here says which answer is right: a label should be an opinion of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluator.files.json_lines import Line, read_lines
from evaluator.files.policy_cases import parse_case
from policies.instant import format_instant

Rule = Mapping[str, Any]
"""One thing that a contract asks of an answer: the name of its check in `check`, and its limits."""


@dataclass(frozen=True, slots=True)
class Task:
    """A question with facts and an instant, or an instruction with the rules of its checks.

    `text` is what an instruction says to work on, perhaps none; None where it is a question.
    """

    question: str
    facts: Mapping[str, str] = field(default_factory=dict)
    as_of: str | None = None
    text: str | None = None
    rules: tuple[Rule, ...] = ()

    def rule(self, name: str, number: int) -> Rule | None:
        """The rule of the check `name` that is number `number` of this name, from 0; None where it has no rule."""
        rules = [rule for rule in self.rules if rule["check"] == name]
        return rules[number] if number < len(rules) else rules[-1] if rules else None


def read_tasks(paths: Sequence[Path]) -> dict[str, Task]:
    """Every task of the files by its id. A line with an instruction is a row of a contract, any other a case."""
    tasks: dict[str, Task] = {}
    for path in paths:
        rows: dict[str, Mapping[str, Any]] = {}
        for line in read_lines(path):
            id = line.name("id")
            if not line.has("instruction"):
                case = parse_case(line)
                tasks[id] = Task(case.question, case.facts, format_instant(case.as_of))
                continue
            of = line.name("paraphrase_of") if line.has("paraphrase_of") else None
            rows[id] = {**rows.get(of or "", {}), **line.fields}
            tasks[id] = _of_row(Line(line.where, rows[id], line.path))
    return tasks


def _of_row(row: Line) -> Task:
    checks = row.items("checks") if row.has("checks") else []
    rules = tuple(rule for check in checks for rule in _rules(check))
    return Task(row.text("instruction"), text=row.text("input") if row.has("input") else "", rules=rules)


def _rules(check: Line) -> list[Rule]:
    """The rules of one check; where it names facts, there is a record for each of them."""
    if not check.has("facts"):
        return [{**check.fields, "check": check.text("check")}]
    return [{"check": check.text("check"), "fact": fact.fields} for fact in check.items("facts")]
