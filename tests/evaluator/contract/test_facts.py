from typing import Any

import pytest

from evaluator.contract.check_outcome import Source
from evaluator.contract.checks import parse_checks
from evaluator.errors import BadLine
from evaluator.files.json_lines import Line

INPUT = (
    "At 14:05 UTC on 1 March 2025 latency rose to 900 ms for 14 business days; Kestrel paid $1,250.50, or 12%. "
    "Do not restart workers before 3 pm."
)


def kept(fact: dict[str, Any], answer: str, input: str = INPUT) -> tuple[str, str, str | None]:
    """Verdict, reason, and the words at the offsets."""
    line = Line("rows, line 1", {"checks": [{"check": "keeps", "facts": [fact]}]})
    (found,) = parse_checks(line, Source("Shorten.", input))[0].of("r1", answer)
    return found.verdict, found.reason, None if found.start is None else answer[found.start : found.end]


@pytest.mark.parametrize(
    ("fact", "answer", "outcome"),
    [
        ({"quantity": "900 ms"}, "It took 900 milliseconds.", ("PASS", "held", "900 milliseconds")),
        ({"quantity": "900 ms"}, "It took 0.9 s.", ("PASS", "held", "0.9 s")),
        ({"quantity": "900 ms"}, "It took 900ms.", ("PASS", "held", "900ms")),
        ({"quantity": "900 ms"}, "It took 800 ms.", ("FAIL", "changed", "800 ms")),
        ({"quantity": "900 ms"}, "It took 900 minutes.", ("FAIL", "changed", "900 minutes")),
        ({"quantity": "900 ms"}, "It took 1900 ms; see 900.", ("FAIL", "changed", "1900 ms")),
        ({"quantity": "900 ms"}, "It took long.", ("FAIL", "lost", None)),
        ({"quantity": "14 business days"}, "after 14 days", ("FAIL", "lost", None)),
        ({"quantity": "14 business days"}, "a 14-business-day wait", ("PASS", "held", "14-business-day")),
        ({"quantity": "$1,250.50"}, "1250.5 dollars", ("PASS", "held", "1250.5 dollars")),
        ({"quantity": "$1,250.50"}, "€1,250.50", ("FAIL", "lost", None)),
        ({"quantity": "12%"}, "twelve percent", ("PASS", "held", "twelve percent")),
        ({"time": "14:05"}, "since 2:05 pm", ("PASS", "held", "2:05 pm")),
        ({"time": "14:05 UTC"}, "since 14:05Z", ("PASS", "held", "14:05Z")),
        ({"time": "14:05 UTC"}, "since 14:05", ("UNKNOWN", "zone_left_out", "14:05")),
        ({"time": "14:05 UTC"}, "since 14:05 CET", ("FAIL", "changed", "14:05 CET")),
        ({"time": "14:05"}, "since 14:50", ("FAIL", "changed", "14:50")),
        ({"time": "14:05"}, "order 3, line 14", ("FAIL", "lost", None)),
        ({"date": "2025-03-01"}, "On March 1st, 2025.", ("PASS", "held", "March 1st, 2025")),
        ({"date": "2025-03-01"}, "Am 01.03.2025.", ("PASS", "held", "01.03.2025")),
        ({"date": "2025-03-01"}, "On 1/3/2025.", ("UNKNOWN", "ambiguous_date", "1/3/2025")),
        ({"date": "2025-03-01"}, "On 1 March.", ("UNKNOWN", "year_left_out", "1 March")),
        ({"date": "2025-03-01"}, "On 1 March 2024.", ("FAIL", "changed", "1 March 2024")),
        ({"name": "Kestrel"}, "ask kestrel.", ("PASS", "held", "kestrel")),
        ({"name": "Kestrel"}, "ask the Kestrels.", ("FAIL", "lost", None)),
        ({"phrase": "nicht neu starten"}, "Bitte nicht  neu\nstarten", ("PASS", "held", "nicht  neu\nstarten")),
        ({"name": "Kestrel", "or": ["the engineer"]}, "ask the engineer", ("PASS", "held", "the engineer")),
        ({"warning": "do not restart workers"}, "Restart workers.", ("FAIL", "negation_lost", "Restart workers.")),
    ],
)
def test_a_fact_is_kept_by_value_lost_or_changed(
    fact: dict[str, Any], answer: str, outcome: tuple[str, str, str | None]
) -> None:
    assert kept(fact, answer) == outcome


@pytest.mark.parametrize(
    ("fact", "problem"),
    [
        ({"quantity": "800 ms"}, "checks[0].facts[0].quantity is '800 ms', which neither input nor instruction holds"),
        ({"warning": "do not restart the database"}, "facts[0].warning is 'do not restart the database', which"),
        ({"warning": "restart workers"}, "write what must not be done"),
        ({"quantity": "many"}, "write one number and its unit"),
        ({"time": "noon"}, "write one time of day"),
        ({"date": "1/3/2025"}, "write one date"),
        ({"quantity": "900 ms", "time": "14:05"}, "is not one fact"),
        ({"quanity": "900 ms"}, "is not one fact"),
        ({"name": "Kestrel", "or": "x"}, "facts[0].or is not a list of texts"),
    ],
)
def test_a_fact_that_no_answer_could_keep_is_refused(fact: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadLine) as caught:
        kept(fact, "x")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "new"),
    [
        ("0.9 seconds at 2:05 pm on 2025-03-01, 1250.50 dollars", None),
        ("1. Two teams waited for 14 business days", None),
        ("312 orders", "312"),
        ("It ended at 14:50.", "14:50"),
        ("It cost 1,350.50", "1,350.50"),
        ("It was on 1 March.", None),
        ("It was on 1 March 2031.", "2031"),
        ("It was on 2031-03-01.", "2031"),
    ],
)
def test_a_number_that_was_not_given_is_found_in_any_form(answer: str, new: str | None) -> None:
    line = Line("rows, line 1", {"checks": [{"check": "no_new_numbers"}]})
    (found,) = parse_checks(line, Source("Shorten.", INPUT))[0].of("r1", answer)
    assert (None if found.start is None else answer[found.start : found.end]) == new
    assert found.verdict == ("PASS" if new is None else "FAIL")


@pytest.mark.parametrize(
    ("quantity", "answer", "outcome"),
    [
        ("25 days", "within twenty-five days", ("PASS", "held", "twenty-five days")),
        ("100 dollars", "one hundred dollars", ("PASS", "held", "one hundred dollars")),
        ("250 dollars", "two hundred and fifty dollars", ("PASS", "held", "two hundred and fifty dollars")),
        ("20 days", "within twenty-five days", ("FAIL", "changed", "twenty-five days")),
        ("20", "At most twenty-five.", ("FAIL", "lost", None)),
    ],
)
def test_a_number_in_several_words_is_one_number(
    quantity: str, answer: str, outcome: tuple[str, str, str | None]
) -> None:
    assert kept({"quantity": quantity}, answer, f"It holds for {quantity}.") == outcome
