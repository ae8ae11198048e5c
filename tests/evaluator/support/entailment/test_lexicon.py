"""Which words are of one root, and which deny another, told before the tables are asked."""

import pytest

from evaluator.support.entailment.words.lexicon import denies, phrases_at, related


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("pay", "payment", True),
        ("dying", "die", True),
        ("'twill", "twill", True),
        ("pay", "ray", False),
        ("", "a", False),
    ],
)
def test_words_of_one_root_begin_alike(one: str, other: str, expected: bool) -> None:
    assert related(one, other) is expected
    assert related(other, one) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("unpaid", "paid", True), ("paid", "unpaid", True), ("unit", "it", False), ("paid", "payable", False)],
)
def test_a_prefix_denies_only_the_word_behind_it(one: str, other: str, expected: bool) -> None:
    assert denies(one, other) is expected


@pytest.mark.parametrize(
    ("words", "lemmas", "expected"),
    [
        ("put in writing", "put in write", [3, 2]),
        ("costs nothing", "cost nothing", [2]),
        ("writing put in", "write put in", []),
        ("in advance", "in advance", [2]),
        ("put", "put", []),
    ],
)
def test_a_phrase_is_found_by_words_or_lemmas_and_the_longest_first(
    words: str, lemmas: str, expected: list[int]
) -> None:
    assert [length for length, _ in phrases_at(words.split(), lemmas.split(), 0)] == expected
