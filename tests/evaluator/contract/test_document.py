from typing import Any

import pytest

from evaluator.contract.check_outcome import Source
from evaluator.contract.checks import parse_checks
from evaluator.errors import BadLine
from evaluator.files.json_lines import Line

SCHEMA = {
    "type": "object",
    "required": ["eligible"],
    "properties": {"eligible": {"type": "boolean"}, "placed": {"type": "string", "format": "date"}},
}


def asked(answer: str, **check: Any) -> tuple[str, str]:
    (ready,) = parse_checks(Line("rows, line 1", {"checks": [{"check": "json", **check}]}), Source("Do it.", ""))
    (found,) = ready.of("r1", answer)
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ('{"eligible": true, "placed": "2025-03-02"}', ("PASS", "held")),
        ('{"eligible": "yes"}', ("FAIL", "schema")),
        ('{"eligible": true, "placed": "2 March"}', ("FAIL", "schema")),
        ("{}", ("FAIL", "schema")),
        ('{"eligible": true,}', ("FAIL", "invalid_json")),
        ('{"eligible": true} Done.', ("FAIL", "invalid_json")),
        ('{"eligible": NaN}', ("FAIL", "invalid_json")),
        ('{"eligible": true, "eligible": false}', ("FAIL", "invalid_json")),
        ("[" * 100_000, ("FAIL", "invalid_json")),
        ('```json\n{"eligible": true}\n```', ("FAIL", "code_fence")),
    ],
)
def test_an_answer_is_json_that_fits_its_schema_and_nothing_else(answer: str, outcome: tuple[str, str]) -> None:
    assert asked(answer, schema=SCHEMA) == outcome


def test_a_code_fence_is_taken_where_the_row_says_so() -> None:
    assert asked('```json\n{"eligible": true}\n```', schema=SCHEMA, fence=True) == ("PASS", "held")
    assert asked("[1, 2]") == ("PASS", "held")


def test_a_schema_that_cannot_be_applied_is_an_error_and_no_pass() -> None:
    assert asked("1", schema={"$ref": "#/$defs/none"}) == ("ERROR", "schema_unusable")


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ({"schema": {"type": "objekt"}}, "checks[0].schema is no JSON Schema at $.type"),
        ({"schema": {"$ref": "https://example.org/s"}}, "nothing is fetched"),
        ({"schema": {"format": "moon-phase"}}, "has the format 'moon-phase', which cannot be checked here"),
        ({"fence": 1}, "checks[0].fence is 1; write true or false"),
    ],
)
def test_a_schema_that_would_check_less_than_it_says_is_refused(check: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadLine) as caught:
        asked("1", **check)
    assert problem in str(caught.value)
