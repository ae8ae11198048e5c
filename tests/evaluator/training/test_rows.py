from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile
from evaluator.training.answer_contract import AnswerContract
from evaluator.training.held_out import HeldOut, read_held_out
from evaluator.training.rows import Export, demonstration, export, preference
from evaluator.training.shingles import normalised
from policies.change import Erase, Publish
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.revision import Draft, Span, VersionId

Written = Callable[..., Path]

LABEL = "The return label is free of charge for every customer in the union."
"""Thirteen words, in P-8@1#1 and again in P-8@2#2."""

DEMONSTRATION = {"id": "d1", "prompt": "Who pays for the label?", "response": "We do."}
PAIR = {"id": "p1", "prompt": "Who pays?", "chosen": "We do.", "rejected": "You do.", "reason": "against the policy"}


@pytest.fixture
def labels(ledger: Ledger) -> Ledger:
    """The ledger with P-8, whose label passage moves from the first to the second place."""
    for start, passages in (("2025-01-01", [LABEL]), ("2025-02-01", ["Good news first.", LABEL])):
        text = "\n".join(passages)
        spans = [Span(text.index(words), text.index(words) + len(words)) for words in passages]
        draft = Draft("P-8", "Labels", text, "here", parse_instant(start))
        ledger.record(ledger.propose([Publish(draft)]), [spans], "by hand")
    return ledger


def held(text: str) -> list[HeldOut]:
    return [HeldOut("cases.jsonl, line 1", normalised(text))]


def demonstrated(
    written: Written, ledger: Ledger, *fields: dict[str, Any], held_out: str = "Is it sunny in the capital today?"
) -> Export:
    path = written("c.jsonl", *({**DEMONSTRATION, **given} for given in fields))
    return export(path, demonstration, ledger, held(held_out))


def test_a_demonstration_is_the_messages_of_a_chat(written: Written, ledger: Ledger) -> None:
    made = demonstrated(written, ledger, {"system": "Be brief.", "trace_ids": ["t1"], "citations": ["P-7@2#1"]})
    assert made.refused == ()
    assert made.rows == (
        {
            "id": "d1",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Who pays for the label?"},
                {"role": "assistant", "content": "We do."},
            ],
            "trace_ids": ["t1"],
            "citations": ["P-7@2#1"],
        },
    )


def test_a_preference_has_one_prompt_and_two_answers(written: Written, ledger: Ledger) -> None:
    made = export(written("p.jsonl", PAIR), preference, ledger, [])
    assert made.rows == (
        {
            "id": "p1",
            "prompt": [{"role": "user", "content": "Who pays?"}],
            "chosen": [{"role": "assistant", "content": "We do."}],
            "rejected": [{"role": "assistant", "content": "You do."}],
            "reason": "against the policy",
            "trace_ids": [],
            "citations": [],
        },
    )


def test_each_refused_candidate_is_named_by_line_in_order(written: Written, ledger: Ledger) -> None:
    made = demonstrated(written, ledger, {"response": " "}, {}, {"id": "d1", "prompt": "Else?"}, {"trace_ids": "t1"})
    named = [(refusal.where.rpartition(", ")[2], refusal.problem) for refusal in made.refused]
    path = made.refused[0].where.rpartition(", ")[0]
    assert named == [
        ("line 1", "response is ' '; write text"),
        ("line 3", f"id is 'd1', as at {path}, line 2"),
        ("line 4", "trace_ids is 't1'; write a list of texts"),
    ]
    assert len(made.rows) == 1


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"reason": None}, "reason is missing"),
        ({"rejected": None}, "rejected is missing"),
        ({"rejected": " WE  do! "}, "rejected says the same as chosen"),
    ],
)
def test_a_pair_needs_a_reason_and_a_difference(
    written: Written, ledger: Ledger, fields: dict[str, Any], problem: str
) -> None:
    (refusal,) = export(written("p.jsonl", {**PAIR, **fields}), preference, ledger, []).refused
    assert refusal.problem.startswith(problem)


def test_what_is_learnt_keeps_the_contract_and_what_is_rejected_need_not(written: Written, ledger: Ledger) -> None:
    whole, lacking = '{"eligible": true, "policy_id": "P-7", "evidence": []}', '{"eligible": true, "evidence": []}'
    path = written("c.jsonl", {**DEMONSTRATION, "response": whole}, {**DEMONSTRATION, "id": "d2", "response": lacking})
    made = export(path, demonstration, ledger, [], AnswerContract())
    assert [row["id"] for row in made.rows] == ["d1"]
    assert [refusal.problem for refusal in made.refused] == ["response lacks policy_id"]
    right, wrong = {**PAIR, "chosen": whole, "rejected": lacking}, {"chosen": lacking, "rejected": whole}
    made = export(written("p.jsonl", right, {**PAIR, "id": "p2", **wrong}), preference, ledger, [], AnswerContract())
    assert [row["id"] for row in made.rows] == ["p1"]
    assert [refusal.problem for refusal in made.refused] == ["chosen lacks policy_id"]


@pytest.mark.parametrize("chosen", [None, "We do."])
def test_a_pair_is_exported_only_once_its_slot_is_written(written: Written, ledger: Ledger, chosen: str | None) -> None:
    slot = {**PAIR, "chosen": chosen, "to_write": True}
    (refusal,) = export(written("p.jsonl", slot), preference, ledger, []).refused
    assert refusal.problem == "chosen is to be written; write it, then take to_write away"
    assert export(written("p.jsonl", {**PAIR, "to_write": False}), preference, ledger, []).refused == ()


def test_the_same_words_in_other_case_and_marks_are_a_duplicate(written: Written, ledger: Ledger) -> None:
    made = demonstrated(
        written,
        ledger,
        {},
        {"id": "d2", "prompt": "WHO pays — for the label", "response": "We do!"},
        {"id": "d3", "response": "You do."},
    )
    assert [row["id"] for row in made.rows] == ["d1", "d3"]
    assert made.refused[0].problem.startswith("says the same as")
    assert made.refused[0].problem.endswith("c.jsonl, line 1")


@pytest.mark.parametrize(
    "response",
    [
        "The return label is free of charge for every customer in the union [P-8@1#1].",
        "The return label is free of charge for every customer in the union [P-8@2#2].",
        "The return label is free of charge for every customer in the union [P-8@2#1-2].",
        '{"why": "the return label is free of charge for every customer", "citations": ["P-8@1#1"]}',
        "The return label is free of charge, says the policy.",
    ],
)
def test_policy_words_with_their_citation_or_fewer_than_eight_of_them_are_taken(
    written: Written, labels: Ledger, response: str
) -> None:
    assert demonstrated(written, labels, {"response": response}).refused == ()


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (
            "Yes: the RETURN label is free, of charge - for every one.",
            "repeats 8 words of a policy ('the return label is free of charge for') without their version; "
            "cite P-8@1#1 or P-8@2#2 beside them",
        ),
        (f"{LABEL} [P-8@2#1]", "repeats 8 words of a policy"),
        ("The return label is free [P-7@1#1] of charge for every customer.", "repeats 8 words of a policy"),
        ("Yes [P-8@3#1].", "cites P-8@3#1, which the ledger does not hold"),
        ("Yes [P-8@2#3].", "cites P-8@2#3, which the ledger does not hold"),
    ],
)
def test_policy_words_without_their_version_are_nothing_to_memorise(
    written: Written, labels: Ledger, response: str, problem: str
) -> None:
    (refusal,) = demonstrated(written, labels, {"response": response}).refused
    assert refusal.problem.startswith(problem)


def test_words_that_were_erased_are_looked_for_nowhere(written: Written, labels: Ledger) -> None:
    for number in (1, 2):
        labels.record(labels.propose([Erase(VersionId("P-8", number), "court order")]), [], "by hand")
    assert demonstrated(written, labels, {"response": LABEL}, {"id": "d2", "response": "See P-8@1#1."}).refused == ()


def test_what_is_rejected_may_repeat_a_policy_without_its_version(written: Written, labels: Ledger) -> None:
    assert export(written("p.jsonl", {**PAIR, "rejected": LABEL}), preference, labels, []).refused == ()
    assert len(export(written("p.jsonl", {**PAIR, "chosen": LABEL}), preference, labels, []).refused) == 1


QUESTION = "May I send back a kettle whose handle came off after three weeks of use?"
"""Fifteen words, so eight shingles. With `hello` before and `breakfast` after eleven of them: four of six shared."""


@pytest.mark.parametrize(
    ("prompt", "share"),
    [
        (QUESTION.upper(), "100%"),
        (f"You answer for our shop. Question: {QUESTION} Answer in one sentence.", "100%"),
        ("Hello! May I send back a kettle whose handle came off after breakfast?", "67%"),
        ("May I send back a kettle whose lid came off after three weeks of use?", None),
    ],
)
def test_a_near_duplicate_of_what_is_held_out_is_a_leak(
    written: Written, ledger: Ledger, prompt: str, share: str | None
) -> None:
    made = demonstrated(written, ledger, {"prompt": prompt}, held_out=QUESTION)
    expected = [f"prompt is held out: it shares {share} of its runs of words with cases.jsonl, line 1"] if share else []
    assert [refusal.problem for refusal in made.refused] == expected


@pytest.mark.parametrize(
    ("prompt", "held_out", "leaks"),
    [
        ("So: may I return a kettle? Please.", "May I return a kettle?", True),
        ("May I return a kettle?", "Question of today: may I return a kettle?", True),
        ("Yes or no: is it late?", "Yes", False),
        ("Yes", "yes!", True),
    ],
)
def test_a_short_text_leaks_whole_and_a_very_short_one_only_alone(
    written: Written, ledger: Ledger, prompt: str, held_out: str, leaks: bool
) -> None:
    assert bool(demonstrated(written, ledger, {"prompt": prompt}, held_out=held_out).refused) is leaks


def test_inputs_are_held_out_and_instructions_only_where_there_is_none(written: Written) -> None:
    path = written(
        "cases.jsonl",
        {"id": "a", "instruction": "Translate it.", "input": "It rains."},
        {"id": "b", "instruction": "Say it in German.", "paraphrase_of": "a"},
        {"id": "c", "instruction": "Write a poem."},
        {"id": "d", "query": "Is it late?"},
    )
    assert [" ".join(found.words) for found in read_held_out([path])] == ["it rains", "write a poem", "is it late"]


def test_a_file_in_which_nothing_is_held_out_is_refused(written: Written) -> None:
    with pytest.raises(BadFile, match=r"cases\.jsonl holds nothing to hold out"):
        read_held_out([written("cases.jsonl")])
