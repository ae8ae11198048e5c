import pytest

from evaluator.retrieval.qrels import AsOfQuestion
from evaluator.retrieval.quality import measure
from evaluator.retrieval.run import Found, Response
from policies.instant import parse_instant
from policies.period import Period
from retriever.evidence.citations import Handle

MARCH, APRIL = parse_instant("2025-03-01"), parse_instant("2025-04-01")
CASES = [AsOfQuestion(name, "Accepted?", APRIL, "P-7", 2, "within 30 days") for name in "abcd"]


def response(*passages: tuple[str, str, Period], abstained: bool = False) -> Response:
    return Response("r", tuple(Found(Handle.parse(name), *rest) for name, *rest in passages), abstained)


OPEN = Period(MARCH)
RESPONSES = [
    response(("P-7@2#1", "within 30 days", OPEN), ("P-8@1#1", "other", OPEN)),
    response(("P-7@1#1", "within 7 days", Period(MARCH, APRIL)), ("P-7@2#2", "30 days", OPEN)),
    response(abstained=True),
    None,
]


def test_measures_are_over_all_questions_with_abstentions_and_missing_answers_as_zero() -> None:
    estimates = measure(CASES, RESPONSES, 2).estimates()
    assert {name: (estimate.value, estimate.n) for name, estimate in estimates.items()} == {
        "success@1": (1 / 4, 4),
        "success@2": (2 / 4, 4),
        "right_wording@2": (2 / 4, 4),
        "coverage@2": (pytest.approx((1 + 2 / 3) / 4), 4),
        "reciprocal_rank@2": ((1 + 1 / 2) / 4, 4),
        "stale_passages": (1 / 4, 4),
        "stale_questions": (1 / 4, 4),
    }


def test_counts_say_what_was_answered_and_what_was_stale() -> None:
    assert measure(CASES, RESPONSES, 2).counts() == {
        "questions": 4,
        "answered": 3,
        "missing": 1,
        "abstained": 1,
        "passages": 4,
        "stale_passages": 1,
        "stale_questions": 1,
    }


def test_a_run_without_passages_has_no_stale_rate() -> None:
    quality = measure(CASES[:1], [None], 5)
    assert quality.estimates()["stale_passages"].value is None
    assert quality.estimates()["success@5"].value == 0.0


def test_the_json_holds_every_questions_scores() -> None:
    content = measure(CASES, RESPONSES, 2).content()
    assert content["measures"]["success@1"]["value"] == 0.25
    assert content["per_question"][1] == {
        "id": "b",
        "answered": True,
        "abstained": False,
        "success@1": False,
        "success@2": True,
        "right_wording@2": True,
        "coverage@2": pytest.approx(2 / 3),
        "reciprocal_rank@2": 0.5,
        "passages": 2,
        "stale_passages": 1,
    }
