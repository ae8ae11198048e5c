"""The calendar: what is scheduled, what is due, and a month of it."""

import pytest

from tests.retriever.entrypoints.http.pages.reading import Reader, said


def test_scheduled_changes_are_listed_soonest_first(local: Reader) -> None:
    rows = local("/calendar").rows()
    assert [row[:3] for row in rows] == [
        ["Holiday returns P-9@1", "2026-12-01", "comes into force, until 2027-01-15"],
        ["Damaged items P-7@3", "2027-01-01", "comes into force"],
        ["Holiday returns P-9@1", "2027-01-15", "ends, and nothing follows"],
    ]
    assert local("/calendar").links()["P-7@2, view the change"] == "/p/P-7/compare?a=2&b=3"


def test_reviews_are_due_with_what_to_do(local: Reader) -> None:
    row = local("/calendar").rows(1)[0]
    assert row[:3] == ["Damaged items P-7@2", "2025-06-01", "Review overdue"]
    assert "read it again" in row[3]


def test_a_month_shows_its_changes_and_reviews_on_their_days(local: Reader) -> None:
    def days(month: str) -> dict[str, str]:
        page = local(f"/calendar?month={month}")
        found = {}
        for cell in page.one("table", class_="month").iter("td"):
            if any(it.tag == "ul" for it in cell.iter()):
                found[next(cell.iter("time")).attrib["datetime"]] = " ".join(said(it) for it in cell.iter("li"))
        return found

    assert days("2027-01") == {"2027-01-01": "P-7@3 comes into force", "2027-01-15": "P-9@1 ends, and nothing follows"}
    assert days("2025-06")["2025-06-01"] == "P-8@1 is withdrawn P-7@2 is to be reviewed"
    assert days("2026-01") == {}
    nothing = "Nothing changes and nothing is to be reviewed in"
    assert f"{nothing} 2026-01." in local("/calendar?month=2026-01").words()
    assert nothing not in local("/calendar?month=2027-01").words()
    assert local("/calendar?month=2026-01").links()["2026-02 →"] == "/calendar?month=2026-02#month"


def test_a_month_begins_on_a_monday_and_has_whole_weeks(local: Reader) -> None:
    rows = local("/calendar?month=2026-12").one("table", class_="month")
    days = [it.attrib["datetime"] for it in rows.iter("time")]
    assert (days[0], days[-1], len(days)) == ("2026-11-30", "2027-01-03", 35)


@pytest.mark.parametrize("month", ["2026-13", "x", "0001-01", "9999-12", "2026-1"])
def test_what_is_no_month_is_refused(local: Reader, month: str) -> None:
    assert "write a year and a month" in local(f"/calendar?month={month}", status=422).words()


def test_the_calendar_says_that_it_does_not_look_back_in_knowledge(local: Reader) -> None:
    page = local("/calendar?known_at=2025-03-01")
    assert "shows what is known now, not what was known at 2025-03-01" in page.words()


def test_every_kind_of_what_is_due_has_its_words() -> None:
    from typing import get_args

    from retriever.entrypoints.http.pages.coming import KINDS
    from retriever.inspecting.due import Kind

    assert set(KINDS) == set(get_args(Kind))
