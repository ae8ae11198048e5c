"""Changes, feed and calendar over HTTP: waited for, ended with the service, and scoped by key."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retriever.entrypoints.http.answers.upcoming import ChangesPage
from tests.e2e.command import Run
from tests.e2e.service.test_keys import bearer, file
from tests.e2e.serving import problem, served, serving_here

FEEDS = {"/feed.atom": "application/atom+xml", "/calendar.ics": "text/calendar; charset=utf-8"}


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("following")
    contents = (
        file("P-7", "Damaged items.", review_by="2024-06-01"),
        file("S-1", "Clandestine.", "2024-02-03", audience="[legal]", review_by="2024-02-04"),
        file("S-1", "Clandestine later.", "2991-01-01", audience="[legal]"),
        file("P-7", "Ninety days.", "2990-01-01"),
    )
    for number, content in enumerate(contents):
        (folder / f"{number}.md").write_text(content)
    run("publish", *(folder / f"{number}.md" for number in range(len(contents))), "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def keys(run: Run, home: Path) -> dict[str, str]:
    made = {role: ("create", "--role", role) for role in ("reader", "author")} | {
        "legal": ("create", "--role", "reader", "--audience", "legal"),
        "feed": ("feed",),
        "legal_feed": ("feed", "--audience", "legal"),
    }
    texts = {name: run("key", *given, "--home", home).stdout.split()[0] for name, given in made.items()}
    return {name: text.partition("token=")[2] or text for name, text in texts.items()}


@pytest.fixture(scope="module")
def service(home: Path, keys: dict[str, str]) -> Iterator[httpx.Client]:
    with serving_here(home) as client:
        yield client


def changes(service: httpx.Client, key: str, **given: Any) -> tuple[list[int], int]:
    answer = service.get("/v1/changes", params=given, headers=bearer(key))
    assert answer.status_code == 200, answer.text
    page = ChangesPage.model_validate(answer.json())
    return [event.tx for event in page.events], page.next


def test_changes_come_in_order_page_by_page_to_those_who_may_know_of_them(
    service: httpx.Client, keys: dict[str, str]
) -> None:
    assert changes(service, keys["legal"], limit=3) == ([1, 2, 3], 3)
    assert changes(service, keys["legal"], limit=3, after=3)[0] == [4]
    assert changes(service, keys["reader"], audience="legal")[0][:2] == [1, 4]
    assert changes(service, keys["reader"], after=1, limit=1) == ([4], 4)
    assert "landestine" not in service.get("/v1/changes", headers=bearer(keys["reader"])).text
    ahead = service.get("/v1/changes", params={"after": 10_000}, headers=bearer(keys["reader"]))
    problem(ahead, 409, "behind")


def test_a_wait_ends_with_the_first_event_that_the_caller_may_read(service: httpx.Client, keys: dict[str, str]) -> None:
    _, after = changes(service, keys["legal"])
    answers: dict[str, tuple[list[int], int]] = {}

    def wait() -> None:
        answers["reader"] = changes(service, keys["reader"], after=after, wait=25)

    waiting = threading.Thread(target=wait)
    waiting.start()
    for policy, audience in (("S-9", "[legal]"), ("N-9", "[public]")):
        key = keys["author"] if policy == "N-9" else None
        time.sleep(0.5)
        sent = {"files": [file(policy, f"New words of {policy}.", audience=audience)]}
        answer = service.post(f"/v1/policies/{policy}/revisions", json=sent, headers=bearer(key or keys["author"]))
        assert answer.status_code == 201
        if policy == "S-9":
            assert "reader" not in answers
    waiting.join()
    assert answers["reader"] == ([after + 2], after + 2)
    began = time.monotonic()
    assert changes(service, keys["reader"], after=after + 2, wait=1) == ([], after + 2)
    assert time.monotonic() - began >= 1


def test_a_wait_ends_when_the_service_is_told_to_end(home: Path, keys: dict[str, str], environment: Any) -> None:
    with served(home, environment) as made:
        key, url = keys["reader"], str(made.client.base_url).rstrip("/") + "/v1/changes"
        after = changes(made.client, key)[1]
        answers: list[httpx.Response] = []

        def wait() -> None:
            given = {"after": after, "wait": 50}
            answers.append(httpx.get(url, params=given, headers=bearer(key), timeout=60, trust_env=False))

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(1.5)
        began = time.monotonic()
        made.process.terminate()
        waiting.join()
        assert time.monotonic() - began < 20
        assert answers[0].status_code == 200
        assert answers[0].json() == {"events": [], "next": after}
        made.process.wait(30)
        assert made.lines("end")


@pytest.mark.parametrize("path", FEEDS)
def test_feeds_are_scoped_by_their_token_and_hold_nothing_else(
    service: httpx.Client, keys: dict[str, str], path: str
) -> None:
    public = service.get(path, params={"token": keys["feed"], "audience": "legal"})
    assert (public.status_code, public.headers["content-type"]) == (200, FEEDS[path])
    assert "P-7@2 begins" in public.text
    for word in ("S-1", "2991", "2024-02-0"):
        assert word not in public.text
    legal = service.get(path, params={"token": keys["legal_feed"]})
    assert "S-1@2 begins" in legal.text
    assert service.get(path, headers=bearer(keys["reader"])).text == public.text
    tagged = {"if-none-match": public.headers["etag"]}
    assert service.get(path, params={"token": keys["feed"]}, headers=tagged).status_code == 304


@pytest.mark.parametrize("path", FEEDS)
def test_only_a_token_for_feeds_is_taken_from_an_address_and_it_opens_nothing_else(
    service: httpx.Client, keys: dict[str, str], path: str
) -> None:
    problem(service.get(path), 401, "unauthorized")
    for token in (keys["reader"], keys["feed"][:-1], ""):
        problem(service.get(path, params={"token": token}), 401, "unauthorized")
    for other in ("/v1/policies", "/v1/changes", "/v1/log"):
        problem(service.get(other, params={"token": keys["feed"]}), 401, "unauthorized")
        problem(service.get(other, headers=bearer(keys["feed"])), 403, "forbidden")


def test_a_revoked_token_is_refused_at_once(run: Run, service: httpx.Client, home: Path, keys: dict[str, str]) -> None:
    address = run("key", "feed", "--url", "https://asof.example/", "--home", home).stdout.splitlines()[1]
    assert address.startswith("https://asof.example/calendar.ics?token=asof_")
    token = address.partition("token=")[2]

    def used() -> str | None:
        listed = json.loads(run("key", "list", "--json", "--home", home).stdout)["keys"]
        return next(key["last_used"] for key in listed if key["id"] == token.split("_")[1])

    assert used() is None
    assert service.get("/calendar.ics", params={"token": token}).status_code == 200
    assert used() is not None
    run("key", "revoke", token.split("_")[1], "--home", home)
    problem(service.get("/calendar.ics", params={"token": token}), 401, "unauthorized")
