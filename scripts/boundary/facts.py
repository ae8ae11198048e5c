"""Trusted facts: those that a policy set declares in a JSON Schema, and the only ones that a decision may rest on."""

import json
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

from evaluator.files.json_lines import read_object
from evaluator.review.material.schema_lines import schema_lines
from policies.strict_json import parse_json

OF_ORDERS = Path(__file__).parent.parent.parent / "evals" / "order_facts.json"
"""The facts of the sample policies."""

SUBJECT = "x-subject"
"""The keyword of the schema that names the fact which says what an action is done to, such as `order`."""

_FORMATS = Draft202012Validator.FORMAT_CHECKER


class BadFact(Exception):
    """A fact, or a declaration of facts, that cannot be accepted; the message names it."""


@dataclass(frozen=True)
class DeclaredFacts:
    """The facts that the schema in a file declares; what is not given is not known, and never guessed."""

    file: str
    schema: Mapping[str, Any]

    @cached_property
    def subject(self) -> str:
        """The name of the fact that says what an action is done to."""
        return str(self.schema[SUBJECT])

    def trusted(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The facts as text, as the service takes them; BadFact for the first that cannot be accepted.

        A text is read by the type that its fact has in the schema: `12` as a whole number, `true` as a truth value.
        """
        declared = self.schema["properties"]
        read = {name: self._read(name, value) for name, value in given.items() if value is not None}
        for name in self.schema["required"]:
            if name not in read:
                raise BadFact(f"Fact {name} is missing; what is accepted: {accepted(declared[name])}")
        for error in self._validator.iter_errors(read):
            raise BadFact(f"The facts do not go together: {error.message}")
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in read.items()}

    def _read(self, name: str, value: Any) -> Any:
        declared = self.schema["properties"]
        if name not in declared:
            said = f"is {_shown(value)}, and {self.file} declares no such fact"
            raise BadFact(f"Fact {name} {said}; it declares {', '.join(declared)}")
        validator = self._validator.evolve(schema=declared[name])
        for candidate in _readings(value):
            if validator.is_valid(candidate):
                return candidate
        raise BadFact(f"Fact {name} is {_shown(value)}; what is accepted: {accepted(declared[name])}")

    @cached_property
    def _validator(self) -> Any:
        return Draft202012Validator(self.schema, format_checker=_FORMATS)


def read_declared(file: Path) -> DeclaredFacts:
    """The facts that the file declares; BadFact says what is wrong with the schema in it."""
    schema = read_object(file).fields
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BadFact(f"{file} is no JSON Schema: {error.json_path}: {error.message}") from error
    declared, required = schema.get("properties"), schema.get("required", [])
    if not declared or not all(isinstance(inner, dict) for inner in declared.values()):
        raise BadFact(f'{file} declares no facts; give each a schema in "properties"')
    if undeclared := [name for name in required if name not in declared]:
        raise BadFact(f'{file} requires {undeclared[0]}, which is not declared in "properties"')
    if schema.get(SUBJECT) not in required:
        raise BadFact(
            f'{file} does not name the fact that an action is about; write "{SUBJECT}": NAME, a required fact'
        )
    for keyword, said in _keywords(schema):
        if keyword == "format" and said not in _FORMATS.checkers:
            raise BadFact(f'{file} asks for the format {said!r}, which nothing checks here; write a "pattern"')
        if keyword in ("$ref", "$dynamicRef"):
            raise BadFact(f"{file} refers to {said!r}; write the schema itself in its place")
    return DeclaredFacts(file.name, schema)


def given_facts(file: str | None, named: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The facts of a file, `-` for standard input, with those given by name in place of its own."""
    by_name = dict(named)
    for name, value in named:
        if by_name[name] != value:
            raise BadFact(f"Fact {name} is given as {_shown(value)} and as {_shown(by_name[name])}; give it once")
    return {**(_read_file(file) if file else {}), **by_name}


def accepted(schema: Mapping[str, Any]) -> str:
    """What a fact may be, in words: "whole number, at least 0"."""
    limits = {name: value for name, value in schema.items() if name != "examples"}
    words, examples = schema_lines(limits)[0], schema.get("examples")
    return f"{words}, such as {examples[0]}" if examples else words


def _read_file(file: str) -> dict[str, Any]:
    text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    try:
        given = parse_json(text, _each_once)
    except (ValueError, RecursionError) as error:
        raise BadFact(f"The facts in {file} are no JSON: {error}") from error
    if not isinstance(given, dict):
        raise BadFact(f'The facts in {file} are no JSON object; write one such as {{"order": "A10234"}}')
    return given


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _readings(value: Any) -> Iterator[Any]:
    """What a value may mean: itself, and a text also the number or truth value that it writes."""
    written = value
    if isinstance(value, str):
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
            return
        yield value
        try:
            written = parse_json(value)
        except (ValueError, RecursionError):
            return
    if isinstance(written, float) and written.is_integer():
        yield int(written)
    elif isinstance(written, (bool, int, float)):
        yield written


def _keywords(schema: Any) -> Iterator[tuple[str, str]]:
    """Each keyword with a text for its value, at any depth."""
    if isinstance(schema, dict):
        yield from ((name, value) for name, value in schema.items() if isinstance(value, str))
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _keywords(inner)


def _shown(value: Any) -> str:
    return json.dumps(value)[:100]
