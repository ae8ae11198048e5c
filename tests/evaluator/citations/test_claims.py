"""Sentences of an answer with what they cite."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.citations.cited import find_cited
from evaluator.citations.claims import find_claims

GIVEN = ["P-7@2#1", "G-1@1#1"]


def claims(answer: Any) -> list[tuple[str, list[str]]]:
    return [(claim.text, [cited.citation for cited in claim.citations]) for claim in find_claims(answer, GIVEN)]


def test_a_citation_after_a_full_stop_belongs_to_the_sentence_before_it() -> None:
    assert claims("Items are accepted. [1] Gifts are not [2]. Ask us.") == [
        ("Items are accepted.", ["P-7@2#1"]),
        ("Gifts are not.", ["G-1@1#1"]),
        ("Ask us.", []),
    ]


def test_a_citation_on_a_line_of_its_own_belongs_to_the_claim_above_it() -> None:
    assert claims("Items are accepted.\n[P-7@2#1]\n\nAsk us.") == [
        ("Items are accepted.", ["P-7@2#1"]),
        ("Ask us.", []),
    ]
    assert claims("[P-7@2#1]\nItems are accepted.") == [("Items are accepted.", ["P-7@2#1"])]


@pytest.mark.parametrize(
    "answer",
    ["Items are accepted (P-7@2#1, G-1@1#1).", "Items are accepted [1][2].", "Items are accepted [1, 2].",
     "Items are accepted [P-7@2#1] and [G-1@1#1]."],
)  # fmt: skip
def test_several_citations_of_one_sentence_leave_no_trace_in_its_words(answer: str) -> None:
    assert claims(answer) == [("Items are accepted.", ["P-7@2#1", "G-1@1#1"])]


def test_markers_of_lists_and_lead_ins_are_no_claims() -> None:
    assert claims("Here is what holds:\n- Items are accepted [1]\n2. Gifts are not\n# In short\n") == [
        ("Items are accepted", ["P-7@2#1"]),
        ("Gifts are not", []),
    ]


def test_a_number_without_such_a_piece_of_evidence_cites_nothing_and_stays() -> None:
    assert claims("Items are accepted [7].") == [("Items are accepted.", ["[7]"])]
    assert [claim.citations for claim in find_claims("Items are accepted [7].", None)] == [()]
    assert claims("See [1](http://example.org).")[0][1] == []


def test_offsets_are_those_of_the_answer() -> None:
    answer = "Yes. Items are accepted within 30 days [P-7@2#1]. No."
    claim = find_claims(answer, GIVEN)[1]
    assert answer[claim.start : claim.end] == "Items are accepted within 30 days [P-7@2#1]."
    assert answer[claim.citations[0].start : claim.citations[0].end] == "P-7@2#1"


def test_citations_of_a_json_answer_are_of_all_that_stands_beside_them() -> None:
    answer = {
        "eligible": True,
        "policy_id": "P-7",
        "reason": "Items are accepted. They must be damaged.",
        "citations": ["P-7@2#1"],
    }
    assert claims(answer) == [("Items are accepted.", ["P-7@2#1"]), ("They must be damaged.", ["P-7@2#1"])]
    assert [claim.field for claim in find_claims(answer, GIVEN)] == ["reason", "reason"]


def test_a_json_answer_without_words_still_has_its_citations_checked() -> None:
    assert claims({"eligible": True, "citations": ["P-7@2#1", "nonsense"]}) == [("", ["P-7@2#1", "nonsense"])]
    assert claims({"eligible": True, "citations": [2, 9]}) == [("", ["G-1@1#1", "[9]"])]


def test_a_quote_beside_a_citation_is_its_quote() -> None:
    (claim,) = find_claims({"evidence": [{"citation": "P-7@2#1", "quote": "within 30 days"}]}, GIVEN)
    assert (claim.field, claim.citations[0].citation, claim.citations[0].quote) == (
        "evidence[0]",
        "P-7@2#1",
        "within 30 days",
    )


PIECES = ["[", "]", "(", ")", " ", "P-7@2#1", "[1]", "[7]", "word", "Word.", ".", " and ", ",", "\n", ":", "- ", '"']


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_citation_is_lost_and_all_stand_where_they_are_said_to(answer: str) -> None:
    found = find_claims(answer, GIVEN)
    cited = [item for claim in found for item in claim.citations]
    assert sorted((it.start, it.end) for it in cited) == [(it.start, it.end) for it in find_cited(answer, GIVEN)]
    assert all(0 <= claim.start <= claim.end <= len(answer) for claim in found)


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ("Stays cost approx. 40 EUR.", ["Stays cost approx. 40 EUR."]),
        ("See para. 4 incl. the note, e.g. No. 5.", ["See para. 4 incl. the note, e.g. No. 5."]),
        ("Guests in the U.S. pay by card.", ["Guests in the U.S. pay by card."]),
        ("Ask J. Smith or Dr. Jones.", ["Ask J. Smith or Dr. Jones."]),
        ("It closes at 5 p.m. on Sundays.", ["It closes at 5 p.m. on Sundays."]),
        ("Bring pens etc. Then go.", ["Bring pens etc.", "Then go."]),
        ("2.1. Beer is fine.", ["2.1. Beer is fine."]),
        ("Hello there! Beer is fine.", ["Beer is fine."]),
        ("Happy to help! Beer is fine. I hope this helps!", ["Beer is fine."]),
        ("Thanks for asking. Beer is fine. Feel free to ask more.", ["Beer is fine."]),
        ("Beer is fine. Let me know if you need anything else.", ["Beer is fine."]),
        ("Do you have any other questions? Beer is fine.", ["Beer is fine."]),
        ("## Drinks\n\nBeer is fine.", ["Beer is fine."]),
        ("**Drinks**\n\nBeer is fine.", ["Beer is fine."]),
        ("**Beer** is fine.", ["**Beer** is fine."]),
        ("Sure, beer is fine.", ["Sure, beer is fine."]),
        ("Hi-fi sets are not allowed.", ["Hi-fi sets are not allowed."]),
        ("Let me know the rule: beer is fine [P-7@2#1].", ["Let me know the rule: beer is fine."]),
    ],
)
def test_what_an_answer_says_besides_is_no_claim_and_short_forms_end_none(answer: str, texts: list[str]) -> None:
    assert [claim.text for claim in find_claims(answer, GIVEN)] == texts


@pytest.mark.parametrize(
    "sources",
    [
        "Sources:\n- [P-7@2#1]",
        "Sources: [P-7@2#1]",
        "**References**\n\n1. P-7@2#1",
        "Source: P-7@2#1",
        "References\n[1]",
    ],
)
def test_a_list_of_sources_belongs_to_what_cites_nothing(sources: str) -> None:
    answer = f"Beer is fine. Wine is not [G-1@1#1].\n\n{sources}"
    assert claims(answer) == [("Beer is fine.", ["P-7@2#1"]), ("Wine is not.", ["G-1@1#1"])]


def test_sources_inside_a_sentence_are_no_list() -> None:
    assert claims("Sources of heat are not allowed [P-7@2#1].") == [("Sources of heat are not allowed.", ["P-7@2#1"])]
