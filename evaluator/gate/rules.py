"""The rules of a gate, from TOML: what must never happen, how often something must hold, what must not get worse."""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evaluator.checks.check import Check, Kind
from evaluator.decisions.decision import KINDS
from evaluator.errors import BadRules

PROFILES = ("starter", "strict")
"""The rules that are shipped, each a file beside this one; the first applies where none is named."""

Part = Literal["decisions", "citations", "contract"]
"""The command whose JSON holds the check's outcome."""

CITATION_CHECKS = ("exists", "in_evidence", "stale", "supported")
"""The checks of each citation; `stale` fails where the words in force contradict the claim."""

Name = Annotated[str, Field(min_length=1, max_length=120)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Rule(BaseModel):
    """A rule by its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Name


class CheckRule(Rule):
    """A rule about some checks of a part, by their names or kinds; about all where neither is given."""

    of: Part
    checks: list[Name] = []
    kinds: list[Kind] = []

    @model_validator(mode="after")
    def _known(self) -> "CheckRule":
        if unknown := [name for name in self.checks if name not in (known := _known_checks(self.of))]:
            raise ValueError(f"checks holds {unknown[0]!r}; of {self.of} there are {', '.join(known)}")
        return self

    def selects(self, check: Check) -> bool:
        everything = not self.checks and not self.kinds
        return everything or check.name in self.checks or check.kind in self.kinds

    @property
    def named(self) -> Iterator[tuple[Literal["check", "kind"], str]]:
        """Every check and kind that the rule names."""
        yield from (("check", name) for name in self.checks)
        yield from (("kind", kind) for kind in self.kinds)

    @property
    def subject(self) -> str:
        """What the rule is about, in words."""
        named = ", ".join(name for _, name in self.named)
        return f"{self.of}: {named}" if named else self.of


class Never(CheckRule):
    """No selected check may fail, and at most `allow_unknown` cases may stay undecided."""

    kind: Literal["never"] = "never"
    allow_unknown: Annotated[int, Field(ge=0)] = 0


class Rate(CheckRule):
    """All selected checks pass in at least this share of cases, or of groups of paraphrases, with that confidence."""

    kind: Literal["rate"] = "rate"
    at_least: Share
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    by: Literal["case", "group"] = "case"


class NotWorse(CheckRule):
    """The share of cases in which all selected checks pass falls by less than `margin` against the baseline."""

    kind: Literal["not_worse"] = "not_worse"
    margin: Share
    clustered: bool = True


class NotSlower(Rule):
    """The 95th percentile of the time to the first token rises by less than `margin_ms` against the baseline."""

    kind: Literal["not_slower"] = "not_slower"
    margin_ms: Annotated[float, Field(gt=0)]
    clustered: bool = True

    @property
    def subject(self) -> str:
        return "traces: first_token_ms, 95th percentile"


OF_ANSWERS = ("first_token_ms", "total_ms", "prompt_tokens", "completion_tokens", "cost")
"""What is measured of each answer."""

OF_RUNS = ("answered_rate", "escalated_rate", "flip_rate")
"""What is measured of a whole run."""

TAKEN = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "mean": None, "max": None}
"""What is taken of a measure of answers; a quantile by its share."""

_THAT = re.compile(r"(?P<measure>[a-z0-9_]+)\s*(?P<sign><=|>=)\s*(?P<limit>\d+(?:\.\d+)?)")


class Limit(Rule):
    """A measure of the candidate alone lies on one side of a limit: `p95_first_token_ms <= 1000`.

    With `clustered`, paraphrases of one group count as one case where they may be alike.
    """

    kind: Literal["limit"] = "limit"
    that: Annotated[str, Field(max_length=120)]
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    clustered: bool = True

    @model_validator(mode="after")
    def _known(self) -> "Limit":
        found = _THAT.fullmatch(self.that.strip())
        if found is None:
            raise ValueError("that is no comparison; write one such as 'p95_first_token_ms <= 1000'")
        taken, _, rest = found["measure"].partition("_")
        if found["measure"] not in OF_RUNS and (taken not in TAKEN or rest not in OF_ANSWERS):
            raise ValueError(
                f"that is about {found['measure']!r}; there are {', '.join(OF_RUNS)}, and "
                f"{', '.join(TAKEN)} of {', '.join(OF_ANSWERS)}, such as p95_first_token_ms"
            )
        if found["measure"] in OF_RUNS and float(found["limit"]) > 1:
            raise ValueError(f"that asks for {found['limit']}; {found['measure']} is a share from 0 to 1")
        return self

    @property
    def parts(self) -> tuple[str, Literal["<=", ">="], float]:
        """The measure, the comparison and the limit."""
        found = _THAT.fullmatch(self.that.strip())
        assert found is not None
        return found["measure"], "<=" if found["sign"] == "<=" else ">=", float(found["limit"])

    @property
    def subject(self) -> str:
        return f"traces: {self.parts[0]}"


class Minimum(Rule):
    """At least so many cases, and groups of paraphrases, were judged."""

    kind: Literal["minimum"] = "minimum"
    of: Part
    cases: Annotated[int, Field(ge=1)] = 1
    groups: Annotated[int, Field(ge=1)] = 1

    @property
    def subject(self) -> str:
        return self.of


class Rules(BaseModel):
    """All rules of a file. With `holm`, comparisons with the baseline share one chance of a false "not worse".

    `profile` is their name and `about` says what they are sized for; `next` names a stricter profile, if any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    profile: Name | None = None
    about: Annotated[str, Field(max_length=200)] | None = None
    next: Literal["starter", "strict"] | None = None
    holm: bool = False
    never: list[Never] = []
    rate: list[Rate] = []
    not_worse: list[NotWorse] = []
    not_slower: list[NotSlower] = []
    limit: list[Limit] = []
    minimum: list[Minimum] = []

    def and_those_of(self, other: "Rules") -> "Rules":
        """These rules with those of another file besides; BadRules where both have a rule of one name."""
        names = {rule.name for rule in self.all}
        if twice := next((rule.name for rule in other.all if rule.name in names), None):
            raise BadRules(f"rule {twice!r} is in the {self.profile} profile too; give it another name")
        tables = ("never", "rate", "not_worse", "not_slower", "limit", "minimum")
        both = {name: [*getattr(self, name), *getattr(other, name)] for name in tables}
        return self.model_copy(update={**both, "holm": self.holm or other.holm})

    @property
    def all(self) -> tuple[Rule, ...]:
        return (*self.never, *self.rate, *self.not_worse, *self.not_slower, *self.limit, *self.minimum)

    @property
    def comparing(self) -> tuple[Rule, ...]:
        """The rules that need a baseline."""
        return (*self.not_worse, *self.not_slower)


def _known_checks(part: Part) -> tuple[str, ...]:
    if part == "contract":
        from evaluator.contract.checks import CHECKS

        return tuple(CHECKS)
    return tuple(KINDS) if part == "decisions" else CITATION_CHECKS


def read_rules(path: Path | None = None, profile: str = PROFILES[0]) -> Rules:
    """The rules of a file, or of a shipped profile; BadRules names the rule and key of the first thing wrong."""
    if path is None and profile not in PROFILES:
        raise BadRules(f"There is no profile {profile!r}; there are {', '.join(PROFILES)}, and --rules names a file")
    try:
        content = tomllib.loads((path or files("evaluator.gate").joinpath(f"{profile}.toml")).read_text("utf-8"))
    except OSError as error:
        raise BadRules(f"{path} cannot be read: {error.strerror}; name the rules with --rules") from error
    except ValueError as error:
        raise BadRules(f"{path} is not TOML: {error}") from error
    try:
        rules = Rules.model_validate(content)
    except ValidationError as error:
        raise BadRules(f"{path}: {_first(error, content)}") from error
    names = [rule.name for rule in rules.all]
    if twice := next((name for at, name in enumerate(names) if name in names[:at]), None):
        raise BadRules(f"{path}: rule {twice!r} is there twice; give every rule its own name")
    if not names:
        raise BadRules(f"{path} holds no rules, so nothing would be decided; docs/gate.md shows some")
    return rules


def _first(error: ValidationError, content: dict[str, Any]) -> str:
    """The first thing wrong, with its rule and key."""
    found = error.errors()[0]
    place, message = list(found["loc"]), found["msg"].removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        message = "is unknown here" if len(place) > 1 else f"is unknown; there are {', '.join(Rules.model_fields)}"
    if len(place) > 1 and isinstance(place[1], int):
        table, number, rest = place[0], place[1], place[2:]
        rule = content[str(table)][number]
        name = rule.get("name") if isinstance(rule, dict) else None
        title = f"[[{table}]] {number + 1}" + (f" ({name})" if isinstance(name, str) else "")
        return f"{title}: {'.'.join(map(str, rest))} {message}".replace(":  ", ": ")
    return f"{'.'.join(map(str, place))} {message}"
