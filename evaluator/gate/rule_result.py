"""The result of one rule, with the numbers that decided it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Decision = Literal["SHIP", "NEEDS MORE CASES", "BLOCK"]
"""In rising order: a release gets the gravest decision of any rule."""

ORDER: tuple[Decision, ...] = ("SHIP", "NEEDS MORE CASES", "BLOCK")

Unit = Literal["share", "points", "ms", "duration_ms", "number"]
"""A share of cases from 0 to 1, a difference of two, a difference in milliseconds, milliseconds, or another number."""


@dataclass(frozen=True, slots=True)
class ValueAgainstLimit:
    """A value with its interval and the rule's limit for it; `low` and `high` are None where nobody can tell."""

    unit: Unit
    value: float
    low: float | None
    high: float | None
    n: int
    limit: float
    good: Literal["above", "below"]
    """The side of the limit on which the whole interval has to be."""
    interval: str
    """What the interval is, in words."""


@dataclass(frozen=True, slots=True)
class NamedCase:
    """A case that a rule result names, and why it is named."""

    case: str
    text: str


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The result of one rule. `more_cases` says how many more it needs; `cases` are those at fault or not scored."""

    rule: str
    kind: str
    subject: str
    decision: Decision
    reason: str
    measured: ValueAgainstLimit | None = None
    p_value: float | None = None
    more_cases: int | None = None
    cases: tuple[NamedCase, ...] = ()

    @property
    def title(self) -> str:
        """The decision, with how many more cases are needed."""
        if self.decision != "NEEDS MORE CASES" or self.more_cases is None:
            return self.decision
        return f"{self.decision}: {self.more_cases:,} more"

    def content(self) -> dict[str, Any]:
        return asdict(self)
