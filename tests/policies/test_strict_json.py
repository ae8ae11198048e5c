import pytest

from policies.strict_json import parse_json


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_constant_that_json_does_not_have_is_refused_however_deep_it_stands(constant: str) -> None:
    with pytest.raises(ValueError, match=f"^{constant} is not JSON$"):
        parse_json(f'{{"scores": [1, {constant}]}}')


def test_whoever_reads_says_what_becomes_of_an_object() -> None:
    assert parse_json(b'{"a": 1, "a": 2}') == {"a": 2}
    assert parse_json('{"a": 1, "a": 2}', list) == [("a", 1), ("a", 2)]
