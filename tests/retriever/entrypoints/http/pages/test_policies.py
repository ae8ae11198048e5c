"""The list of policies, and one policy as of a date: in the words and links that a reader gets."""

from starlette.testclient import TestClient

from policies.change import Configure
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.reading import Reader, said
from tests.retriever.homes import Home


def states(reader: Reader, address: str) -> dict[str, str]:
    """The state of each policy that is listed, by its title."""
    return {row[0]: row[1] for row in reader(address).rows()}


def test_the_list_says_how_each_policy_stands_who_answers_and_what_comes_next(local: Reader) -> None:
    rows = local("/").rows()
    assert rows[0] == ["E-1 E-1@1", "Erased", "2024-01-01", "–", "–", "–"]
    assert rows[1] == ["Mixed rules M-1", "Ended", "–", "–", "–", "–"]
    assert rows[2] == [
        "Damaged items P-7@2",
        "In force",
        "2025-03-01",
        "2027-01-01",
        "2025-06-01 overdue",
        "returns-team",
    ]
    assert rows[3] == ["Gift cards P-8", "Withdrawn", "2025-06-01", "–", "–", "–"]
    assert rows[4] == ["Holiday returns P-9", "Scheduled", "–", "2026-12-01", "–", "–"]
    assert len(rows) == 6


def test_the_list_of_another_date_shows_what_held_then(local: Reader) -> None:
    then = states(local, "/?as_of=2024-06-01")
    assert then["Damaged items P-7@1"] == then["Gift cards P-8@1"] == "In force"
    assert then["Mixed rules M-1@1"] == "In force"
    assert then["Holiday returns P-9"] == "Scheduled"


def test_the_list_as_known_earlier_leaves_out_what_was_not_known(local: Reader) -> None:
    then = states(local, "/?known_at=2024-04-25T00:00:00Z")
    assert then == {"Damaged items P-7@1": "In force", "Gift cards P-8@1": "In force"}


def test_a_number_that_no_revision_has_is_no_page_however_long_it_is(local: Reader) -> None:
    for number in ("0", "99", "9" * 20, "1" * 5_000, "none"):
        said = local(f"/p/P-7/{number}", status=404).words()
        assert "There is no revision" in said
        assert "1" * 100 not in said.partition("its timeline lists them")[0]


def test_words_filter_the_list_and_where_none_is_left_it_says_what_to_do(local: Reader) -> None:
    assert list(states(local, "/?q=DAMAGED+p-7")) == ["Damaged items P-7@2"]
    assert list(states(local, "/?q=returns-team")) == ["Damaged items P-7@2"]
    empty = local("/?q=kangaroo")
    assert "No policy holds “kangaroo” in its id, title or owner" in empty.words()
    assert empty.links()["search their words"] == "/search?q=kangaroo"


def test_a_home_without_policies_says_how_to_publish_the_first(home: object) -> None:
    """An empty state says what to do."""
    from starlette.testclient import TestClient

    from policies.storage.ledger_store import LedgerStore
    from retriever.entrypoints.http.app import create_service
    from tests.retriever.homes import Home

    assert isinstance(home, Home)
    LedgerStore.open(home.path, create=True).close()
    home.asof.writer().rebuild()
    with TestClient(create_service(home.asof), "http://localhost") as client:
        page = Reader(client)("/")
    assert "There is no policy yet. Publish one with asof publish FILE.md" in page.words()


def test_a_policy_shows_its_state_its_whole_period_and_both_clocks(local: Reader) -> None:
    page = local("/p/P-7")
    assert page.words("section", class_="banner") == (
        "In force from 2025-03-01, until 2027-01-01 (that day not included), recorded 2025-02-20 10:00 UTC."
    )
    facts = page.words("dl", class_="facts")
    assert "Ownerreturns-team" in facts
    assert "NoteShorter since too many came back" in facts
    assert page.links()["Transaction 4"] == "/changes/4"
    assert page.one("body").attrib["class"] == "now"


def test_each_passage_has_an_anchor_and_a_handle_that_stays(local: Reader) -> None:
    page = local("/p/P-7")
    handles = {it.attrib["aria-label"]: it.attrib["href"] for it in page.all("a", class_="handle")}
    assert handles == {f"P-7@2#{n}": f"/p/P-7/2#p{n}" for n in range(1, 6)}
    assert said(page.one("span", id="p1")) == "#1Damaged items within 14 days are eligible."
    assert said(page.one("tr", id="p5")) == "#5Lamp 25 EUR"
    numbered = local("/p/P-7/2")
    assert numbered.all("span", id="p1")
    contents = [it.attrib["href"] for it in page.one("nav", **{"aria-label": "Contents"}).iter("a")]
    assert contents == ["#s1", "#s2", "#s3"]
    assert [said(page.all(tag, id=f"s{n}")[0]) for n, tag in ((1, "h2"), (2, "h3"), (3, "h3"))] == [
        "Damaged items",
        "What counts",
        "Amounts",
    ]


def test_another_date_frames_the_page_and_says_that_it_is_not_today(local: Reader) -> None:
    page = local("/p/P-7?as_of=2024-07-01")
    assert page.one("body").attrib["class"] == "then"
    assert page.words("strong", class_="word") == "Not now: as of 2024-07-01"
    banner = page.words("section", class_="banner")
    assert banner.startswith("In force on 2024-07-01, from 2024-01-01, until 2025-03-01 (that day not included)")
    assert banner.endswith("Not what holds today Today P-7@2 is in force.")
    assert "30 days" in page.words("article")


def test_the_date_stays_in_every_link_that_leads_on(local: Reader) -> None:
    page = local("/p/P-7?as_of=2024-07-01&known_at=2025-12-03")
    links = page.links()
    for words in ("Policies", "Search", "Calendar", "Log", "Timeline"):
        assert "as_of=2024-07-01&known_at=2025-12-03" in links[words], words
    assert links["Back to now"] == "/p/P-7"
    assert links["Permanent address"] == "/p/P-7/1"
    assert links["After: P-7@2, from 2025-03-01 →"] == "/p/P-7?as_of=2025-03-01&known_at=2025-12-03"


def test_a_policy_is_shown_as_it_was_known(local: Reader) -> None:
    page = local("/p/P-7?as_of=2026-01-01&known_at=2024-12-31")
    assert "In force on 2026-01-01, from 2024-01-01, no end set" in page.words("section", class_="banner")
    assert "30 days" in page.words("article")
    later = local("/p/P-7?as_of=2026-01-01&known_at=2025-12-31", status=422)
    assert "lies past what is recorded" in later.words()


def test_a_numbered_revision_says_how_it_stands_now(local: Reader) -> None:
    assert local("/p/P-7/1").words("section", class_="banner").startswith("Superseded In force from 2024-01-01, until")
    assert (
        local("/p/P-7/3").words("section", class_="banner").startswith("Scheduled In force from 2027-01-01, no end set")
    )
    assert (
        local("/p/P-8/1")
        .words("section", class_="banner")
        .startswith("Withdrawn In force from 2024-05-01, until 2025-06-01")
    )
    assert local("/p/P-7/1").links()["Compare with today"] == "/p/P-7/compare?a=1&b=2"
    assert local("/p/P-7/2").links()["View the change it introduced"] == "/p/P-7/compare?a=1&b=2"


def test_where_no_words_are_in_force_the_page_says_where_some_are(local: Reader) -> None:
    withdrawn = local("/p/P-8")
    assert withdrawn.words("section", class_="banner") == "Withdrawn from 2025-06-01, no end set."
    assert withdrawn.links()["P-8@1 was the last before"] == "/p/P-8?as_of=2024-05-01"
    scheduled = local("/p/P-9")
    assert scheduled.words("section", class_="banner") == "Scheduled Nothing is in force yet."
    assert scheduled.links()["P-9@1 comes into force on 2026-12-01"] == "/p/P-9?as_of=2026-12-01"
    assert not scheduled.all("article")


def test_erased_words_are_gone_and_their_place_is_told(local: Reader) -> None:
    page = local("/p/E-1", status=410)
    assert "Erased" in page.words("section", class_="banner")
    assert "The words of this revision were erased for good" in page.words()
    assert "uokka" not in page.response.text


def test_what_is_no_policy_no_revision_or_no_date_is_a_page_that_says_so(local: Reader) -> None:
    assert "There is no policy P-77" in local("/p/P-77", status=404).words()
    assert "There is no revision P-7@9" in local("/p/P-7/9", status=404).words()
    assert "There is no revision 0 of P-7" in local("/p/P-7/0", status=404).words()
    wrong = local("/p/P-7?as_of=yesterday", status=422)
    assert "neither a date such as 2025-03-01" in wrong.words()
    assert wrong.one("input", id="as-of").attrib["value"] == "yesterday"
    assert local("/p/%3Cb%3E", status=404)


def test_print_names_version_and_date_on_every_page(local: Reader) -> None:
    printed = local("/p/P-7?as_of=2024-07-01").words("div", class_="printed")
    assert printed == (
        "P-7@1 · In force as of 2024-07-01 · from 2024-01-01, until 2025-03-01 (that day not included)"
        " · printed 2026-01-15"
    )


def test_labels_can_be_asked_for_where_no_key_says_them(local: Reader) -> None:
    assert "S-1" not in local("/").response.text
    assert "Zanzibar parcels S-1@1" in states(local, "/?audience=legal")
    page = local("/p/S-1?audience=legal")
    assert page.links()["Timeline"] == "/p/S-1/timeline?audience=legal"


def test_days_are_those_of_the_home_and_links_ask_for_them_again(home: Home) -> None:
    home.write(Configure(timezone="America/New_York"), recorded="2025-01-01")
    home.publish("P-7", "Seven days.", "2025-03-01T05:00:00Z", recorded="2025-01-02", until="2025-07-01T04:00:00Z")
    home.publish("P-7", "Thirty days.", "2025-07-01T04:00:00Z", recorded="2025-01-03")
    home.asof.writer().rebuild()
    with TestClient(create_service(home.asof), "http://localhost") as client:
        reader = Reader(client)
        page = reader("/p/P-7?as_of=2025-06-30")
        banner = page.words("section", class_="banner")
        assert "from 2025-03-01, until 2025-07-01 (that day not included)" in banner
        assert "recorded 2025-01-01 19:00 America/New_York" in banner
        after = next(address for said, address in page.links().items() if said.startswith("After: P-7@2"))
        assert after == "/p/P-7?as_of=2025-07-01"
        assert "Thirty days." in reader(after).words()
        assert "Seven days." in reader("/search?q=seven+days&as_of=2025-06-30").words()
        listed = reader("/?as_of=2025-03-01").rows()
        assert listed[0][1:4] == ["In force", "2025-03-01", "2025-07-01"]
        assert reader("/calendar?as_of=2025-06-01").rows()[0][:2] == ["Title of P-7 P-7@2", "2025-07-01"]
