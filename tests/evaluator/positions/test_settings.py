from dataclasses import replace

import pytest

from evaluator.errors import BadFile
from evaluator.positions.cases import Passage, SweepCase
from evaluator.positions.settings import set_among
from evaluator.positions.sources import OtherCases
from tests.evaluator.positions.positions_made import THINGS, colour_cases, colour_settings


def test_the_gold_passage_stands_at_each_position_among_the_same_others_in_the_same_order() -> None:
    setting = colour_settings()[0]
    for position in range(5):
        shown = setting.at(position)
        assert shown[position] == setting.gold
        assert tuple(item for item in shown if item != setting.gold) == setting.others


def test_the_order_of_the_others_depends_on_case_and_seed_alone() -> None:
    first, again = colour_settings(), colour_settings()
    assert first == again
    assert any(one.others != other.others for one, other in zip(first, colour_settings(seed=1), strict=True))
    assert colour_settings(k=6)[0] == set_among(colour_cases()[0], OtherCases(colour_cases()), 6, 0)


def test_no_other_passage_holds_an_answer_or_the_gold_words() -> None:
    cases = colour_cases()
    repeated = Passage("Barn again", "They say: The barn is red.")
    answering = Passage("Shed", "The shed is RED, too.")
    cases[0] = replace(cases[0], given=(repeated, answering, Passage("Shed", "The shed is grey.")))
    setting = set_among(cases[0], OtherCases(cases), 6, 0)
    assert repeated not in setting.others
    assert answering not in setting.others
    assert Passage("Shed", "The shed is grey.") in setting.others


def test_a_block_with_the_gold_passage_or_governed_by_an_answer_is_never_set_beside_it() -> None:
    gold = Passage("Barn", "The barn is red.", "B-1@1#4")
    case = replace(colour_cases()[0], kind="policy", gold=gold)
    beside = Passage("Barn", "Its door is low.", "B-1@1#5-6")
    block = replace(beside, handle="B-1@1#3-4")
    governed = Passage("Barn", "its roof", "B-1@1#7", ("These are red:",))
    case = replace(case, given=(block, governed, beside))
    assert set_among(case, OtherCases([case]), 2, 0).others == (beside,)


def test_too_few_passages_are_refused_with_how_many_there_are() -> None:
    with pytest.raises(BadFile, match=r"Case barn has 5 passages .* of the 9 wanted; ask with -k 6 or fewer"):
        colour_settings(k=10)


def test_the_retrievers_best_begin_with_the_passage_that_shares_the_questions_words() -> None:
    for setting, thing in zip(colour_settings(ranked=True), THINGS, strict=True):
        assert len(setting.ranked) == 5
        assert setting.ranked[0].title == thing.title()


def test_of_records_a_seeded_part_is_taken_and_none_is_left_out_for_its_words() -> None:
    records = tuple(Passage(f"k{number}", "v") for number in range(9))
    case = SweepCase("1", "key-value", "gold", ("v",), "gold", Passage("gold", "v"), records)
    setting = set_among(case, OtherCases([case]), 5, 3)
    assert len(setting.others) == 4
    assert set(setting.others) < set(records)
