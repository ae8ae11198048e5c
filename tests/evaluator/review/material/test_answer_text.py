from evaluator.review.material.answer_text import answer_lines, cited_handles, prose

ANSWER = {
    "eligible": False,
    "policy_id": None,
    "evidence": [{"citation": "L-2@1#3", "quote": "lent for 3 days", "sure": True}],
    "citations": ["L-2@1#3", "L-4@1#1"],
    "answer": "No, since a week is more\nthan 3 days (L-9@1#2).",
    "notes": {"by": "clerk"},
    "actions": [],
}


def test_a_json_answer_is_shown_with_a_line_for_each_field_and_quotations_under_their_citations() -> None:
    assert answer_lines(ANSWER) == [
        "eligible: false",
        "policy_id: null",
        "evidence:",
        "  L-2@1#3",
        '    "lent for 3 days"',
        "    sure: true",
        "citations: L-2@1#3, L-4@1#1",
        "answer: No, since a week is more",
        "        than 3 days (L-9@1#2).",
        "notes:",
        "  by: clerk",
        "actions: (none)",
    ]


def test_json_written_as_text_is_shown_like_json_and_other_text_as_it_is() -> None:
    assert answer_lines('{"eligible": true}') == ["eligible: true"]
    assert answer_lines("Yes.\n[1]") == ["Yes.", "[1]"]


def test_prose_leaves_out_quotations_citations_and_codes() -> None:
    assert prose(ANSWER) == "No, since a week is more\nthan 3 days (L-9@1#2)."
    assert prose("Plain text.") == "Plain text."


def test_what_an_answer_cites_is_found_in_fields_in_words_and_by_number() -> None:
    assert list(map(str, cited_handles(ANSWER, []))) == ["L-2@1#3", "L-4@1#1", "L-9@1#2"]
    assert list(map(str, cited_handles("So it is [2].", ["L-1@1#1", "L-2@1#1"]))) == ["L-2@1#1"]
    assert list(map(str, cited_handles({"citations": [1], "count": 2}, ["L-1@1#1", "L-2@1#1"]))) == ["L-1@1#1"]
