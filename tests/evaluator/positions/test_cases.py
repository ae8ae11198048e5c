from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.positions.cases import Passage, read_sweep_cases
from policies.instant import parse_instant

Written = Callable[..., Path]
GOLD = {"title": "Barn", "text": "The barn is red.", "isgold": True}
OTHER = {"title": "Boat", "text": "The boat is blue.", "isgold": False}
QUESTION = {"question": "what colour is the barn", "answers": ["red"], "ctxs": [OTHER, GOLD]}
RECORDS = {"ordered_kv_records": [["k1", "v1"], ["k2", "v2"], ["k3", "v3"]], "key": "k2", "value": "v2"}
POLICY = {"id": "p", "question": "Are they accepted?", "as_of": "2025-04-01", "gold": "P-7@2#1", "answers": ["30 days"]}


def test_a_question_has_its_gold_passage_and_the_others_of_its_line(written: Written) -> None:
    (case,) = read_sweep_cases(written("cases.jsonl", QUESTION))
    assert (case.id, case.kind, case.answers) == ("1", "question", ("red",))
    assert case.gold == Passage("Barn", "The barn is red.")
    assert case.given == (Passage("Boat", "The boat is blue."),)


def test_of_a_key_value_case_the_key_is_the_question_and_the_value_the_answer(written: Written) -> None:
    (case,) = read_sweep_cases(written("cases.jsonl", RECORDS))
    assert (case.kind, case.question, case.answers) == ("key-value", "k2", ("v2",))
    assert case.gold == Passage("k2", "v2")
    assert case.given == (Passage("k1", "v1"), Passage("k3", "v3"))


def test_a_policy_case_names_its_gold_passage_and_its_instant(written: Written) -> None:
    (case,) = read_sweep_cases(written("cases.jsonl", POLICY))
    assert (case.kind, str(case.citation), case.group) == ("policy", "P-7@2#1", "P-7")
    assert case.as_of == parse_instant("2025-04-01")
    assert case.gold is None


def test_a_policy_case_may_know_the_answers_of_other_times(written: Written) -> None:
    plain, old, new = read_sweep_cases(
        written(
            "cases.jsonl",
            POLICY,
            {**POLICY, "id": "q", "outdated": ["7 days"]},
            {**POLICY, "id": "r", "outdated": ["7 days", "45 days"], "later": True},
        )
    )
    assert (plain.outdated, old.outdated, new.outdated) == ((), ("7 days",), ("7 days", "45 days"))
    assert (plain.later, old.later, new.later) == (False, False, True)


def test_questions_about_one_passage_are_one_group(written: Written) -> None:
    again = {**QUESTION, "question": "is the barn red", "ctxs": [GOLD]}
    first, second = read_sweep_cases(written("cases.jsonl", QUESTION, again))
    assert first.group == second.group


def test_an_answer_without_words_is_left_out_where_another_has_some(written: Written) -> None:
    (case,) = read_sweep_cases(written("cases.jsonl", {**QUESTION, "answers": ["a saltire", "*"]}))
    assert case.answers == ("a saltire",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({**QUESTION, "answers": ["*"]}, "answers .* holds no words"),
        ({**QUESTION, "answers": "red"}, "answers is not a list of texts"),
        ({**QUESTION, "ctxs": [OTHER, OTHER]}, "ctxs has 0 passages"),
        ({**QUESTION, "ctxs": [GOLD, GOLD]}, "ctxs has 2 passages"),
        ({**RECORDS, "key": "k9"}, "key is 'k9'"),
        ({**RECORDS, "value": "v3"}, "value is 'v3', but ordered_kv_records has 'v2'"),
        ({**RECORDS, "ordered_kv_records": [["k2", "v2"], ["k2", "v1"]]}, "holds a key twice"),
        ({**RECORDS, "ordered_kv_records": [["k2"]]}, "no pair of texts"),
        ({**RECORDS, "ordered_kv_records": 5}, "ordered_kv_records is not a list of pairs"),
        ({**RECORDS, "ordered_kv_records": {"k2": "v2"}}, "ordered_kv_records is not a list of pairs"),
        ({**POLICY, "gold": "P-7"}, "'P-7' is not a citation"),
        ({**POLICY, "as_of": None}, "as_of is missing"),
        ({**POLICY, "outdated": "7 days"}, "outdated is not a list of texts"),
        ({**POLICY, "outdated": ["30 days later"]}, "outdated holds '30 days later', which an accepted answer"),
        ({**POLICY, "outdated": ["days"]}, "outdated holds 'days', which an accepted answer"),
        ({**POLICY, "outdated": ["7 days"], "later": "yes"}, "later is 'yes'; write true or false"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_its_field(written: Written, line: dict[str, Any], said: str) -> None:
    with pytest.raises(BadLine, match=said):
        read_sweep_cases(written("cases.jsonl", line))


def test_kinds_are_not_mixed_and_ids_not_repeated(written: Written) -> None:
    with pytest.raises(BadLine, match="key-value case after question cases"):
        read_sweep_cases(written("cases.jsonl", QUESTION, RECORDS))
    with pytest.raises(BadLine, match="'p', which an earlier line has"):
        read_sweep_cases(written("cases.jsonl", POLICY, POLICY))
    with pytest.raises(BadFile, match="holds no cases"):
        read_sweep_cases(written("cases.jsonl"))


def test_the_published_cases_are_read_whole(data_folder: Path) -> None:
    questions = read_sweep_cases(data_folder / "positions" / "nq-open-oracle.jsonl.gz")
    records = read_sweep_cases(data_folder / "positions" / "kv-retrieval-75_keys.jsonl.gz")
    assert (len(questions), len(records)) == (2655, 500)
    assert {len(case.given) for case in records} == {74}
