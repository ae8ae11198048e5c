"""Instants on either clock."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from policies.instant import FOREVER, format_end, format_instant, from_datetime, now, parse_instant, to_datetime

SECOND = 1_000_000
DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01", 0),
        ("1970-01-02", DAY),
        ("1969-12-31", -DAY),
        ("2000-02-29", 951_782_400 * SECOND),
    ],
)
def test_date_is_its_midnight_in_utc(text: str, expected: int) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1985-04-12T23:20:50.52Z", 482_196_050_520_000),
        ("1996-12-19T16:39:57-08:00", 851_042_397_000_000),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130_000),
    ],
)
def test_the_examples_of_rfc_3339_are_read(text: str, expected: int) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text",
    ["1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "1990-12-31T23:59:60.75Z", "1991-01-01T01:29:60+01:30"],
)
def test_leap_second_is_the_first_instant_of_the_next_day(text: str) -> None:
    assert parse_instant(text) == parse_instant("1991-01-01T00:00:00Z") == 662_688_000 * SECOND


@pytest.mark.parametrize(
    "text",
    [
        "1990-12-31T23:59:60+01:00",  # 22:59:60 in UTC
        "1990-12-30T23:59:60Z",  # not the last day of a month
        "1990-12-31T12:00:60Z",
        "1990-12-31T23:59:61Z",
        "9999-12-31T23:59:60Z",  # its next day is year 10000
    ],
)
def test_second_60_anywhere_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text[:10]):
        parse_instant(text)


def test_year_1900_is_before_the_epoch() -> None:
    assert parse_instant("1900-01-01") == -2_208_988_800 * SECOND
    assert format_instant(-2_208_988_800 * SECOND) == "1900-01-01T00:00:00Z"


def test_1900_had_no_29_february() -> None:
    with pytest.raises(ValueError, match="1900-02-29"):
        parse_instant("1900-02-29")


def test_last_microsecond_of_9999_is_one_before_forever() -> None:
    assert parse_instant("9999-12-31T23:59:59.999999Z") == FOREVER - 1
    assert format_instant(FOREVER - 1) == "9999-12-31T23:59:59.999999Z"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01"])
def test_offset_that_leaves_the_years_0001_to_9999_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="0001 to 9999"):
        parse_instant(text)


def test_first_instant_of_year_0001_is_accepted() -> None:
    assert format_instant(parse_instant("0001-01-01T00:00:00Z")) == "0001-01-01T00:00:00Z"


def test_same_instant_in_two_zones_is_one_instant() -> None:
    assert parse_instant("2025-03-01T01:00:00+01:00") == parse_instant("2025-02-28T19:00:00-05:00")
    assert parse_instant("2025-03-01T01:00:00+01:00") == parse_instant("2025-03-01")


def test_lower_case_t_and_z_and_a_space_are_rfc_3339() -> None:
    expected = parse_instant("2025-03-01T09:00:00Z")
    assert parse_instant("2025-03-01t09:00:00z") == expected
    assert parse_instant("2025-03-01 09:00:00Z") == expected


def test_surrounding_space_does_not_count() -> None:
    assert parse_instant(" 2025-03-01\n") == parse_instant("2025-03-01")


def test_digits_past_the_microsecond_are_dropped() -> None:
    assert parse_instant("1970-01-01T00:00:00.0000019Z") == 1


def test_naive_date_time_is_refused_and_the_message_says_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"no time zone; end it with Z"):
        parse_instant("2025-03-01T09:00:00")


def test_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        from_datetime(datetime(2025, 3, 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2025-3-1",
        "2025-02-29",
        "2025-13-01",
        "2025-00-10",
        "0000-01-01",
        "10000-01-01",
        "20250301",
        "2025-03-01T09:00Z",
        "2025-03-01T24:00:00Z",
        "2025-03-01T23:60:00Z",
        "2025-03-01T09:00:00.Z",
        "2025-03-01T09:00:00+24:00",
        "2025-03-01T09:00:00+01:60",
        "2025-03-01T09:00:00+0100",
        "2025-03-01T09:00:00Z junk",
        "٢٠٢٥-03-01",
        "1e3",
        "-2025-03-01",
    ],
)
def test_what_is_no_instant_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_instant(text)
    assert repr(text) in str(caught.value)


def test_microseconds_are_written_only_where_there_are_any() -> None:
    assert format_instant(0) == "1970-01-01T00:00:00Z"
    assert format_instant(1) == "1970-01-01T00:00:00.000001Z"


def test_end_that_is_forever_is_none() -> None:
    assert format_end(FOREVER) is None
    assert format_end(DAY) == "1970-01-02T00:00:00Z"


def test_datetime_of_an_instant_is_aware_and_comes_back_whole() -> None:
    moment = datetime(2025, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert to_datetime(from_datetime(moment)) == moment
    assert to_datetime(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert to_datetime(0).tzinfo is UTC


def test_now_is_the_machine_clock() -> None:
    before = datetime.now(UTC)
    read = to_datetime(now())
    assert before <= read <= datetime.now(UTC)
