"""Search as of a date: what is found, why nothing is, and receipts that are asked again."""

from tests.retriever.entrypoints.http.pages.reading import Reader, said


def test_an_answer_shows_words_citation_period_and_context(local: Reader) -> None:
    page = local("/search?q=Are+damaged+items+eligible%3F&k=1")
    hit = page.one("article", class_="hit")
    assert said(next(hit.iter("h3"))) == "Damaged items P-7@2#1-3"
    assert next(hit.iter("a")).attrib["href"] == "/p/P-7/2#p1"
    assert "14 days" in said(next(hit.iter("blockquote")))
    assert "Damaged items › What counts" in said(hit)
    assert "In force from 2025-03-01, until 2027-01-01 (that day not included), recorded 2025-02-20 10:00 UTC" in said(
        hit
    )


def test_the_date_of_the_bar_is_the_date_of_the_answer(local: Reader) -> None:
    page = local("/search?q=Are+damaged+items+eligible%3F&k=1&as_of=2024-07-01")
    assert "30 days" in said(next(page.one("article", class_="hit").iter("blockquote")))
    assert page.words("h1") == "Search as of 2024-07-01"
    assert [it.attrib["value"] for it in page.all("input", name="as_of")] == ["2024-07-01", "2024-07-01"]


def test_the_address_holds_all_that_was_asked(local: Reader) -> None:
    page = local("/search?q=damaged&fact=region%3DUS%2C+channel%3Dweb&policy=P-7&k=2&strict=1&explain=1")
    values = {it.attrib["id"]: it.attrib.get("value") for it in page.all("input") if "id" in it.attrib}
    assert values["question"] == "damaged"
    assert values["facts"] == "region=US, channel=web"
    assert (values["only"], values["k"]) == ("P-7", "2")
    assert "checked" in page.one("input", id="strict").attrib
    hidden = {it.attrib["name"] for it in page.one("form", class_="bar").iter("input") if it.attrib.get("type")}
    assert hidden == {"q", "fact", "policy", "k", "strict", "explain"}


def test_where_nothing_is_found_the_page_says_why_and_when_something_would_be(local: Reader) -> None:
    scheduled = local("/search?q=holiday+returns&policy=P-9")
    assert scheduled.words("h2") == "Nothing is handed over"
    assert scheduled.links()["Ask as of 2026-12-01"] == "/search?q=holiday+returns&policy=P-9&as_of=2026-12-01"
    withdrawn = local("/search?q=gift+cards&policy=P-8")
    assert "withdrawn" in withdrawn.words("p", class_="lead").lower()


def test_an_explanation_says_of_each_policy_whether_it_may_answer(local: Reader) -> None:
    page = local("/search?q=damaged+items&explain=1")
    rows = {row[0]: row[1] for row in page.rows()}
    assert (rows["P-7@2"], rows["P-8"], rows["P-9"]) == ("yes", "no", "no")
    assert page.rows(1)[0][0].startswith("P-7@2#")


def test_a_receipt_is_asked_again_and_gives_the_same(local: Reader) -> None:
    page = local("/search?q=Are+damaged+items+eligible%3F&as_of=2024-07-01")
    again = local(page.links()["Ask it again"])
    assert "The same evidence, byte for byte." in again.words("section", class_="banner")
    assert "2024-07-01" in again.words("dl", class_="facts")
    assert said(next(again.all("article", class_="hit")[0].iter("h3"))).startswith("Damaged items P-7@1#1")


def test_what_cannot_be_asked_is_named(local: Reader) -> None:
    assert "write a facet and its value, such as region=US" in local("/search?q=x&fact=US", status=422).words()
    assert "write a whole number from 1 to 1000" in local("/search?q=x&k=many", status=422).words()
    assert "'no id!' is not a policy id" in local("/search?q=x&policy=no+id!", status=422).words()
    assert "Ask in whole words" in local("/search").words()
