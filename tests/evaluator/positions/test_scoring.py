import pytest

from evaluator.positions.scoring import cites, correct, holds_words, normalised, told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Eiffel-Tower!", "eiffeltower"),
        ("  An apple,  a pear ", "apple pear"),
        ("Wilhelm Conrad Röntgen", "wilhelm conrad röntgen"),
        ("the", ""),
        ("*", ""),
    ],
)
def test_normalisation_is_that_of_squad(text: str, expected: str) -> None:
    assert normalised(text) == expected


def test_an_answer_is_right_when_an_accepted_one_stands_in_its_first_line() -> None:
    assert correct("It was May 18, 2018 [1].", ["May 18, 2018"])
    assert correct("MAY 18 2018", ["June 1", "May 18, 2018"])
    assert not correct("In May of 2018", ["May 18, 2018"])


def test_what_follows_the_first_line_counts_for_nothing() -> None:
    assert not correct("I do not know.\nMay 18, 2018", ["May 18, 2018"])


def test_line_ends_before_the_first_word_are_passed_over() -> None:
    assert correct("\n\n May 18, 2018", ["May 18, 2018"])


def test_an_accepted_answer_without_words_matches_nothing() -> None:
    assert not correct("anything", ["*", "the"])
    assert not correct("", ["yes"])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("I do not know [7]", "7"),
        ("nobody knows [1, 12]", "12"),
        ("nobody knows [P-7@2#1]", "2"),
        ("nobody knows (P-7@3#1-2) [ 4 ]", "7312"),
    ],
)
def test_what_is_cited_is_not_the_answer(said: str, answer: str) -> None:
    assert not correct(said, [answer])
    assert correct(f"{answer}{said[said.index('[') :]}", [answer])


def test_brackets_of_a_record_belong_to_its_value() -> None:
    assert correct("at[7]", ["at[7]"], citing=False)


def test_a_passage_is_cited_by_its_number_alone_or_in_a_list() -> None:
    handles = ["1", "2", "3"]
    assert cites("Paris [2]", handles, 1)
    assert cites("Paris [ 1, 02 ]", handles, 1)
    assert not cites("Paris [12]", handles, 1)
    assert not cites("Paris (2), in 2", handles, 1)


def test_a_policys_passage_is_cited_by_its_handle_or_by_merged_neighbours_that_hold_it() -> None:
    handles = ["P-7@3#2", "P-8@1#1"]
    assert cites("Within 30 days [P-7@3#2].", handles, 0)
    assert cites("Within 30 days (P-7@3#1-2).", handles, 0)
    assert not cites("Within 30 days [P-7@2#2].", handles, 0)
    assert not cites("Within 30 days [P-7@3#3-4] and [P-7@0#2].", handles, 0)
    assert not cites("Within 30 days [1].", handles, 0)


def test_whole_words_are_looked_for_where_another_answer_may_hold_one_as_a_part() -> None:
    assert holds_words("It is 7 days.", ["7 days"])
    assert not holds_words("It is 27 days.", ["7 days"])
    assert not holds_words("7 day", ["7 days"])
    assert not holds_words("any text", ["the"])


def test_an_answer_is_told_apart_from_that_of_another_time() -> None:
    assert told("within 30 days [1]", ["30 days"], ["7 days"]) == (True, False)
    assert told("within 7 days [2]\n30 days", ["30 days"], ["7 days"]) == (False, True)
    assert told("30 days, no longer 7 days", ["30 days"], ["7 days"]) == (True, True)
    assert told("see [7]", ["30"], ["7"]) == (False, False)
