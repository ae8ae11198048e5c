"""What is around every page: its headers, its errors, its size, nothing from elsewhere, and nothing left over."""

import gc
import re
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from jinja2 import DictLoader, Environment
from starlette.testclient import TestClient

from retriever.entrypoints.http.app import create_service
from retriever.entrypoints.http.pages.dressing import POLICY
from retriever.entrypoints.http.pages.page import _noted_contexts, filled
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE, Page, Reader, parsed
from tests.retriever.homes import Home

PAGES = (
    "/", "/?as_of=2024-07-01", "/p/P-7", "/p/P-7/1", "/p/P-8", "/p/X-1", "/p/P-7/compare?a=1&b=2", "/p/P-7/timeline",
    "/search", "/search?q=damaged+items&explain=1", "/calendar", "/calendar?month=2026-12", "/log", "/keys", "/health",
    "/sign-in", "/drafts", "/drafts/new", "/drafts/new?policy=P-7", "/approvals", "/changes/1", "/changes/1/undo",
)  # fmt: skip
MOST_BYTES = 150_000


@pytest.mark.parametrize("address", PAGES)
def test_a_page_lets_nothing_in_from_elsewhere(local: Reader, address: str) -> None:
    page = local(address)
    headers = page.response.headers
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert not page.all("style")
    assert all("src" in it.attrib and not "".join(it.itertext()) for it in page.all("script"))
    for it in page.root.iter():
        assert not any(name == "style" or name.startswith("on") for name in it.attrib), it.attrib
        for name in ("src", "action"):
            assert it.attrib.get(name, "/").startswith("/"), it.attrib
        if it.tag == "link":
            assert it.attrib["href"].startswith("/static/")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_with_all_that_it_loads_is_small(local: Reader, address: str) -> None:
    page = local(address)
    files = {it.attrib["src"] for it in page.all("script")}
    files |= {it.attrib["href"] for it in page.all("link", rel="stylesheet")}
    loaded = sum(len(local.client.get(file).content) for file in files)
    assert len(page.response.content) + loaded <= MOST_BYTES


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_what_assistive_programs_look_for(local: Reader, address: str) -> None:
    page = local(address)
    assert page.root.attrib["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == 1
    ids = [it.attrib["id"] for it in page.root.iter() if "id" in it.attrib]
    assert len(ids) == len(set(ids))
    labels = {it.attrib["for"] for it in page.all("label")}
    for it in [*page.all("input"), *page.all("select"), *page.all("textarea")]:
        assert it.attrib.get("type") == "hidden" or it.attrib["id"] in labels, it.attrib
    assert page.all("a", class_="skip")[0].attrib["href"] == "#main"


def test_every_link_of_every_page_leads_somewhere(local: Reader) -> None:
    """Walks all links that the pages have, from the list on."""
    seen: set[str] = set()
    waiting = ["/"]
    while waiting and len(seen) < 400:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = local.client.get(address)
        refused = 409 if address.endswith("/undo") else 410  # what is erased is no more undone than it is read
        assert answer.status_code in (200, refused), (address, answer.status_code)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for it in parsed(answer).all("a"):
            there = it.attrib.get("href", "").partition("#")[0]
            if there.startswith("/") and not re.search(r"month=(?!2026-0[12])", there):
                waiting.append(there)
    assert len(seen) > 60
    assert {"/docs", "/feed.atom", "/calendar.ics", "/metrics"} <= seen


def test_errors_of_pages_are_pages_and_errors_of_routes_are_problems(local: Reader) -> None:
    page = local("/p/P-77", status=404)
    assert page.words("h1") == "Unknown policy"
    assert "There is no policy P-77; the first page lists them" in page.words()
    assert "code unknown_policy" in page.words()
    assert local("/receipts/" + "0" * 64, status=404).words("h1") == "Unknown receipt"
    assert parsed(local.client.post("/", headers={"sec-fetch-site": "same-origin"})).status == 405
    assert local.client.get("/v1/policies/P-77").headers["content-type"] == "application/problem+json"
    assert local.client.get("/nowhere").headers["content-type"] == "application/problem+json"


def test_a_name_of_another_machine_is_refused_as_a_page(local: Reader) -> None:
    refused = parsed(local.client.get("/", headers={"host": "evil.example"}))
    assert refused.status == 421
    assert "Damaged" not in refused.response.text


def test_stored_markup_is_words_on_every_page(local: Reader) -> None:
    """Title, owner, note and question of an attacker show as they were written, and are never elements."""
    asked = "/search?q=%22%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&fact=a%3D%3Cimg+src%3Dx%3E&policy=X-1"
    for address in (
        "/",
        "/p/X-1",
        "/p/X-1/1",
        "/p/X-1/timeline",
        "/log",
        asked,
        "/?q=%3Cimg+src%3Dx%3E",
        "/drafts/new?policy=X-1",
    ):
        page = local(address)
        assert not page.all("img"), address
        assert "<img" not in page.response.text, address
    assert '"><img src=x onerror=alert(1)>' in local("/p/X-1").words("h1")


def test_static_files_are_kept_by_their_digest_and_no_others_are_given(local: Reader) -> None:
    page: Page = local("/")
    sheet = page.one("link", rel="stylesheet").attrib["href"]
    answer = local.client.get(sheet)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    for name in ("../page.py", "%2e%2e/page.py", "nothing.css", "", "swagger"):
        assert local.client.get(f"/static/{name}").status_code == 404, name


def test_an_error_that_nobody_foresaw_is_a_page_without_its_words(visitor: TestClient, keys: dict[str, str]) -> None:
    from retriever.entrypoints.http.access import Access

    async def fails(*_: object) -> None:
        raise RuntimeError("secret words")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Access, "caller", fails)
        answer = visitor.get("/", headers={"authorization": f"Bearer {keys['reader']}"})
    page = parsed(answer)
    assert (page.status, page.words("h1")) == (500, "Internal error")
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY


def test_signing_in_and_asking_wait_for_no_commit_in_progress(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01", recorded="2024-01-02")
    home.asof.writer().rebuild()
    with TestClient(create_service(home.asof), "http://localhost") as client:
        body = {"query": "seven days", "as_of": "2024-06-01"}
        assert client.post("/v1/retrieve", json=body).status_code == client.get("/").status_code == 200
        with home.asof.ledger._store.commit(), ThreadPoolExecutor(2) as others:
            asked = others.submit(client.post, "/v1/retrieve", json=body)
            signing = others.submit(client.get, "/sign-in")
            assert asked.result(timeout=5).status_code == 200
            assert signing.result(timeout=5).status_code in (200, 303)


@pytest.mark.parametrize("name", ["path", "self", "asked", "_Context__obj", "_Context__self", "caller", "view"])
def test_a_parameter_of_any_name_is_carried_along(local: Reader, name: str) -> None:
    assert local(f"/search?as_of=2025-01-01&{name}=x").links()["Back to now"].startswith("/search")
    assert local(f"/?as_of=2025-01-01&{name}=x").links()["Back to now"] == f"/?{name}=x"
    assert local(f"/p/P-77?as_of=2025-01-01&{name}=x", status=404).words("h1") == "Unknown policy"


def test_a_parameter_that_comes_twice_is_carried_along_twice(local: Reader) -> None:
    page = local("/search?as_of=2025-01-01&q=items&fact=a%3D1&fact=b%3D2")
    assert page.links()["Back to now"] == "/search?q=items&fact=a%3D1&fact=b%3D2"


def test_links_carry_each_label_once(local: Reader) -> None:
    page = local("/?audience=legal&audience=legal,+staff,&audience=staff")
    assert page.links()["Log"] == "/log?audience=legal&audience=staff"
    assert len(local(f"/?{'audience=legal&' * 1_000}").response.content) < MOST_BYTES


MANY_LABELS = ",".join(f"l{number}" for number in range(51))
LONG_LABELS = ",".join("x" * 190 + f"{number}" for number in range(10, 21))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (MANY_LABELS, "audience: names 51 labels; name at most 50 in the address of a page"),
        ("x" * 201, "audience: holds a label of 201 characters; name labels of at most 200"),
        (LONG_LABELS, "audience: names labels of 2,112 characters together; name fewer, of at most 2,000 together"),
    ],
)
def test_more_labels_than_links_carry_are_refused_plainly(
    local: Reader, visitor: TestClient, labels: str, said: str
) -> None:
    for address in ("/", "/p/P-7", "/p/P-77", "/log", "/search?q=items", "/drafts", "/sign-in", "/docs", "/health"):
        page = local(f"{address}{'&' if '?' in address else '?'}audience={labels}", status=422)
        assert said in page.words(), address
        assert len(page.response.content) < 5_000
        assert page.response.headers["content-security-policy"].startswith("default-src 'none'")
    assert visitor.get(f"/?audience={labels}").status_code == 422


def test_fifty_labels_are_carried_along(local: Reader) -> None:
    labels = [f"l{number}" for number in range(50)]
    assert local(f"/?audience={','.join(labels)}").links()["Log"].count("audience=") == 50


def test_a_form_whose_answer_could_not_be_linked_to_changes_nothing(home: Home) -> None:
    """It was recorded, and its sender was told that it was refused."""
    home.publish("P-7", "Seven days.", "2024-01-01")
    with TestClient(create_service(home.asof), "http://localhost") as client:
        sent = client.post(f"/changes/1/undo?audience={MANY_LABELS}", data={}, headers=SENT_FROM_HERE)
    assert sent.status_code == 422
    assert home.asof.ledger.head()[0] == 1


TEMPLATES = {
    "base.html": "<b>{% block main %}{% endblock %}</b>",
    "page.html": (
        '{% extends "base.html" %}{% from "said.html" import shown with context %}'
        '{% block main %}{{ shown(1) }}{% include "more.html" %}{% endblock %}'
    ),
    "said.html": "{% macro shown(n) %}{{ n }}{{ words.said }}{% endmacro %}",
    "more.html": "{% macro again(n) %}{{ n and again(n - 1) }}{{ words.said }}{% endmacro %}{{ again(1) }}",
}


class Words:
    said = "7 days"


@pytest.fixture
def environment():
    made = Environment(loader=DictLoader(TEMPLATES))
    made.context_class = _noted_contexts()
    gc.collect()
    gc.disable()
    yield made
    gc.enable()


def test_nothing_of_a_page_waits_for_a_collection_of_garbage(environment):
    words = Words()
    told = weakref.ref(words)
    assert filled(environment.get_template("page.html"), {"words": words}) == "<b>17 days07 days7 days</b>"
    del words
    assert told() is None


def test_without_emptying_a_page_would_wait(environment):
    words = Words()
    told = weakref.ref(words)
    assert environment.get_template("page.html").render(words=words)
    del words
    assert told() is not None
