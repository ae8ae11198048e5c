"""A document: an answer that has to be JSON and fit a JSON Schema."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from evaluator.contract.check_outcome import Ask, CheckOutcome, Definition, Source, failed, passed
from evaluator.files.json_lines import Line

_FENCE = re.compile(r"\A\s*```(?:json)?[ \t]*\n(.*)\n[ \t]*```\s*\Z", re.DOTALL | re.IGNORECASE)


def make_json(line: Line, source: Source) -> Ask:
    """JSON and nothing else. With `fence` it may stand in a code fence; with `schema` it has to fit the schema."""
    fence = line.fields.get("fence", False)
    if not isinstance(fence, bool):
        raise line.error("fence", f"is {fence!r}; write true or false")
    validator = _validator(line) if line.has("schema") else None

    def ask(answer: str) -> Sequence[CheckOutcome]:
        fenced = _FENCE.match(answer)
        if fenced and not fence:
            return failed("code_fence", "the JSON stands in a code fence, which no parser takes", 0, len(answer))
        text, offset = (fenced[1], fenced.start(1)) if fenced else (answer, 0)
        try:
            content = json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
        except json.JSONDecodeError as error:
            return failed("invalid_json", f"is not JSON: {error.msg}", offset + error.pos, len(answer))
        except (ValueError, RecursionError) as error:
            return failed("invalid_json", f"is not JSON: {error}")
        return passed("is JSON") if validator is None else _fits(validator, content)

    return ask


def _validator(line: Line) -> Any:
    import jsonschema
    from referencing import Registry

    schema = line.fields["schema"]
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise line.error("schema", f"is no JSON Schema at {error.json_path}: {error.message}") from error
    checker = kind.FORMAT_CHECKER
    for name, value in _keywords(schema):
        if name == "$ref" and not value.startswith("#"):
            raise line.error("schema", f"refers to {value!r}; nothing is fetched, write the schema out")
        if name == "format" and value not in checker.checkers:
            raise line.error("schema", f"has the format {value!r}, which cannot be checked here; write a pattern")
    return kind(schema, registry=Registry(), format_checker=checker)


def _fits(validator: Any, content: Any) -> Sequence[CheckOutcome]:
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(validator.iter_errors(content))
    except (Unresolvable, RecursionError) as problem:
        return [CheckOutcome("ERROR", "schema_unusable", f"the schema cannot be applied: {problem}")]
    if error is None:
        return passed("fits the schema")
    return failed("schema", f"{error.json_path}: {error.message[:200]}")


def _keywords(schema: Any) -> Iterator[tuple[str, str]]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if isinstance(value, str):
                yield name, value
            yield from _keywords(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _keywords(item)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in pairs:
        if name in content:
            raise ValueError(f"the name {name!r} stands there twice")
        content[name] = value
    return content


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")


CHECKS = {"json": Definition("format", frozenset({"schema", "fence"}), make_json)}
