"""The rules of routing, read from TOML: `routing.toml` beside this module, or a file in its place."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from evaluator.errors import BadFile, BadLine
from evaluator.routing.diagnosis import MEASUREMENTS, Diagnosis

OWNERS = (
    "retrieval index",
    "prompt contract or demonstrations",
    "preference data and safety eval",
    "serving",
    "evaluation gate and rollback",
    "investigate",
)
FAILURES = ("factual", "behavioural", "preference", "none")
SIDES = ("knowledge", "contract", "neither")
"""Knowledge: the words were not there. Contract: they were, and the model did not do with them what was asked."""

UNMEASURED = "unmeasured"
SHIPPED = "routing.toml"
_KEYS = ("name", "owner", "failure", "knowledge_or_contract", "action", "updates_weights", "when")
_ANY: frozenset[bool | None] = frozenset((True, False, None))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: it fires where every measurement that it names has one of the values that it names.

    `failed` fires on any of these names and reasons of failed checks, `first_token_over_ms` on a later first token.
    """

    name: str
    owner: str
    failure: str
    knowledge_or_contract: str
    action: str
    updates_weights: bool
    when: Mapping[str, frozenset[bool | None]] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    first_token_over_ms: float | None = None

    @property
    def conditional(self) -> bool:
        return bool(self.when or self.failed or self.first_token_over_ms is not None)

    def fires(self, diagnosis: Diagnosis) -> bool:
        if any(diagnosis.value(name) not in allowed for name, allowed in self.when.items()):
            return False
        if self.failed and self.failed.isdisjoint(diagnosis.failed):
            return False
        limit, first = self.first_token_over_ms, diagnosis.first_token_ms
        return limit is None or (first is not None and first > limit)

    def because(self, diagnosis: Diagnosis) -> Iterator[dict[str, Any]]:
        """The measurements that decided; for a rule without conditions, the checks that failed."""
        yield from (diagnosis.content(name) for name in self.when)
        for name in sorted(diagnosis.failed.keys() & self.failed if self.conditional else diagnosis.failed):
            yield {"measurement": "failed", "value": name, "detail": diagnosis.failed[name]}
        if self.first_token_over_ms is not None:
            detail = f"the limit is {self.first_token_over_ms:g} ms"
            yield {"measurement": "first_token_ms", "value": diagnosis.first_token_ms, "detail": detail}

    def covers(self, later: "Rule") -> bool:
        """Whether this rule fires wherever the later one would, so that it is never reached."""
        if any(not later.when.get(name, _ANY) <= allowed for name, allowed in self.when.items()):
            return False
        if self.failed and not (later.failed and later.failed <= self.failed):
            return False
        if self.first_token_over_ms is None:
            return True
        return later.first_token_over_ms is not None and later.first_token_over_ms >= self.first_token_over_ms


def read_rules(path: Path | None = None) -> list[Rule]:
    """The rules of a file, or those that are shipped, in order; BadLine names the rule and key of what is wrong."""
    try:
        text = (path or files("evaluator.routing").joinpath(SHIPPED)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return parse_rules(text, str(path or SHIPPED))


def parse_rules(text: str, where: str) -> list[Rule]:
    """The rules in the text of a file; the last has no conditions, and none is out of reach."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"{where} is not TOML: {error}") from error
    tables = content.get("rule")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise BadFile(f"{where} has no rules; write each under [[rule]]")
    if unknown := sorted(content.keys() - {"rule"}):
        raise BadFile(f"{where} has {unknown[0]!r} beside its rules, which is not known; remove it")
    rules: list[Rule] = []
    for number, table in enumerate(tables, start=1):
        place = f"{where}, rule {number}"
        rule = _rule(table, place if not isinstance(table.get("name"), str) else f"{place} ({table['name']})")
        if any(rule.name == earlier.name for earlier in rules):
            raise BadLine(place, f"name is {rule.name!r}, which an earlier rule has; give every rule its own")
        if covering := next((earlier for earlier in rules if earlier.covers(rule)), None):
            raise BadLine(
                f"{place} ({rule.name})",
                f"when is never reached: {covering.name!r} before it fires wherever it would; move it up",
            )
        rules.append(rule)
    last = rules[-1]
    if last.conditional:
        raise BadLine(
            f"{where}, rule {len(rules)} ({last.name})",
            "when is not empty; end with a rule without conditions, so that no failure is left without an owner",
        )
    return rules


def _rule(table: Mapping[str, Any], where: str) -> Rule:
    if unknown := sorted(table.keys() - set(_KEYS)):
        raise BadLine(where, f"{unknown[0]} is not known; a rule has {', '.join(_KEYS)}")
    updates_weights = table.get("updates_weights")
    if not isinstance(updates_weights, bool):
        raise BadLine(where, f"updates_weights is {_shown(updates_weights)}; write true or false")
    when = table.get("when", {})
    if not isinstance(when, dict):
        raise BadLine(
            where, f"when is {_shown(when)}; write measurements and their values, such as {{format_holds = false}}"
        )
    return Rule(
        name=_text(table, "name", where),
        owner=_choice(table, "owner", OWNERS, where),
        failure=_choice(table, "failure", FAILURES, where),
        knowledge_or_contract=_choice(table, "knowledge_or_contract", SIDES, where),
        action=_text(table, "action", where),
        updates_weights=updates_weights,
        when={
            key: _values(key, value, where)
            for key, value in when.items()
            if key not in ("failed", "first_token_over_ms")
        },
        failed=_codes(when["failed"], where) if "failed" in when else frozenset(),
        first_token_over_ms=_limit(when["first_token_over_ms"], where) if "first_token_over_ms" in when else None,
    )


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadLine(where, f"{key} is {_shown(value)}; write text")
    return value


def _choice(table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str) -> str:
    value = table.get(key)
    if value not in choices:
        raise BadLine(where, f"{key} is {_shown(value)}; write one of {', '.join(choices)}")
    return str(value)


def _values(key: str, value: Any, where: str) -> frozenset[bool | None]:
    if key not in MEASUREMENTS:
        known = ", ".join([*MEASUREMENTS, "failed", "first_token_over_ms"])
        raise BadLine(where, f"when.{key} is no measurement; those are {known}")
    given = value if isinstance(value, list) else [value]
    if not given or not all(isinstance(it, bool) or it == UNMEASURED for it in given):
        raise BadLine(where, f'when.{key} is {_shown(value)}; write true, false, "{UNMEASURED}", or a list of them')
    return frozenset(None if it == UNMEASURED else it for it in given)


def _codes(value: Any, where: str) -> frozenset[str]:
    if not isinstance(value, list) or not value or not all(isinstance(it, str) and it for it in value):
        raise BadLine(where, f"when.failed is {_shown(value)}; write a list of names or reasons of checks")
    return frozenset(value)


def _limit(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise BadLine(where, f"when.first_token_over_ms is {_shown(value)}; give milliseconds above 0")
    return float(value)


def _shown(value: Any) -> str:
    return "missing" if value is None else repr(value)
