"""The contract of an answer: the JSON schema that a response has to keep, so that no row teaches one that breaks it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from evaluator.errors import BadFile
from evaluator.files.json_lines import read_object
from policies.strict_json import parse_json

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

FIELDS: dict[str, Any] = {"type": "object", "required": ["eligible", "policy_id", "evidence"]}
"""The contract where no other is named: a decision says by which policy, and quotes its evidence."""


class AnswerContract:
    """A JSON schema that responses are held against."""

    def __init__(self, schema: dict[str, Any] = FIELDS, where: str = "the contract") -> None:
        from jsonschema import SchemaError
        from jsonschema.validators import validator_for

        kind = validator_for(schema)
        try:
            kind.check_schema(schema)
        except SchemaError as error:
            raise BadFile(f"{where} is no JSON Schema: {error.message}") from error
        self._validator: Validator = kind(schema)

    @classmethod
    def read(cls, path: Path) -> "AnswerContract":
        return cls(dict(read_object(path).fields), str(path))

    def problem(self, response: str) -> str | None:
        """How a response breaks the contract; None where it keeps it. Fields that it lacks are named first."""
        try:
            answer = parse_json(response)
        except (ValueError, RecursionError):
            return "is no JSON, and the contract asks for it; for a task without such a contract add --no-schema"
        broken = sorted(self._validator.iter_errors(answer), key=lambda error: list(map(str, error.absolute_path)))
        if missing := dict.fromkeys(name for error in broken for name in _missing(error)):
            return f"lacks {', '.join(missing)}"
        return f"breaks the contract at {broken[0].json_path}: {broken[0].message[:200]}" if broken else None


def _missing(error: "ValidationError") -> list[str]:
    """The required fields that an object lacks, each with the way to it: `evidence[0].quote`."""
    if error.validator != "required":
        return []
    way = error.json_path.removeprefix("$").removeprefix(".")
    required, held = cast(list[str], error.validator_value), cast(dict[str, Any], error.instance)
    return [f"{way}.{name}" if way else name for name in required if name not in held]


def as_response(answer: str | Mapping[str, Any]) -> str:
    """An answer as a model writes it: text as it is, an object as JSON."""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
