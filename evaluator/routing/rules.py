"""The rules of routing, read from TOML: `routing.toml` beside this module, or a file in its place."""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, ValidationError, model_validator

from evaluator.errors import BadFile, BadLine
from evaluator.routing.diagnosis import MEASUREMENTS, Diagnosis

Owner = Literal[
    "retrieval index",
    "prompt contract or demonstrations",
    "preference data and safety eval",
    "serving",
    "evaluation gate and rollback",
    "investigate",
]
WEIGHTS: dict[str, str] = {
    "retrieval index": "frozen: evidence changes, the model does not",
    "prompt contract or demonstrations": "frozen by the prompt contract; demonstrations update them",
    "preference data and safety eval": "updated by preference pairs",
    "serving": "frozen",
    "evaluation gate and rollback": "frozen: another release is chosen",
    "investigate": "not known yet",
}
"""What each owner's mending does to the model's weights."""

Failure = Literal["factual", "behavioural", "preference", "none"]
Side = Literal["knowledge", "contract", "neither"]
"""Knowledge: the words were not there. Contract: they were, and the model did something else than was asked."""

SHIPPED = "routing.toml"
UNMEASURED = "unmeasured"
_ANY: frozenset[bool | None] = frozenset((True, False, None))


def _values(given: Any) -> frozenset[bool | None]:
    values = given if isinstance(given, list) else [given]
    if not values or not all(isinstance(it, bool) or it == UNMEASURED for it in values):
        raise ValueError(f'write true, false, "{UNMEASURED}", or a list of them')
    return frozenset(None if it == UNMEASURED else it for it in values)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Values = Annotated[frozenset[bool | None], PlainValidator(_values)]


class When(BaseModel):
    """The conditions of a rule: measurements, each with the values that it may have. All conditions have to hold.

    Two conditions are no measurements. `failed` holds where a failed check has one of these names or reasons.
    `first_token_over_ms` holds where the first token came later.
    """

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    __pydantic_extra__: dict[str, Values]

    failed: Annotated[list[Text], Field(min_length=1)] = []
    first_token_over_ms: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _known(self) -> "When":
        if unknown := next((name for name in self.values if name not in MEASUREMENTS), None):
            raise ValueError(f"{unknown} is no measurement; those are {', '.join([*MEASUREMENTS, *When.model_fields])}")
        return self

    @property
    def values(self) -> dict[str, frozenset[bool | None]]:
        """The values that each measurement may have; None stands for "not measured"."""
        return self.__pydantic_extra__


class Rule(BaseModel):
    """One rule: it fires where all its conditions hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Text
    owner: Owner
    failure: Failure
    knowledge_or_contract: Side
    action: Text
    updates_weights: bool
    when: When = When.model_validate({})

    @property
    def conditional(self) -> bool:
        return bool(self.when.model_fields_set)

    def fires(self, diagnosis: Diagnosis) -> bool:
        if any(diagnosis.value(name) not in allowed for name, allowed in self.when.values.items()):
            return False
        if self.when.failed and diagnosis.failed.keys().isdisjoint(self.when.failed):
            return False
        limit, first = self.when.first_token_over_ms, diagnosis.first_token_ms
        return limit is None or (first is not None and first > limit)

    def because(self, diagnosis: Diagnosis) -> Iterator[dict[str, Any]]:
        """The measurements that decided; for a rule without conditions, the checks that failed."""
        yield from (diagnosis.content(name) for name in self.when.values)
        for name in sorted(diagnosis.failed.keys() & self.when.failed if self.conditional else diagnosis.failed):
            yield {"measurement": "failed", "value": name, "detail": diagnosis.failed[name]}
        if (limit := self.when.first_token_over_ms) is not None:
            detail = f"the limit is {limit:g} ms"
            yield {"measurement": "first_token_ms", "value": diagnosis.first_token_ms, "detail": detail}

    def covers(self, later: "Rule") -> bool:
        """Whether this rule fires wherever the later one would, so that the later one is never reached."""
        ours, theirs = self.when, later.when
        if any(not theirs.values.get(name, _ANY) <= allowed for name, allowed in ours.values.items()):
            return False
        if ours.failed and not (theirs.failed and set(theirs.failed) <= set(ours.failed)):
            return False
        if ours.first_token_over_ms is None:
            return True
        return theirs.first_token_over_ms is not None and theirs.first_token_over_ms >= ours.first_token_over_ms


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rule: Annotated[list[Rule], Field(min_length=1)]


def read_rules(path: Path | None = None) -> list[Rule]:
    """The rules of a file, or those that are shipped, in order; BadLine names rule and key of the first thing wrong."""
    try:
        text = (path or files("evaluator.routing").joinpath(SHIPPED)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return parse_rules(text, str(path or SHIPPED))


def parse_rules(text: str, where: str) -> list[Rule]:
    """The rules in the text of a file. The last has no conditions, and every rule can be reached."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"{where} is not TOML: {error}") from error
    try:
        rules = _Rules.model_validate(content).rule
    except ValidationError as error:
        raise _refusal(error, content, where) from error
    for at, rule in enumerate(rules):
        place = f"{where}, rule {at + 1}"
        if any(rule.name == earlier.name for earlier in rules[:at]):
            raise BadLine(place, f"name is {rule.name!r}, which an earlier rule has; give every rule its own")
        if covering := next((earlier for earlier in rules[:at] if earlier.covers(rule)), None):
            raise BadLine(
                f"{place} ({rule.name})",
                f"when is never reached, since {covering.name!r} before it always fires first; move it up",
            )
    if (last := rules[-1]).conditional:
        raise BadLine(
            f"{where}, rule {len(rules)} ({last.name})",
            "when is not empty; end with a rule without conditions, so that no failure is left without an owner",
        )
    return rules


def _refusal(error: ValidationError, content: dict[str, Any], where: str) -> BadFile | BadLine:
    """The first thing wrong, with its rule and key."""
    found = error.errors(include_url=False)[0]
    table, number, *keys = *found["loc"], None, None
    if table != "rule":
        return BadFile(f"{where} has {table!r} beside its rules, which is not known; remove it")
    if not isinstance(number, int) or (found["type"] == "model_type" and not keys[0]):
        return BadFile(f"{where} has no rules; write each under [[rule]]")
    key = ".".join(str(key) for key in keys if key is not None)
    name = content["rule"][number].get("name")
    place = f"{where}, rule {number + 1}" + (f" ({name})" if isinstance(name, str) else "")
    if found["type"] == "missing":
        return BadLine(place, f"{key} is missing")
    if found["type"] == "extra_forbidden":
        return BadLine(place, f"{key} is not known; a rule has {', '.join(Rule.model_fields)}")
    wanted = re.sub(r"^\w+ should", "it should", found["msg"].removeprefix("Value error, "))
    return BadLine(place, f"{key} is {found['input']!r}; {wanted}")
