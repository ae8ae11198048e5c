"""An admin's keys and an approver's sign-off in a browser: by keyboard, without JavaScript, at several widths."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Run
from tests.e2e.pages.conftest import Opened
from tests.e2e.pages.seeing import holds, sees
from tests.e2e.pages.test_reading import press, tab_to
from tests.e2e.serving import serving_here

pytestmark = pytest.mark.browser

PEOPLE = {"ada": ("admin", "Ada Min"), "ann": ("approver", "Ann Lee")}
TEXT = re.compile(r"\basof_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\b")
FORCED = 'within 21 days are eligible.\n\n- A photo <img src="https://evil.example/x.png">\n'


@pytest.fixture
def force(office: Path, keys: dict[str, str], run: Run, tmp_path: Path) -> Any:
    """Publishes without an approval; gives the transaction."""

    def published(effective: str) -> str:
        front = f"---\npolicy: P-7\ntitle: Damaged items\neffective: {effective}\n---\n"
        (tmp_path / "p7.md").write_text(f"{front}# Damaged items\n\nDamaged items {FORCED}")
        why, env = ("--force", "--reason", "a recall of lamps"), {"ASOF_KEY": keys["ada"]}
        said = run("publish", tmp_path / "p7.md", *why, "--home", office, env=env).stdout
        found = re.search(r"transaction (\d+)", said)
        assert found is not None
        return found[1]

    return published


def test_a_key_is_made_copied_used_and_revoked_by_keyboard_alone(signed_in: Any, opened: Opened, desk: Any) -> None:
    with signed_in("ada", permissions=["clipboard-read", "clipboard-write"]) as page:
        tab_to(page, "Keys")
        press(page, "Enter")
        page.wait_for_url("**/keys")
        tab_to(page, "Make a key")
        press(page, "Enter")
        page.wait_for_url("**/keys/new")
        for _ in range(60):
            press(page, "Tab")
            if page.evaluate("document.activeElement.id") == "role":
                break
        page.keyboard.type("reader")
        press(page, "Tab")
        page.keyboard.type("Bo Chen")
        press(page, "Enter")
        page.wait_for_selector(".secret")
        assert page.url.endswith("/keys/new")
        tab_to(page, "Copy the key")
        press(page, "Enter")
        page.wait_for_selector("text=Copied")
        text = page.evaluate("navigator.clipboard.readText()")
        assert TEXT.fullmatch(text)
        tab_to(page, "All keys")
        press(page, "Enter")
        page.wait_for_url("**/keys")
        assert text.split("_", 2)[2] not in page.content()
        with opened(client=desk) as theirs:
            theirs.goto("/sign-in")
            theirs.fill("[name=key]", text)
            theirs.press("[name=key]", "Enter")
            theirs.wait_for_url("**/")
            tab_to(page, f"Revoke key {text.split('_')[1]}", 90)
            press(page, "Enter")
            page.wait_for_url("**/revoke")
            tab_to(page, f"Revoke key {text.split('_')[1]} for good")
            press(page, "Enter")
            page.wait_for_url("**/keys?revoked=*")
            sees(page, ".did", "Bo Chen is revoked since")
            theirs.goto("/")
            assert "/sign-in" in theirs.url


def test_two_presses_make_one_key_and_its_text_stays_on_the_page(signed_in: Any, office: Path) -> None:
    with signed_in("ada") as page:
        page.goto("/keys/new")
        page.select_option("#role", "reader")
        page.dblclick("text=Make it and show it once")
        page.wait_for_selector(".secret")
        page.wait_for_timeout(300)
        sees(page, ".secret code", TEXT)
        page.go_back()
        page.wait_for_selector("#role")
        assert not TEXT.search(page.content())


def test_a_key_is_made_and_revoked_without_javascript(signed_in: Any) -> None:
    with signed_in("ada", java_script_enabled=False) as page:
        page.click("text=Keys")
        page.click("text=Make a key")
        page.select_option("#role", "approver")
        page.fill("#note", "a night watch")
        page.click("text=Make it and show it once")
        sees(page, "[role=alert]", "names who holds it")
        holds(page, "#note", "a night watch")
        page.fill("#person", "Cy Doe")
        page.click("text=Make it and show it once")
        sees(page, ".secret code", TEXT)
        page.click("text=Revoke it")
        sees(page, "main", "Every browser that is signed in with it")
        page.click("button:has-text('for good')")
        sees(page, ".did", "Cy Doe is revoked since")


def test_what_was_forced_is_read_and_signed_off_without_javascript(signed_in: Any, force: Any) -> None:
    tx = force("2087-01-01")
    with signed_in("ann", java_script_enabled=False) as page:
        page.click("text=Approvals")
        page.click(f"a[href='/changes/{tx}/sign-off']")
        sees(page, ".banner", "a recall of lamps")
        sees(page, ".change ins >> nth=0", "21")
        page.fill("#note", "read, and right")
        page.click("button:has-text('Sign off')")
        sees(page, ".banner", "signed off by Ann Lee: “read, and right”")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (800, "dark"), (600, "light"), (320, "dark")])
def test_no_page_of_keys_or_of_a_sign_off_keeps_anyone_out_or_runs_over_its_edge(
    signed_in: Any, force: Any, keys: dict[str, str], width: int, scheme: str
) -> None:
    """axe-core finds nothing on any of them; 600 pixels are 1200 at a zoom of 200%."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    found: dict[str, Any] = {}

    def look(page: Any) -> None:
        result = axe.run(page).response["violations"]
        found.update({f"{page.url} {it['id']}": [node["html"][:200] for node in it["nodes"]] for it in result})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    tx = force(f"{2000 + width // 20}-{1 if scheme == 'light' else 2:02}-01")
    with signed_in("ada", width, color_scheme=scheme) as ada, signed_in("ann", width, color_scheme=scheme) as ann:
        ada.goto("/keys/new")
        look(ada)
        ada.select_option("#role", "approver")
        ada.click("text=Make it and show it once")
        ada.wait_for_selector("[role=alert]")
        look(ada)
        ada.select_option("#role", "feed")
        ada.fill("#note", "the calendar of everything that returns, for the people of the warehouse")
        ada.fill("#expires", "2090-01-01")
        ada.click("text=Make it and show it once")
        ada.wait_for_selector(".secret button")
        look(ada)
        ada.click("text=Revoke it")
        ada.wait_for_url("**/revoke")
        look(ada)
        ada.click("button:has-text('for good')")
        ada.wait_for_url("**/keys?revoked=*")
        look(ada)
        for address in (f"/keys/{keys['ada'].split('_')[1]}/revoke", "/approvals", f"/changes/{tx}/sign-off", "/log"):
            ada.goto(address)
            look(ada)
        for address in ("/approvals", f"/changes/{tx}", f"/changes/{tx}/sign-off"):
            ann.goto(address)
            look(ann)
        ann.click("button:has-text('Sign off')")
        ann.wait_for_url(re.compile(r"/changes/\d+$"))
        look(ann)
        ann.goto(f"/changes/{tx}/sign-off")
        look(ann)
    assert found == {}


def test_the_first_key_is_made_where_there_is_none(opened: Opened, home: Path, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    shutil.copytree(home, tmp_path / "home")
    with serving_here(tmp_path / "home") as client, opened(client=client) as page:
        page.goto("/keys")
        page.click("text=Make the first key")
        assert axe.run(page).response["violations"] == []
        page.fill("#person", "Ada Min")
        page.click("text=Make it and show it once")
        page.wait_for_selector(".secret button")
        assert axe.run(page).response["violations"] == []
        text = page.inner_text(".secret code")
        page.click("text=sign in with this key")
        page.fill("[name=key]", text)
        page.press("[name=key]", "Enter")
        page.wait_for_url("**/keys")
        sees(page, "table", "Ada Min (you)")
        page.click("text=Sign out")
        page.goto("/keys")
        sees(page, ".refused", "takes one of role admin")
        assert axe.run(page).response["violations"] == []
    with serving_here(tmp_path / "home") as client, opened(client=client) as page:
        page.goto("/")
        assert "/sign-in" in page.url
