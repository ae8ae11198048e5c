"""An author's day in a browser: by keyboard alone, without JavaScript, narrow and wide, light and dark."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.pages.seeing import holds, sees
from tests.e2e.pages.test_reading import focused, press, tab_to
from tests.e2e.serving import serving_here

pytestmark = pytest.mark.browser

PEOPLE = {"bo": ("author", "Bo Chen"), "ann": ("approver", "Ann Lee")}


GOLDEN = (
    {
        "id": "damaged",
        "query": "Which damaged items are eligible?",
        "as_of": "2088-06-01",
        "gold_text": "within 14 days",
    },
    {"id": "lamp", "query": "What is refunded for a lamp?", "as_of": "2024-06-01", "gold_text": "25 EUR"},
)


@pytest.fixture(scope="module")
def desk(office: Path, keys: dict[str, str]) -> Iterator[httpx.Client]:
    golden = office.parent / "golden.jsonl"
    golden.write_text("".join(f"{json.dumps({'policy_id': 'P-7', 'revision': 1, **it})}\n" for it in GOLDEN))
    with serving_here(office, golden) as client:
        yield client


def test_an_authors_whole_day_by_keyboard_alone(signed_in: Any) -> None:
    with signed_in("bo") as bo, signed_in("ann") as ann:
        bo.goto("/p/P-7")
        tab_to(bo, "Draft a change")
        press(bo, "Enter")
        bo.wait_for_url("**/drafts/new?policy=P-7")
        to_the_words(bo)
        words = (
            bo.input_value("#text")
            .replace("14 days", "21 days")
            .replace("policy: P-7", "policy: P-7\neffective: 2089-03-01")
        )
        press(bo, "Control+A")
        bo.keyboard.insert_text(words + "\n<!-- ask legal -->\n")
        bo.wait_for_selector("#lint table")  # while typing, and nothing is sent by hand
        sees(bo, "#lint", "html-comment")
        press(bo, "Control+A")
        bo.keyboard.insert_text(words)
        bo.wait_for_selector("#lint >> text=Nothing is found")
        tab_to(bo, "Keep as a draft")
        press(bo, "Enter")
        bo.wait_for_url(re.compile(r"/drafts/d-\w{8}\?did=kept"))
        sees(bo, "#changes ~ table", "from 2089-03-01, until 2090-01-01 (that day not included)")
        sees(bo, ".change ins", "21", whole=True)
        tab_to(bo, "Hand in P-7 for approval")
        press(bo, "Enter")
        bo.wait_for_url("**?did=submitted")
        draft = bo.url.rpartition("/")[2].partition("?")[0]

        tab_to(ann, "Approvals")
        press(ann, "Enter")
        ann.wait_for_url("**/approvals")
        tab_to(ann, "Damaged items")
        press(ann, "Enter")
        ann.wait_for_url(f"**/drafts/{draft}")
        tab_to(ann, "Golden questions")
        press(ann, "Enter")
        ann.wait_for_selector("#asked >> text=Ask again")
        while focused(ann) != "Decide":
            press(ann, "Shift+Tab")
        press(ann, "Enter")
        press(ann, "Tab")
        assert focused(ann) == "note"
        ann.keyboard.type("as agreed")
        press(ann, "Tab")
        assert focused(ann) == "Approve and publish P-7 from 2089-03-01 on"
        press(ann, "Enter")
        ann.wait_for_url(re.compile(r"/changes/\d+$"))
        sees(ann, ".banner", "P-7@4 is scheduled from 2089-03-01, until 2090-01-01")
        sees(ann, ".banner", "approved by Ann Lee: “as agreed”")
        change = ann.url

        tab_to(bo, "Calendar")
        press(bo, "Enter")
        bo.wait_for_url("**/calendar")
        sees(bo, "main", re.compile(r"2089-03-01.*P-7@4", re.DOTALL))
        bo.goto("/p/P-7?as_of=2089-04-01")
        sees(bo, "#words", "within 21 days")
        tab_to(bo, "View the change it introduced")
        press(bo, "Enter")
        bo.wait_for_url("**/compare**")
        sees(bo, ".change ins", "21", whole=True)

        ann.goto(change)
        tx = change.rpartition("/")[2]
        tab_to(ann, f"Undo transaction {tx}: first see what that changes")
        press(ann, "Enter")
        ann.wait_for_url("**/undo")
        assert ann.inner_text("tbody").split("\t")[1:] == ["P-7@4", "P-7@2"]
        tab_to(ann, f"Undo transaction {tx}")
        press(ann, "Enter")
        ann.wait_for_url(re.compile(rf"/changes/(?!{tx}$)\d+$"))
        sees(ann, ".banner", f"transaction {tx} no longer counts")
        bo.goto("/p/P-7?as_of=2089-04-01")
        sees(bo, "#words", "within 14 days")


def kept_with(bo: Any, days: str) -> str:
    """The address of a draft of P-7 from 2088 with other days."""
    bo.goto("/drafts/new?policy=P-7")
    words = bo.input_value("#text").replace("14 days", f"{days} days")
    bo.fill("#text", words.replace("policy: P-7", "policy: P-7\neffective: 2088-01-01"))
    bo.click("text=Keep as a draft")
    bo.wait_for_url("**did=kept")
    return str(bo.url).partition("?")[0]


LOST = "The words that decide it are found now, and not with this draft."


def test_golden_questions_are_asked_when_their_section_is_come_to(signed_in: Any) -> None:
    with signed_in("bo") as bo:
        bo.set_viewport_size({"width": 1200, "height": 300})  # the section lies below what is seen at first
        asked: list[str] = []
        bo.on("request", lambda request: asked.append(request.url))
        there = kept_with(bo, "23")
        bo.wait_for_load_state("networkidle")
        assert f"{there}/questions" not in asked
        tab_to(bo, "Ask the golden questions, with this draft and without it")
        bo.wait_for_selector("#asked article")
        assert asked.count(f"{there}/questions") == 1
        sees(bo, "#asked .lead", "1 of 2 questions finds the same words with this draft as without it.", whole=True)
        sees(bo, "#asked article", LOST)
        sees(bo, "#asked article h3", "Lost: Which damaged items are eligible?", whole=True)
        assert focused(bo) == "Ask again, on a page of its own"  # nobody at the keyboard loses their place
        press(bo, "Enter")
        bo.wait_for_url("**/questions")
        sees(bo, "#asked article h2", "Lost: Which damaged items are eligible?", whole=True)
        bo.goto(there)
        bo.click("text=Golden questions")
        bo.wait_for_selector("#asked article")
        bo.click("#asked article a >> nth=0")
        bo.wait_for_url(re.compile(r"/p/P-7/\d#p\d+$"))


def test_golden_questions_are_asked_by_a_plain_link_without_javascript(signed_in: Any) -> None:
    with signed_in("bo", java_script_enabled=False) as bo:
        there = kept_with(bo, "22")
        assert not bo.is_visible(".waiting")
        bo.click("text=Ask the golden questions")
        bo.wait_for_url(f"{there}/questions")
        sees(bo, "#asked article", LOST)
        bo.click("#asked summary")
        sees(bo, "#asked details", "What is refunded for a lamp?")
        bo.click("text=Back to the draft")
        bo.wait_for_url(there)


def test_a_draft_goes_its_way_without_javascript(signed_in: Any, tmp_path: Path) -> None:
    (tmp_path / "rule.md").write_text("---\npolicy: Q-1\ntitle: Quiet hours\n---\nFrom ten on. <!-- or nine -->\n")
    with signed_in("bo", java_script_enabled=False) as bo:
        bo.click("text=Drafts")
        bo.click("text=Write a new")
        bo.set_input_files("#file", tmp_path / "rule.md")
        bo.click("text=Check, and keep nothing")
        sees(bo, "#lint", "html-comment")
        holds(bo, "#text", re.compile("From ten on."))
        bo.click("text=Keep as a draft")
        sees(bo, ".did", "Nothing of it is in force")
        bo.click("text=Edit")
        bo.wait_for_url("**/edit")
        bo.fill("#text", bo.input_value("#text").replace("ten", "eleven"))
        bo.click("text=Keep the edited draft")
        sees(bo, "#words", "From eleven on.")
        bo.click("text=Delete")
        bo.click("button:has-text('for good')")
        bo.click("text=Keep them as a new draft")
        bo.click("text=without an approval")
        sees(bo, ".banner", "Q-1@1 is in force")
        bo.click("text=Undo transaction")
        bo.click("button:has-text('Undo transaction')")
        sees(bo, ".banner", "no longer counts")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 600, 320])
def test_no_page_of_drafts_keeps_anyone_out_or_runs_over_its_edge(signed_in: Any, scheme: str, width: int) -> None:
    """axe-core finds nothing on any of them; 600 pixels are 1200 at a zoom of 200%."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    found: dict[str, Any] = {}

    def look(page: Any) -> None:
        result = axe.run(page).response["violations"]
        found.update({f"{page.url} {it['id']}": [node["html"][:200] for node in it["nodes"]] for it in result})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    with signed_in("bo", width, color_scheme=scheme) as bo, signed_in("ann", width, color_scheme=scheme) as ann:
        bo.goto("/drafts")
        look(bo)
        bo.goto("/drafts/new")
        look(bo)
        bo.click("text=Keep as a draft")
        bo.wait_for_selector("[role=alert]")
        look(bo)
        bo.goto("/drafts/new?policy=P-7")
        words = bo.input_value("#text").replace("14 days", f"{width} {scheme} days")
        bo.fill("#text", words.replace("policy: P-7", "policy: P-7\neffective: 2088-01-01") + "\n<!-- ask legal -->\n")
        bo.click("text=Check, and keep nothing")
        bo.wait_for_selector("#lint table")
        look(bo)
        bo.click("text=Keep as a draft")
        bo.wait_for_url("**did=kept")
        look(bo)
        bo.click("text=Hand in")
        bo.wait_for_url("**did=submitted")
        there = bo.url.partition("?")[0]
        bo.click("text=Golden questions")
        bo.wait_for_selector("#asked article")
        look(bo)
        for address in (f"{there}/questions", f"{there}/edit", f"{there}/delete", "/drafts"):
            bo.goto(address)
            look(bo)
        for address in ("/approvals", there):
            ann.goto(address)
            look(ann)
        ann.click("text=Golden questions")
        ann.wait_for_selector("#asked article")
        ann.click("text=Approve and publish")
        ann.wait_for_url(re.compile(r"/changes/\d+$"))
        look(ann)
        ann.click("text=Undo transaction")
        ann.wait_for_url("**/undo")
        look(ann)
        ann.click("button:has-text('Undo transaction')")
        ann.wait_for_url(re.compile(r"/changes/\d+$"))
        look(ann)
    assert found == {}


def to_the_words(page: Any) -> None:
    """Goes on with the Tab key until the field of words has the focus."""
    for _ in range(60):
        press(page, "Tab")
        if page.evaluate("document.activeElement.id") == "text":
            return
    pytest.fail("the words are not reached by keyboard")
