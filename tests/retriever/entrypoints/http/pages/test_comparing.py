"""Two revisions compared: what a reader sees of each change, and how the two are named."""

from retriever.entrypoints.http.pages.comparing import sections
from tests.retriever.entrypoints.http.pages.reading import Reader, said
from tests.retriever.homes import Home


def test_changed_words_are_marked_by_elements_and_named_in_words(local: Reader) -> None:
    page = local("/p/P-7/compare?a=1&b=2")
    change = page.one("div", class_="change")
    assert change.attrib["class"] == "change reworded"
    assert said(change) == "Changed #1 Damaged items within 30 14 days are eligible."
    assert [said(it) for it in change.iter("del")] == ["30"]
    assert [said(it) for it in change.iter("ins")] == ["14"]
    assert page.words("ul", class_="counts") == "4 unchanged1 changed"
    assert page.rows() == [
        ["P-7@1", "Damaged items", "from 2024-01-01, until 2025-03-01 (that day not included)"],
        ["P-7@2", "Damaged items", "from 2025-03-01, until 2027-01-01 (that day not included)"],
    ]


def test_the_contents_say_which_sections_changed(local: Reader) -> None:
    page = local("/p/P-7/compare?a=1&b=2")
    links = {said(it): it.attrib for it in page.one("nav", **{"aria-label": "Contents"}).iter("a")}
    assert links["What counts (1 change)"] == {"href": "#c1", "class": "changed"}
    assert links["Amounts"] == {"href": "#c2"}
    assert page.one("section", id="c1") is not None
    assert [said(it) for it in page.all("summary") if "unchanged" in said(it)] == [
        "2 unchanged",
        "Damaged items › Amounts: 2 unchanged",
    ]


def test_side_by_side_each_side_has_its_own_words_alone(local: Reader) -> None:
    page = local("/p/P-7/compare?a=1&b=2&view=both")
    was, now = page.one("div", class_="sides").iter("p")
    assert said(was) == "Damaged items within 30 days are eligible."
    assert said(now) == "Damaged items within 14 days are eligible."


def test_dates_name_revisions_too(local: Reader) -> None:
    page = local("/p/P-7/compare?a=2024-02-03&b=2027-01-01")
    assert [row[0] for row in page.rows()] == ["P-7@1", "P-7@3"]
    assert page.one("input", id="a").attrib["value"] == "2024-02-03"
    nothing = local("/p/P-7/compare?a=2023-01-01&b=2", status=404)
    assert "Nothing of P-7 is in force at 2023-01-01T00:00:00Z" in nothing.words()
    assert "neither a date" in local("/p/P-7/compare?a=first&b=2", status=422).words()
    assert "There is no revision P-7@9" in local("/p/P-7/compare?a=1&b=9", status=404).words()


def test_what_is_left_out_is_what_is_in_force_and_what_was_before_it(local: Reader) -> None:
    assert [row[0] for row in local("/p/P-7/compare").rows()] == ["P-7@1", "P-7@2"]
    assert "There is one revision to read" in local("/p/P-8/compare").words()


def test_an_erased_revision_is_not_compared(local: Reader) -> None:
    assert "The words of E-1@1 were erased" in local("/p/E-1/compare?a=1&b=1", status=410).words()


def test_moved_split_and_governed_passages_are_told_apart_from_removed_ones(home: Home) -> None:
    from starlette.testclient import TestClient

    from retriever.entrypoints.http.app import create_service

    first, second = "The first rule is about parcels and nothing else.", "The second rule is about letters alone."
    long = "Refunds are paid within ten days of the return. Postage is never paid back to anybody at all."
    home.publish("Q-1", f"# Allowed\n\n{first}\n\n{second}\n\n{long}\n\nGone for good.", "2024-01-01")
    halves = "Refunds are paid within ten days of the return.\n\nPostage is never paid back to anybody at all."
    home.publish("Q-1", f"# Forbidden\n\n{second}\n\n{first}\n\n{halves}\n\nWholly new.", "2024-06-01")
    with TestClient(create_service(home.asof), "http://localhost") as client:
        page = Reader(client)("/p/Q-1/compare?a=1&b=2")
    named = [said(next(it.iter("strong"))) for it in page.all("div", class_="change")]
    assert sorted(set(named)) == ["Added", "Governed otherwise", "Governed otherwise and moved", "Removed", "Split"]
    split = page.one("div", class_="split")
    assert "#3 became #3, #4" in said(split)
    assert "under the heading: Allowed Forbidden (changed)" in said(split)
    assert "under the heading: Allowed Forbidden (changed; governs #1, #2, #3, #4, #5)" in page.words()


def test_sections_group_changes_in_order_and_hold_removed_passages_where_they_stood() -> None:
    before = {"shown": {"passages": [{"section": ["A"]}, {"section": ["B"]}]}}
    after = {"shown": {"passages": [{"section": ["A"]}]}}
    same = {"kind": "unchanged", "before": 1, "after": 1, "all_before": [1], "all_after": [1]}
    gone = {"kind": "removed", "before": 2, "after": None, "all_before": [2], "all_after": []}
    rest = {"moved": False, "governing": [], "words": []}
    found = sections([{**same, **rest}, {**gone, **rest}], before, after)
    assert [(it.name, it.anchor, it.changes) for it in found] == [(("A",), "c1", 0), (("B",), "c2", 1)]
    assert [row["said"] for it in found for row in it.rows] == ["#1", "#2"]
