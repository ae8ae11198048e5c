"""A JSON Schema for people: its fields and their types, one line each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluator.files.json_lines import read_object

TYPES = {"string": "text", "boolean": "true or false", "integer": "whole number", "array": "list", "null": "null"}

LIMITS = {
    "minLength": "of at least {} characters",
    "maxLength": "of at most {} characters",
    "minItems": "of at least {} items",
    "maxItems": "of at most {} items",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "format": "as a {}",
    "pattern": "fits the pattern {}",
}

SAID_ELSEWHERE = frozenset(
    {"type", "enum", "const", "items", "properties", "required", "additionalProperties", "description", "title"}
)


BESIDE = "answer_schema.json"
"""The schema that counts where none is named: a file of this name beside the cases."""


def find_schema(given: Path | None, cases: Sequence[Path]) -> Mapping[str, Any] | None:
    """The schema named, else the one beside the cases; None where there is none.

    BadFile or BadLine where it is no JSON object.
    """
    beside = next((it.parent / BESIDE for it in cases if (it.parent / BESIDE).is_file()), None)
    path = given or beside
    return None if path is None else read_object(path).fields


def schema_lines(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """A line for each field: its name, its type, and whether it may be left out; of no object, its type alone."""
    return tuple(_object(schema, "")) or (_type(schema),)


def _object(schema: Mapping[str, Any], indent: str) -> Iterator[str]:
    properties, required = schema.get("properties"), schema.get("required", [])
    if not isinstance(properties, Mapping) or not properties:
        return
    for name, inner in properties.items():
        inner = inner if isinstance(inner, Mapping) else {}
        optional = "" if name in required else ", may be left out"
        yield f"{indent}{name}: {_type(inner)}{optional}"
        nested = inner.get("items", inner)
        yield from _object(nested if isinstance(nested, Mapping) else {}, f"{indent}  ")
    if schema.get("additionalProperties") is False:
        yield f"{indent}(no other fields)"


def _type(schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        said = [f"exactly {json.dumps(schema['const'], ensure_ascii=False)}"]
    elif "enum" in schema:
        said = ["one of " + ", ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])]
    else:
        names = schema.get("type", "anything")
        said = [" or ".join(TYPES.get(name, name) for name in ([names] if isinstance(names, str) else names))]
    said += [words.format(schema[name]) for name, words in LIMITS.items() if name in schema]
    said += [
        f"{name} {json.dumps(schema[name])}" for name in schema if name not in LIMITS and name not in SAID_ELSEWHERE
    ]
    items = schema.get("items")
    if isinstance(items, Mapping):
        said.append("each an object with" if "properties" in items else f"each {_type(items)}")
    elif isinstance(schema.get("properties"), Mapping):
        said.append("with")
    return ", ".join(said)
