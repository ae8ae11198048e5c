"""The golden questions of a draft, as its author and its approver see them, each no more than their key may read."""

import json
import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexer.encoding.embedding import Encoder
from policies.storage.writer_lock import writer_lock
from retriever.asking.query import parse_query
from retriever.entrypoints.http.app import create_service
from retriever.inspecting import golden_questions
from retriever.inspecting.golden_questions import GoldenFile
from retriever.inspecting.rehearsal import Rehearsal
from tests.retriever.entrypoints.http.pages.drafting.conftest import HERE, NOW, PEOPLE, Browser, file
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE, Page, said
from tests.retriever.homes import Home

RULES = "# Damaged items\n\nDamaged items within {} days.\n\nGifts are final."

QUESTIONS: tuple[dict[str, Any], ...] = (
    {"id": "keeps", "query": "Damaged items in 2025?", "as_of": "2025-06-01", "gold_text": "within 30 days"},
    {"id": "gains", "query": "Damaged items, 14 days?", "gold_text": "within 14 days", "k": 1},
    {"id": "loses", "query": "Damaged items <b>today</b>?", "gold_text": "within 30 days", "facts": {"region": "US"}},
    {"id": "moves", "query": "Are gifts final?", "gold_text": "Gifts are final", "k": 1, "block_tokens": 8},
    {"id": "both", "query": "Clandestine damaged items?", "gold_text": "within 30 days", "audience": ["legal"]},
    {"id": "theirs", "query": "Who keeps zanzibar?", "gold_text": "zanzibar", "policy_id": "S-1"},
    {"id": "narrow", "query": "Where is zanzibar?", "gold_text": "within 30 days", "policies": ["S-1"]},
    {"id": "absent", "query": "What says nobody?", "gold_text": "nothing", "policy_id": "S-9"},
)

ASKED_AT = re.compile(r"Asked at <time.*?</time>")

TRACES = ("zanzibar", "clandestine", "S-1", "legal", "What says nobody")


def lines(*questions: dict[str, Any]) -> str:
    return "".join(f"{json.dumps({'policy_id': 'P-7', 'revision': 1, **it})}\n" for it in questions)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("golden") / "golden.jsonl"


@pytest.fixture
def golden(cases: Path) -> Path:
    """The file of the service, with its questions in it again."""
    cases.write_text(lines(*QUESTIONS))
    return cases


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("asking") / "home", encoder)
    made.publish("P-7", RULES.format(30), "2024-01-01", "2024-01-01T10:00:00Z")
    made.publish("S-1", "Clandestine zanzibar.", "2024-01-01", "2024-01-02T10:00:00Z", audience="[legal]")
    made.clock.set(NOW)
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain(office: Home) -> Iterator[TestClient]:
    """A service of the same home without golden questions."""
    with TestClient(create_service(office.asof, keys_required=True), HERE) as client:
        yield client


@pytest.fixture(scope="module")
def asking(office: Home, cases: Path) -> Iterator[TestClient]:
    service = create_service(office.asof, keys_required=True, golden=GoldenFile.at(cases))
    with TestClient(service, HERE) as client:
        yield client


@pytest.fixture(scope="module")
def keys(office: Home) -> dict[str, str]:
    ring = office.asof.key_ring
    return {name: ring.create(role, list(labels), person=who)[1] for name, (role, who, labels) in PEOPLE.items()}


@pytest.fixture(scope="module")
def staff(asking: TestClient, keys: dict[str, str]) -> dict[str, Browser]:
    return {name: signed_in(asking, key) for name, key in keys.items()}


def signed_in(client: TestClient, key: str) -> Browser:
    browser = TestClient(client.app, HERE, follow_redirects=False)
    assert browser.post("/sign-in", data={"key": key}, headers=SENT_FROM_HERE).status_code == 303
    return Browser(browser)


@pytest.fixture
def draft(staff: dict[str, Browser], golden: Path) -> Iterator[str]:
    """A draft of P-7 from 2026 that says 14 days, handed in by Bo Chen."""
    kept = staff["bo"].keep(file("P-7", RULES.format(14), effective="2026-01-01"), submit=True)
    yield kept
    staff["bo"].send(f"/drafts/{kept}/delete", 200)


def articles(page: Page) -> list[str]:
    return [said(it) for it in page.all("article")]


@pytest.mark.parametrize("who", ["bo", "ann"])
def test_author_and_approver_see_what_becomes_of_each_question(staff: dict[str, Browser], draft: str, who: str) -> None:
    there = staff[who].get(f"/drafts/{draft}")
    address = there.links()["Ask the golden questions, with this draft and without it"]
    assert address == f"/drafts/{draft}/questions"
    page = staff[who].get(address)
    assert "2 of 4 questions find the same words with this draft as without it. 1 of them finds" in page.words()
    assert said(page.one("ul", class_="counts")) == "1 lost1 gained"
    lost, gained = page.all("article")
    assert said(lost) == (
        "Lost: Damaged items <b>today</b>? "
        "The words that decide it are found now, and not with this draft. Asked of now; region: US; loses "
        "Found now P-7@1#1 Damaged items within 30 days. P-7@1#2 The words that decide it are among them. "
        "Found with this draft this draft #1 Damaged items within 14 days. this draft #2"
    )
    assert said(gained).startswith("Gained: Damaged items, 14 days?")
    assert page.links()["P-7@1#2"] == "/p/P-7/1#p2"
    assert said(page.one("details", class_="same")) == (
        "2 questions find the same words "
        "Damaged items in 2025? As of 2025-06-01; keeps Are gifts final? Asked of now; moves"
    )


@pytest.mark.parametrize("who", ["bo", "ann", "ada"])
def test_nothing_of_a_question_that_a_key_may_not_read_is_told(
    staff: dict[str, Browser], draft: str, golden: Path, who: str
) -> None:
    found = set()
    for there in (QUESTIONS, QUESTIONS[:4]):  # the first four are the public ones
        golden.write_text(lines(*there))
        for labels in ("", "?audience=legal"):
            shown = staff[who].client.get(f"/drafts/{draft}/questions{labels}").text.replace(labels, "")
            found.add(shown.partition('<div id="asked">')[2].partition("</main>")[0])
    [shown] = found
    assert "Are gifts final?" in shown
    assert [trace for trace in TRACES if trace.casefold() in shown.casefold()] == []


def test_a_key_with_the_label_is_told_of_its_questions_too(staff: dict[str, Browser], golden: Path) -> None:
    kept = staff["lea"].keep(file("P-7", RULES.format(14), effective="2026-01-01"))
    page = staff["lea"].get(f"/drafts/{kept}/questions")
    assert "of 7 questions" in page.words()
    [its] = [it for it in articles(page) if "Clandestine damaged items?" in it]
    assert "Asked of now; for legal; both Found now" in its
    assert "S-1@1#1" in its
    assert "Who keeps zanzibar?" in page.words()
    assert "What says nobody?" not in page.words()  # its policy does not exist, which is the same as one that is hidden
    staff["lea"].send(f"/drafts/{kept}/delete", 200)


def test_where_no_question_is_theirs_a_page_is_that_of_a_service_without_any(
    staff: dict[str, Browser], plain: TestClient, keys: dict[str, str], draft: str, golden: Path
) -> None:
    golden.write_text(lines(*QUESTIONS[4:]))
    for who in ("bo", "ann", "ada", "reader"):
        for address in (f"/drafts/{draft}", f"/drafts/{draft}/questions", f"/drafts/{draft}/other"):
            ours, others = (it.client.get(address) for it in (staff[who], signed_in(plain, keys[who])))
            assert ours.status_code == others.status_code
            assert ASKED_AT.sub("", ours.text) == ASKED_AT.sub("", others.text)
    offer = "This service has no golden questions that you may read"
    assert [offer in staff[who].get(f"/drafts/{draft}").words() for who in ("bo", "ann", "ada")] == [False, False, True]


def test_whoever_may_not_see_a_draft_gets_none_of_its_questions(staff: dict[str, Browser], golden: Path) -> None:
    kept = staff["bo"].keep(file("P-7", RULES.format(14), effective="2026-01-01"))
    staff["ann"].get(f"/drafts/{kept}/questions", 404)
    staff["cy"].get(f"/drafts/{kept}/questions", 404)
    staff["reader"].get(f"/drafts/{kept}/questions", 403)
    staff["bo"].get(f"/drafts/{kept}/questions")
    staff["bo"].send(f"/drafts/{kept}/delete", 200)


def test_a_file_that_is_changed_is_read_again_and_one_that_is_wrong_is_told_of(
    staff: dict[str, Browser], draft: str, golden: Path, caplog: pytest.LogCaptureFixture
) -> None:
    golden.write_text(lines(QUESTIONS[0]))
    assert "The one question finds the same words" in staff["bo"].get(f"/drafts/{draft}/questions").words()
    golden.write_text(lines(QUESTIONS[0], {**QUESTIONS[4], "gold_text": None}))
    with caplog.at_level(logging.WARNING, logger=golden_questions.__name__):
        for address in (f"/drafts/{draft}", f"/drafts/{draft}/questions", f"/drafts/{draft}"):
            words = staff["bo"].get(address).words()
            assert "cannot be read since their file was changed" in words
            assert str(golden) not in words
    [line] = caplog.messages
    assert f"{golden}, line 2: gold_text is missing" in line
    golden.unlink()
    assert "cannot be read" in staff["bo"].get(f"/drafts/{draft}/questions").words()
    golden.write_text(lines(*QUESTIONS[:2]))
    assert "1 of 2 questions finds the same words" in staff["bo"].get(f"/drafts/{draft}/questions").words()
    golden.write_text(lines(QUESTIONS[1]))
    assert "The one question does not find the same words" in staff["bo"].get(f"/drafts/{draft}/questions").words()
    golden.write_text(lines(QUESTIONS[1], {**QUESTIONS[1], "id": "again"}))
    assert "None of the 2 questions finds the same words" in staff["bo"].get(f"/drafts/{draft}/questions").words()


def test_no_more_than_200_questions_are_asked_and_the_page_says_so(
    staff: dict[str, Browser], draft: str, golden: Path
) -> None:
    golden.write_text(lines(*({**QUESTIONS[0], "id": f"q-{number}"} for number in range(201))))
    words = staff["bo"].get(f"/drafts/{draft}/questions").words()
    assert "All 200 questions find the same words" in words
    assert "Of 201 questions the first 200 were asked here: 200 are asked at most." in words


def test_a_draft_that_would_be_refused_is_asked_nothing_about(
    staff: dict[str, Browser], office: Home, golden: Path
) -> None:
    kept = staff["bo"].keep(file("P-7", "Over soon.", until="2026-01-15T12:30:00Z"))
    office.clock.set("2026-01-15T13:00:00Z")  # and it stays so: a clock that is set back ends all sessions
    page = staff["bo"].get(f"/drafts/{kept}")
    assert "is not after its start" in page.words()
    assert "Golden questions" not in page.words()
    assert "So no question was asked." in staff["bo"].get(f"/drafts/{kept}/questions").words()
    staff["bo"].send(f"/drafts/{kept}/delete", 200)


def test_a_draft_that_is_published_has_no_questions_any_more(
    staff: dict[str, Browser], office: Home, golden: Path
) -> None:
    golden.write_text(lines({**QUESTIONS[0], "policy_id": "G-1"}))
    kept = staff["bo"].keep(file("G-1", "Gone soon."), submit=True)
    assert "The one question finds the same words" in staff["ann"].get(f"/drafts/{kept}/questions").words()
    staff["ann"].send(f"/drafts/{kept}/approve", digest=staff["ann"].digest(kept))
    assert "Golden questions" not in staff["bo"].get(f"/drafts/{kept}").words()
    answer = staff["bo"].client.get(f"/drafts/{kept}/questions")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/drafts/{kept}")


def test_a_write_in_progress_keeps_nobody_from_asking(staff: dict[str, Browser], office: Home, draft: str) -> None:
    with writer_lock(office.path):
        assert "1 lost" in staff["ann"].get(f"/drafts/{draft}/questions").words()


class Slow:
    """A golden question whose answer waits for the test."""

    policies = frozenset({"P-7"})
    query = parse_query({"query": "How slow?"})

    def __init__(self) -> None:
        self.may_end = threading.Event()

    def compared(self, rehearsal: Rehearsal) -> dict[str, Any]:
        assert self.may_end.wait(20)
        side = {"citations": [], "holds": False}
        return {
            "id": "slow", "query": "How slow?", "change": "unchanged", "same_words": True,
            "before": side, "after": side, "removed": [], "added": [],
        }  # fmt: skip


def test_who_asks_waits_in_a_queue_of_its_own_that_ends(
    staff: dict[str, Browser], office: Home, keys: dict[str, str], draft: str, golden: Path
) -> None:
    slow = Slow()
    service = create_service(office.asof, keys_required=True, golden=GoldenFile(golden, lambda path, zone: [slow]))
    with TestClient(service, HERE) as client, ThreadPoolExecutor(9) as threads:
        client.post("/sign-in", data={"key": keys["ann"]}, headers=SENT_FROM_HERE)
        waiting = [threads.submit(client.get, f"/drafts/{draft}/questions") for _ in range(9)]
        try:
            done, rest = wait(waiting, 15, FIRST_COMPLETED)
            assert [it.result().status_code for it in done] == [429]
            assert "8 sets of golden questions wait already; try again in a second" in done.pop().result().text
            assert client.get(f"/drafts/{draft}").status_code == 200  # all else is answered meanwhile
        finally:
            slow.may_end.set()
        assert [it.result().status_code for it in rest] == [200] * 8
