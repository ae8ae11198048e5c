"""Another instant than the wanted one is said with both, and with the slip that it looks like."""

from typing import Any

import pytest

from evaluator.traces.asked_instant import apart, instants_said, wrong_instant
from policies.instant import parse_instant
from retriever.traces.trace import Trace

APRIL = parse_instant("2025-04-01")
ZONE = ", as where a day or time is read in another time zone"


def trace(as_of: str | None = None, sent: str | None = None) -> Trace:
    fields: dict[str, Any] = {"as_of": as_of} if as_of else {}
    return Trace.model_validate(
        {"id": "t", "answer": "Yes.", **fields, **({"receipt": {"request": {"as_of": sent}}} if sent else {})}
    )


@pytest.mark.parametrize(
    ("wanted", "used", "said"),
    [
        ("2025-04-01", "2025-04-01T05:00:00Z", f"5 h later{ZONE}"),
        ("2025-04-01", "2025-03-31T18:30:00Z", f"5 h 30 min earlier{ZONE}"),
        ("2025-04-01", "2025-03-31T10:00:00Z", f"14 h earlier{ZONE}"),
        ("2025-04-01", "2025-03-31T09:00:00Z", "15 h earlier"),
        ("2025-04-01", "2025-04-01T00:07:00Z", "7 min later"),
        ("2025-02-28T23:59:59Z", "2025-03-01", "1 s later"),
        ("2025-04-01", "2025-04-01T00:00:00.000001Z", "1e-06 s later"),
        ("2025-04-01", "2025-04-02", "1 day later"),
        ("2025-04-01", "2025-03-30T12:00:00Z", "1 day 12 h earlier"),
        ("2025-04-01", "2024-04-01", "365 days earlier, the same day of another year"),
        ("2024-02-29", "2028-02-29", "1,461 days later, the same day of another year"),
        ("2025-04-03", "2025-03-04", "30 days earlier, as where day and month change places"),
        ("2025-04-13", "2025-03-14", "30 days earlier"),
    ],
)
def test_the_distance_is_said_with_the_slip_that_it_looks_like(wanted: str, used: str, said: str) -> None:
    assert apart(parse_instant(wanted), parse_instant(used)) == said


def test_both_instants_are_said_and_another_offset_in_utc_too() -> None:
    case = "where the case is as of 2025-04-01T00:00:00Z"
    assert wrong_instant(trace("2025-04-02"), APRIL) == f"asked as of 2025-04-02, {case}: 1 day later"
    assert wrong_instant(trace(sent="2025-04-01T00:00:00+02:00"), APRIL) == (
        f"asked as of 2025-04-01T00:00:00+02:00 (2025-03-31T22:00:00Z), {case}: 2 h earlier{ZONE}"
    )


def test_a_receipt_and_a_trace_that_differ_are_both_said_and_the_receipt_counts() -> None:
    case = "where the case is as of 2025-04-01T00:00:00Z"
    assert wrong_instant(trace("2025-04-01", "2025-04-02"), APRIL) == (
        f"asked as of 2025-04-02 by its receipt and as of 2025-04-01 by its trace, {case}: 1 day later"
    )
    assert wrong_instant(trace("2025-04-02", "2025-04-01T00:00:00Z"), APRIL) == (
        f"asked as of 2025-04-01T00:00:00Z by its receipt and as of 2025-04-02 by its trace, {case}: 1 day later"
    )
    assert wrong_instant(trace("2025-04-03", "2025-04-02"), APRIL) == (
        f"asked as of 2025-04-02 by its receipt and as of 2025-04-03 by its trace, {case}: 1 day later"
    )
    assert wrong_instant(trace("2025-04-01", "2025-04-02"), APRIL, "trace") == (
        "asked as of 2025-04-02 by its receipt, where the trace is as of 2025-04-01T00:00:00Z: 1 day later"
    )
    assert instants_said(trace("2025-04-03", "2025-04-02")) == [
        parse_instant("2025-04-03"),
        parse_instant("2025-04-02"),
    ]


@pytest.mark.parametrize("form", ["2025-04-01", "2025-04-01T00:00:00Z", "2025-04-01t02:00:00+02:00", " 2025-04-01 "])
def test_the_wanted_instant_in_any_form_is_none(form: str) -> None:
    assert wrong_instant(trace(form, form), APRIL) is None
    assert wrong_instant(trace(), APRIL) is None
