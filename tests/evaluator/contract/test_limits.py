import time
from typing import Any

import pytest

from evaluator.contract.check_outcome import Source
from evaluator.contract.checks import parse_checks
from evaluator.errors import BadLine
from evaluator.files.json_lines import Line


def asked(answer: str, input: str = "", **check: Any) -> tuple[str, str, int | None, int | None]:
    (ready,) = parse_checks(Line("rows, line 1", {"checks": [check]}), Source("Do it.", input))
    (found,) = ready.of("r1", answer)
    return found.verdict, found.reason, found.start, found.end


@pytest.mark.parametrize(
    ("check", "answer", "verdict"),
    [
        ({"check": "bullets", "exactly": 2}, "- a\n- b", ("PASS", "held", None, None)),
        ({"check": "bullets", "exactly": 2}, "- a", ("FAIL", "too_few", None, None)),
        ({"check": "bullets", "exactly": 2}, "- a\n- b\n- c", ("FAIL", "too_many", 10, 11)),
        ({"check": "bullets", "min": 1, "only": True}, "See:\n- a", ("FAIL", "beside_bullets", 0, 4)),
        ({"check": "bullet_words", "max": 2}, "- a b\n- a b c", ("FAIL", "too_many", 8, 13)),
        ({"check": "bullet_words", "max": 2}, "- a b\n- c", ("PASS", "held", None, None)),
        ({"check": "bullet_words", "max": 2}, "a b", ("FAIL", "no_bullets", None, None)),
        ({"check": "sentences", "max": 1}, "One. Two.", ("FAIL", "too_many", 5, 9)),
        ({"check": "words", "min": 3, "max": 4}, "a b", ("FAIL", "too_few", None, None)),
        ({"check": "words", "min": 3, "max": 4}, "a b c d", ("PASS", "held", None, None)),
        ({"check": "characters", "max": 3}, " abcd ", ("FAIL", "too_many", None, None)),
        ({"check": "characters", "max": 4}, " abcd ", ("PASS", "held", None, None)),
    ],
)
def test_a_count_holds_between_its_limits_and_says_where_it_is_passed(
    check: dict[str, Any], answer: str, verdict: tuple[str, str, int | None, int | None]
) -> None:
    assert asked(answer, **check) == verdict


def test_length_is_the_words_of_the_answer_over_those_of_the_input() -> None:
    assert asked("a b c", input="a b c d", check="length_ratio", max=0.75)[0] == "PASS"
    assert asked("a b c d", input="a b c d", check="length_ratio", max=0.75)[:2] == ("FAIL", "too_many")


def test_a_blank_answer_passes_no_check_not_even_one_that_forbids() -> None:
    assert asked(" \n", check="words", max=3)[:2] == ("FAIL", "blank_answer")
    assert asked("", check="forbidden_phrases", phrases=["no"])[:2] == ("FAIL", "blank_answer")


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        ({"check": "bulets"}, "checks[0].check is 'bulets', which is none of bullets,"),
        ({"check": "words", "maximum": 3}, "checks[0].maximum is no parameter of words; it takes exactly, max, min"),
        ({"check": "words"}, "checks[0].check needs `exactly`"),
        ({"check": "words", "exactly": 3, "max": 4}, "checks[0].check needs `exactly`"),
        ({"check": "words", "max": 3.5}, "checks[0].max is 3.5; give a whole number"),
        ({"check": "words", "min": 4, "max": 3}, "checks[0].max is 3, less than min"),
        ({"check": "bullets", "exactly": 3, "only": "yes"}, "checks[0].only is 'yes'"),
        ({"check": "length_ratio", "max": 1}, "has no input"),
    ],
)
def test_a_check_that_cannot_be_made_is_named_by_line_and_field(check: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadLine) as caught:
        asked("a", **check)
    assert str(caught.value).startswith("rows, line 1: checks[0].")
    assert problem in str(caught.value)


def test_long_answers_are_read_in_proportion_to_their_length() -> None:
    started = time.perf_counter()
    assert asked("- a\n" * 20_000, check="bullets", exactly=20_000, only=True)[0] == "PASS"
    assert asked("3 March " * 20_000, input="3 March", check="no_new_numbers")[0] == "PASS"
    assert asked("restart workers " * 10_000, input="x", check="sentences", max=1)[0] == "PASS"
    assert time.perf_counter() - started < 20  # seconds; 40, where it grew with the square
