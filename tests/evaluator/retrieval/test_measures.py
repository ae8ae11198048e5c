import pytest

from evaluator.retrieval.measures import coverage, reciprocal_rank, right_wording, stale, success
from evaluator.retrieval.qrels import AsOfQuestion
from evaluator.retrieval.run import Found
from evaluator.retrieval.words import overlaps, words
from policies.instant import parse_instant
from policies.period import Period
from retriever.evidence.citations import Handle

MARCH, APRIL, MAY = (parse_instant(f"2025-0{month}-01") for month in (3, 4, 5))
CASE = AsOfQuestion(
    "q1", "Are damaged items accepted?", APRIL, "P-7", 2, "Damaged items: within 30 days, 30 days only."
)


def found(citation: str, text: str = "", valid: Period | None = None) -> Found:
    return Found(Handle.parse(citation), text, valid or Period(MARCH, MAY))


WRONG_POLICY, WRONG_REVISION, RIGHT = found("P-8@2#1"), found("P-7@1#1"), found("P-7@2#4")
EVIDENCE = [WRONG_POLICY, WRONG_REVISION, RIGHT]


def test_words_are_runs_of_letters_and_digits_in_lower_case() -> None:
    assert words("Don't re-open_it: 30 DAYS (Ünter)") == ["don", "t", "re", "open", "it", "30", "days", "ünter"]


@pytest.mark.parametrize(("k", "expected"), [(1, False), (2, False), (3, True), (9, True)])
def test_success_needs_policy_and_revision_among_the_first_k(k: int, expected: bool) -> None:
    assert success(CASE, EVIDENCE, k) is expected


@pytest.mark.parametrize(("k", "expected"), [(2, 0.0), (3, 1 / 3), (9, 1 / 3)])
def test_reciprocal_rank_is_one_over_the_place_of_the_right_revision(k: int, expected: float) -> None:
    assert reciprocal_rank(CASE, EVIDENCE, k) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Within 30 days.", "within **30** days", True),
        ("30 days", "Within 30 days of purchase", True),
        ("Within 30 days of purchase", "30 days", True),
        ("3", "Within 30 days", False),
        ("30 days within", "within 30 days", False),
        ("***", "within 30 days", False),
        ("", "", False),
    ],
)
def test_texts_overlap_where_one_holds_the_whole_words_of_the_other_in_order(
    one: str, other: str, expected: bool
) -> None:
    assert overlaps(one, other) is expected


def test_the_right_wording_has_to_come_from_the_right_revision_among_the_first_k() -> None:
    same_words_elsewhere, same_words = found("P-7@1#1", "within 30 days"), found("P-7@2#1", "within 30 days")
    other_words = found("P-7@2#2", "bring the receipt")
    assert right_wording(CASE, [same_words_elsewhere, other_words], 5) is False
    assert right_wording(CASE, [other_words, same_words], 1) is False
    assert right_wording(CASE, [other_words, same_words], 2) is True


def test_coverage_counts_each_word_as_often_as_the_gold_text_has_it() -> None:
    # gold: damaged items within 30 days 30 days only = 8 words; "30 days within" covers 3 of them
    assert coverage(CASE, [found("P-7@2#1", "30 days within, within")], 5) == 3 / 8


def test_coverage_adds_up_over_passages_of_the_right_revision_only() -> None:
    evidence = [found("P-7@2#1", "30 days"), found("P-7@1#1", "damaged items"), found("P-7@2#2", "30 days only")]
    assert coverage(CASE, evidence, 5) == 5 / 8
    assert coverage(CASE, evidence, 2) == 2 / 8


def test_a_passage_returned_twice_covers_once() -> None:
    assert coverage(CASE, [found("P-7@2#1", "30 days")] * 2, 5) == 2 / 8


@pytest.mark.parametrize(
    ("start", "end", "expected"), [(MARCH, MAY, 0), (APRIL, MAY, 0), (MARCH, APRIL, 1), (MAY, MAY + 1, 1)]
)
def test_a_passage_is_stale_where_its_closed_open_period_misses_the_instant(
    start: int, end: int, expected: int
) -> None:
    assert stale(CASE, [RIGHT, found("P-7@2#1", valid=Period(start, end))]) == expected


def test_no_evidence_scores_zero_in_every_measure() -> None:
    assert success(CASE, [], 5) is False
    assert right_wording(CASE, [], 5) is False
    assert coverage(CASE, [], 5) == 0.0
    assert reciprocal_rank(CASE, [], 5) == 0.0
    assert stale(CASE, []) == 0
