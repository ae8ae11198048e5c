from pathlib import Path

import pytest

from evaluator.errors import BadLine
from evaluator.review.material.schema_lines import find_schema, schema_lines

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["lent", "items"],
    "properties": {
        "lent": {"type": ["boolean", "null"], "description": "Not shown."},
        "until": {"type": "string", "format": "date"},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "required": ["name"], "properties": {"name": {"const": "ski"}}},
        },
        "tags": {"type": "array", "items": {"enum": ["new", "old"]}, "uniqueItems": True},
    },
}


def test_a_schema_is_shown_as_its_fields_and_types() -> None:
    assert schema_lines(SCHEMA) == (
        "lent: true or false or null",
        "until: text, as a date, may be left out",
        "items: list, of at least 1 items, each an object with",
        '  name: exactly "ski"',
        'tags: list, uniqueItems true, each one of "new", "old", may be left out',
        "(no other fields)",
    )
    assert schema_lines({"type": "string"}) == ("text",)


def test_the_schema_beside_the_cases_counts_where_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "answer_schema.json").write_text('{"type": "integer"}')
    (tmp_path / "own.json").write_text('{"type": "string"}')
    cases = [tmp_path / "cases.jsonl"]
    assert find_schema(None, cases) == {"type": "integer"}
    assert find_schema(tmp_path / "own.json", cases) == {"type": "string"}
    assert find_schema(None, [tmp_path / "elsewhere" / "cases.jsonl"]) is None
    (tmp_path / "own.json").write_text("{")
    with pytest.raises(BadLine, match=r"own\.json"):
        find_schema(tmp_path / "own.json", cases)
