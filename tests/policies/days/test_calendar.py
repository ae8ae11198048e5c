"""Days of a time zone, and instants and periods in the words of people."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.calendar import UTC_CALENDAR, Calendar, in_utc
from policies.instant import FOREVER, day_start, format_instant, parse_instant, parse_last_day, to_datetime
from policies.sources.draft import parse_draft

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
NEW_YORK = Calendar.of("America/New_York")

zones = st.sampled_from(ZONES)
days = st.dates(date(1850, 1, 1), date(2200, 12, 30))


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("America/New_York", "2025-01-01", "2025-01-01T05:00:00Z"),  # five hours behind
        ("America/New_York", "2025-03-09", "2025-03-09T05:00:00Z"),  # clocks go forward at 02:00 on this day
        ("America/New_York", "2025-03-10", "2025-03-10T04:00:00Z"),
        ("America/New_York", "2025-11-02", "2025-11-02T04:00:00Z"),  # clocks go back at 02:00 on this day
        ("America/New_York", "2025-11-03", "2025-11-03T05:00:00Z"),
        ("America/New_York", "1883-11-18", "1883-11-18T04:56:02Z"),  # local mean time: 4:56:02 behind
        ("Asia/Kathmandu", "2025-01-01", "2024-12-31T18:15:00Z"),  # 5:45 ahead
        ("Asia/Kathmandu", "1960-01-01", "1959-12-31T18:30:00Z"),  # 5:30 ahead until 1986
        ("Australia/Lord_Howe", "2025-04-06", "2025-04-05T13:00:00Z"),  # 11:00 ahead; back by half an hour at 02:00
        ("Australia/Lord_Howe", "2025-04-07", "2025-04-06T13:30:00Z"),
        ("Australia/Lord_Howe", "2025-10-06", "2025-10-05T13:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),  # 00:00 is skipped: the day starts at 01:00
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"),  # 23:30 to 00:30: the day starts at 00:30
        ("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z"),  # 00:00 comes twice: the earlier one
        ("America/St_Johns", "2006-10-29", "2006-10-29T02:30:00Z"),  # back from 00:01 to 23:01: the earlier one
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),  # a day that never was starts with the next one
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
    ],
)
def test_a_date_is_the_first_instant_of_its_day(zone: str, day: str, starts: str) -> None:
    assert format_instant(parse_instant(day, Calendar.of(zone).zone)) == starts


def test_an_instant_is_the_same_in_every_zone() -> None:
    text = "2025-03-01T09:00:00+01:00"
    assert parse_instant(text, NEW_YORK.zone) == parse_instant(text)


@given(zones, days)
def test_no_instant_before_its_start_lies_on_a_day(zone: str, day: date) -> None:
    calendar = Calendar.of(zone)
    start = day_start(day, calendar.zone)
    assert calendar.day(start - 1) < day
    assert calendar.day(start) >= day


@given(zones, days)
def test_through_a_day_is_until_the_day_after(zone: str, day: date) -> None:
    def ends(line: str) -> int | None:
        front = f"policy: P-7\ntitle: T\neffective: 1800-01-01\ntimezone: {zone}\n{line}"
        return parse_draft(f"---\n{front}\n---\nWords.\n", "P-7.md").valid_to

    assert ends(f"through: {day}") == ends(f"until: {day + timedelta(days=1)}")


@given(zones, days, st.integers(0, 1000))
def test_a_period_of_whole_days_names_its_last_day(zone: str, first: date, more: int) -> None:
    calendar = Calendar.of(zone)
    last = first + timedelta(days=more)
    start, end = day_start(first, calendar.zone), parse_last_day(str(last), calendar.zone)
    if calendar.day(start) != first or calendar.day(end - 1) != last:
        return  # a day that was skipped
    told = f"from {first} through {last}"
    in_both = f"{told} {zone} = {format_instant(start)} until {format_instant(end)}"
    assert calendar.period(start, end) == (told if zone == "UTC" else in_both)


@given(zones, st.integers(0, 30), st.sampled_from(["0001-01-01", "9999-12-31"]))
def test_the_first_and_last_hours_of_all_years_are_told(zone: str, hours: int, day: str) -> None:
    at = min(parse_instant(day) + hours * 3_600_000_000, FOREVER - 1)
    assert format_instant(at) in Calendar.of(zone).instant(at) or zone == "UTC"
    assert Calendar.of(zone).period(at, at + 1)
    assert abs((Calendar.of(zone).day(at) - to_datetime(at).date()).days) <= 1


def test_day_past_all_years_is_refused() -> None:
    with pytest.raises(ValueError, match="'0001-01-01' lies outside the years 0001 to 9999 in UTC"):
        parse_instant("0001-01-01", Calendar.of("Asia/Kathmandu").zone)
    with pytest.raises(ValueError, match="'9999-12-31' is the last day there is; leave it out"):
        parse_last_day("9999-12-31")


def test_last_day_is_no_instant() -> None:
    with pytest.raises(ValueError, match="is no day such as 2025-12-31; where a period ends at an instant, give until"):
        parse_last_day("2025-12-31T12:00:00Z")


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2025-03-01", "2026-01-01", "from 2025-03-01 through 2025-12-31"),
        ("2025-03-01", None, "from 2025-03-01 on"),
        ("2025-03-01", "2025-12-31T17:00:00Z", "from 2025-03-01 until 2025-12-31 17:00"),
        ("2025-03-01T09:30:00Z", "2025-03-02", "from 2025-03-01 09:30 through 2025-03-01"),
    ],
)
def test_periods_in_utc(start: str, end: str | None, told: str) -> None:
    assert UTC_CALENDAR.period(parse_instant(start), FOREVER if end is None else parse_instant(end)) == told


def test_another_zone_is_named_beside_utc() -> None:
    start, end = parse_instant("2025-03-01", NEW_YORK.zone), parse_last_day("2025-12-31", NEW_YORK.zone)
    assert NEW_YORK.instant(start) == "2025-03-01 00:00 America/New_York = 2025-03-01T05:00:00Z"
    assert NEW_YORK.period(start) == "from 2025-03-01 on America/New_York = 2025-03-01T05:00:00Z on"
    assert NEW_YORK.period(start, end) == (
        "from 2025-03-01 through 2025-12-31 America/New_York = 2025-03-01T05:00:00Z until 2026-01-01T05:00:00Z"
    )
    assert NEW_YORK.end(end) == "through 2025-12-31 America/New_York = until 2026-01-01T05:00:00Z"
    assert NEW_YORK.instant(parse_instant("2025-03-01")) == "2025-02-28 19:00 America/New_York = 2025-03-01T00:00:00Z"
    assert NEW_YORK.recorded(start + 1_500_000) == "2025-03-01T05:00:01Z"
    assert NEW_YORK.recorded_period(start) == "from 2025-03-01T05:00:00Z on"


def test_words_without_a_calendar_name_instants() -> None:
    start, end = parse_instant("2025-03-01"), parse_instant("2026-01-01")
    assert in_utc(start, end) == "from 2025-03-01T00:00:00Z until 2026-01-01T00:00:00Z"
    assert in_utc(start) == "from 2025-03-01T00:00:00Z on"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("New York", "did you mean America/New_York?"),
        ("america/new_york", "did you mean America/New_York?"),
        ("Amerca/New_York", "did you mean America/New_York?"),
        ("Berlin", "did you mean Europe/Berlin?"),
        ("Kathmandu", "did you mean Asia/Kathmandu or Asia/Katmandu?"),
        ("America", "write an IANA name, such as Europe/Berlin"),
        ("+01:00", "write an IANA name, such as Europe/Berlin"),
        ("UTC+1", "write an IANA name, such as Europe/Berlin"),
        ("../etc/passwd", "write an IANA name, such as Europe/Berlin"),
        ("right/UTC", "write an IANA name, such as Europe/Berlin"),
        ("localtime", "write an IANA name, such as Europe/Berlin"),
    ],
)
def test_unknown_zone_is_refused_with_the_nearest_names(name: str, nearest: str) -> None:
    with pytest.raises(ValueError) as refused:
        Calendar.of(name)
    assert str(refused.value) == f"{name!r} is no time zone; {nearest}"


@given(zones, st.datetimes(datetime(1850, 1, 1), datetime(2200, 1, 1)))
def test_utc_is_told_beside_what_the_clocks_show(zone: str, moment: datetime) -> None:
    at = parse_instant(moment.replace(microsecond=0, tzinfo=UTC).isoformat())
    told = Calendar.of(zone).instant(at)
    if zone != "UTC":
        local = to_datetime(at).astimezone(Calendar.of(zone).zone)
        assert told.startswith(f"{local:%Y-%m-%d %H:%M}")
        assert told.endswith(f" {zone} = {format_instant(at)}")


def test_beside_a_zone_that_is_named_days_are_told_without_it() -> None:
    kathmandu = Calendar.of("Asia/Kathmandu")
    start, end = parse_instant("2025-02-28T18:15:00Z"), parse_instant("2025-12-31T18:15:00Z")
    assert kathmandu.brief(start) == "2025-03-01"
    assert kathmandu.brief(start + 60_000_000) == "2025-03-01 00:01"
    assert kathmandu.brief_period(start, end) == "from 2025-03-01 through 2025-12-31"
    assert kathmandu.brief_period(start) == "from 2025-03-01 on"
