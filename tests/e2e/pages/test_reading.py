"""Reading in a browser: by keyboard alone, with JavaScript off, narrow and wide, light and dark, and on paper."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Run
from tests.e2e.pages.conftest import PAGES, Opened
from tests.e2e.pages.seeing import counts, sees
from tests.e2e.serving import serving_here

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 600, 320])
def test_no_page_keeps_anyone_out_or_runs_over_its_edge(opened: Opened, scheme: str, width: int) -> None:
    """axe-core finds nothing on any page; 600 pixels are 1200 at a zoom of 200%."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    found = {}
    with opened(width, color_scheme=scheme) as page:
        for address in PAGES:
            page.goto(address)
            result = axe.run(page).response["violations"]
            found |= {
                f"{address} {it['id']}": [node["html"][:200] + str(node["any"])[:300] for node in it["nodes"]]
                for it in result
            }
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert found == {}


def test_a_reader_without_a_mouse_goes_from_the_list_to_a_passage(opened: Opened) -> None:
    with opened() as page:
        page.goto("/")
        press(page, "Tab")
        assert focused(page) == "To the content"
        press(page, "Enter")
        assert page.url.endswith("#main")
        page.goto("/")
        tab_to(page, "Damaged items")
        press(page, "Enter")
        page.wait_for_url("**/p/P-7")
        tab_to(page, "#1")
        press(page, "Enter")
        page.wait_for_url("**/p/P-7/2#p1")
        assert page.locator("#p1").evaluate("it => getComputedStyle(it).boxShadow") != "none"


def test_a_date_is_typed_and_stays_until_it_is_taken_back(opened: Opened) -> None:
    with opened() as page:
        page.goto("/p/P-7")
        tab_to(page, "as-of")
        page.keyboard.type("2024-07-01")
        press(page, "Enter")
        page.wait_for_url("**/p/P-7?as_of=2024-07-01**")
        sees(page, "#words", "within 30 days")
        sees(page, ".word", "Not now: as of 2024-07-01", whole=True)
        page.click("text=Timeline")
        page.wait_for_url("**as_of=2024-07-01**")
        page.click("text=Back to now")
        sees(page, ".word", "Now", whole=True)


def test_the_timeline_is_walked_by_keyboard_and_says_each_period(opened: Opened) -> None:
    with opened() as page:
        page.goto("/p/P-7/timeline")
        for _ in range(60):
            press(page, "Tab")
            if page.evaluate("document.activeElement.closest('svg') !== null"):
                break
        said = page.inner_text("#said")
        assert said.startswith("P-7@1 (Damaged items) from 2024-01-01")
        press(page, "Enter")
        page.wait_for_url("**/p/P-7?as_of=2024-01-01**")
        sees(page, "p.id", "P-7@1", whole=True)


def test_the_list_filters_while_somebody_types(opened: Opened) -> None:
    with opened() as page:
        page.goto("/")
        page.type("#q", "gift")
        page.wait_for_selector("#list tbody:has(tr:only-child)")
        sees(page, "#list", "Gift cards")
        assert page.url.endswith("/?q=gift")


def test_a_handle_copies_citation_and_quotation(opened: Opened) -> None:
    with opened(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto("/p/P-7")
        page.focus("#p1 .handle")
        page.click("text=Copy citation")
        page.wait_for_selector("text=Copied")
        assert page.evaluate("navigator.clipboard.readText()") == "P-7@2#1"
        page.click("text=Copy quotation")
        page.wait_for_timeout(200)
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == "“Damaged items within 14 days are eligible.” (P-7@2#1)"


def test_the_slider_leads_through_the_changes(opened: Opened) -> None:
    with opened() as page:
        page.goto("/p/P-7")
        page.focus(".slider input")
        press(page, "Home")
        page.wait_for_url("**as_of=2024-01-01**")
        sees(page, "#words", "within 30 days")


def test_everything_works_without_javascript(opened: Opened) -> None:
    with opened(java_script_enabled=False) as page:
        page.goto("/")
        page.fill("#q", "gift")
        page.press("#q", "Enter")
        counts(page, "#list tbody tr", 1)
        page.goto("/p/P-7")
        page.fill("#as-of", "2024-07-01")
        page.press("#as-of", "Enter")
        sees(page, "#words", "within 30 days")
        page.click("text=Compare with today")
        sees(page, ".change ins", "14", whole=True)
        page.select_option("#view", "both")
        page.click("button:has-text('Compare')")
        counts(page, ".sides", 1)
        page.goto("/search")
        page.fill("#question", "Are damaged items eligible?")
        page.press("#question", "Enter")
        sees(page, ".hit >> nth=0", "14 days")
        page.click("text=Ask it again")
        sees(page, "main", "The same evidence, byte for byte")


def test_paper_names_version_and_date_and_leaves_out_what_is_for_the_screen(opened: Opened) -> None:
    with opened() as page:
        page.goto("/p/P-7?as_of=2024-07-01")
        page.emulate_media(media="print")
        assert page.locator(".printed").is_visible()
        assert page.inner_text(".printed").startswith("P-7@1 · In force as of 2024-07-01")
        for hidden in (".top", ".bar", ".ways", ".foot"):
            assert not page.locator(hidden).is_visible(), hidden
        assert page.pdf().startswith(b"%PDF")


def test_the_routes_are_drawn_without_a_network(opened: Opened) -> None:
    with opened() as page:
        page.goto("/docs")
        page.wait_for_selector("#operations-asking-retrieve")


def test_a_key_is_sent_once_and_its_session_ends_with_signing_out(
    opened: Opened, home: Path, run: Run, tmp_path: Path
) -> None:
    shutil.copytree(home, tmp_path / "home")
    key = run("key", "create", "--role", "reader", "--home", tmp_path / "home").stdout.split()[0]
    with serving_here(tmp_path / "home") as client, opened(client=client) as page:
        page.goto("/p/P-7?as_of=2024-07-01")
        assert page.url.endswith("/sign-in?next=%2Fp%2FP-7%3Fas_of%3D2024-07-01")
        page.wait_for_selector("#key:focus")
        page.keyboard.type(key)
        press(page, "Enter")
        page.wait_for_url("**/p/P-7?as_of=2024-07-01")
        sees(page, "#words", "within 30 days")
        assert page.evaluate("document.cookie") == ""
        assert page.goto("/v1/policies").status == 401
        page.goto("/")
        page.click("text=Sign out")
        page.wait_for_url("**/sign-in")
        page.goto("/")
        assert "/sign-in" in page.url


def press(page: Any, key: str) -> None:
    page.keyboard.press(key)


def focused(page: Any) -> str:
    """The words of what has the focus, or its id."""
    found: str = page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")
    return found


def tab_to(page: Any, words: str, most: int = 60) -> None:
    """Goes on with the Tab key until an element with these words, or this id, has the focus."""
    for _ in range(most):
        press(page, "Tab")
        if focused(page) == words:
            return
    pytest.fail(f"{words!r} is not reached by keyboard")
