from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.text.tokenizer import STOP_WORDS, terms


def test_words_are_lower_case_stems_in_order_with_repeats() -> None:
    assert terms("Refunds, REFUNDED; refunding item. Refund") == ["refund", "refund", "refund", "item", "refund"]


def test_words_that_make_a_question_are_left_out_and_those_that_make_a_rule_stay() -> None:
    assert terms("How do I return my order, and what if you do not?") == ["return", "order", "not"]
    assert terms("You may not, must, should, can, no, unless") == [
        "may",
        "not",
        "must",
        "should",
        "can",
        "no",
        "unless",
    ]


def test_stop_words_are_left_out() -> None:
    assert terms("The refund is for an item") == ["refund", "item"]


def test_words_that_permit_and_forbid_are_kept() -> None:
    assert terms("No, not, may, must, never") == ["no", "not", "may", "must", "never"]
    assert not STOP_WORDS & {"no", "not", "may", "must", "never", "only", "unless"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P-7", ["p-7", "p", "7"]),
        ("P-7's", ["p-7", "p", "7"]),
        ("30-day returns", ["30-day", "30", "day", "return"]),
        ("§ 4.2", ["§4.2", "4.2", "4"]),
        ("§12", ["§12", "12"]),
        ("$500", ["$500", "500"]),
        ("€ 1,200.50", ["€1,200.50", "1", "200", "50"]),
        ("24/7", ["24/7", "24", "7"]),
        ("snake_case", ["snake_case", "snake", "case"]),
        ("_emphasis_", ["emphasi"]),
        ("AT&T", ["at&t", "t"]),
        ("2025", ["2025"]),
    ],
)
def test_an_identifier_gives_itself_and_then_its_parts(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_a_possessive_is_its_owner() -> None:
    assert terms("customer's") == terms("customer’s") == terms("customer") == ["custom"]


def test_an_apostrophe_is_one_whatever_its_form() -> None:
    assert terms("don't") == terms("don’t") == ["don't", "don", "t"]


def test_forms_that_look_the_same_are_the_same_term() -> None:
    assert terms("cafe\u0301 ﬁle Ａ1") == terms("café file A1") == ["café", "file", "a1"]


def test_words_of_other_scripts_are_terms() -> None:
    assert terms("Возврат 返品 über") == ["возврат", "返品", "über"]


@pytest.mark.parametrize("text", ["", " \n", "... --- !?", "🙂", "_ __", "§ $ €"])
def test_a_text_without_words_has_no_terms(text: str) -> None:
    assert terms(text) == []


def test_no_term_holds_white_space() -> None:
    assert [term for term in terms("§\n4.2 and $\t5 of a\u2028b") if term.split() != [term]] == []


def test_threads_stem_alike() -> None:
    text = " ".join(f"conditional{number} running{number}s applies" for number in range(200))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(terms, [text] * 16))
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Section 4.1", ["section", "4.1", "4"]),
        ("Version 1.1", ["version", "1.1", "1"]),
        ("clause 12.3.4", ["claus", "12.3.4", "12"]),
        ("4.2(b)", ["4.2(b)", "4.2", "4", "b"]),
        ("12(a)(ii)", ["12(a)(ii)", "12", "a", "ii"]),
        ("(a) Hotels", ["a", "hotel"]),
        ("Appendix C", ["appendix", "c"]),
        ("Band A", ["band", "a"]),
        ("band a", ["band", "a"]),
        ("Schedule I", ["schedul", "i"]),
        ("| A | 500 |", ["a", "500"]),
        ("Vitamin A tablets", ["vitamin", "a", "tablet"]),
        ("A refund is due. A fee is not.", ["refund", "due", "fee", "not"]),
        ("May I return a gift?", ["may", "return", "gift"]),
    ],
)
def test_labels_of_sections_clauses_and_bands_are_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected
