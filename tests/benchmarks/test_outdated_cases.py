"""Which differences of two wordings become a question, and which do not."""

import json
from pathlib import Path

import pytest

from benchmarks.outdated_cases import Blank, _blanks, generate

OLD = "We answer every request of a customer within 24 hours of the day on which it came in. Call us."
NEW = OLD.replace("24 hours", "1 business day")


def test_a_short_phrase_is_cut_out_of_the_words_of_its_sentence_that_both_share() -> None:
    before = tuple("We answer every request of a customer within".split())
    after = tuple("of the day on which it came in.".split())
    assert list(_blanks(NEW, OLD)) == [Blank("1 business day", "24 hours", before, after)]
    assert next(_blanks(OLD, NEW)).kind == "number"


@pytest.mark.parametrize(
    ("gold", "other"),
    [
        ("within 24 hours", "within 24 hours and a day"),  # one phrase holds the other, or stands there alone
        ("your own organisation", "your own organization"),  # a spelling
        ("which they could do", "which they might do"),  # an answer may hold such a word by accident
        ("under Section 16 of it", "under Section 17 of it"),  # no rule, but where one stands
        ("at [the page](https://a.example)", "at [the page](https://b.example)"),  # nothing that a reader sees
        ("a {{ site.name }} page", "a {% data name %} page"),
    ],
)
def test_differences_that_tell_no_rule_apart_are_left_out(gold: str, other: str) -> None:
    sentence = "Every request of a customer is answered {} before the week is over."
    assert list(_blanks(sentence.format(gold), sentence.format(other))) == []


def test_the_same_seed_generates_the_same_cases_and_says_so(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("again", 5), ("other", 6)):
        (tmp_path / name).mkdir()
        generate(tmp_path / name, 6, seed)
    one, again, other = ((tmp_path / name / "generated.jsonl").read_text() for name in ("one", "again", "other"))
    assert one == again != other
    case = json.loads(one.splitlines()[0])
    assert case["generated"] == 5
    assert len(set(case["answers"] + case["outdated"])) == 4
