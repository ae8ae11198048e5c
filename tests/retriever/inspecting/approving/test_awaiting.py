"""Drafts as their reader may know of them: a page of many reads what it shows, and no more."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from policies.approving.authority import Authority
from policies.change import Approve
from policies.event import Event
from policies.home_settings import HOME
from policies.ledger import Ledger
from policies.revision import Draft
from policies.storage.ledger_store import LedgerStore
from retriever.access.keys import Key
from retriever.access.permissions import Role
from retriever.inspecting.approving.awaiting import Viewer, drafts_page, listed_drafts, viewer_of
from tests.retriever.homes import Clock

ANN = Authority("Ann Lee", approves=True)


class Read(Ledger):
    """A ledger that notes the policies whose events are read."""

    def __init__(self, store: LedgerStore, clock: Clock) -> None:
        super().__init__(store, clock)
        self.read: list[str] = []

    def policy_events(self, policy_id: str) -> list[Event]:
        self.read.append(policy_id)
        return super().policy_events(policy_id)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Read]:
    """Two drafts of each of P-1, P-2 and P-3, and one of P-4 that was published."""
    with closing(Read(LedgerStore.open(tmp_path / "home", create=True), Clock("2025-06-01"))) as opened:
        for number in (1, 2, 3):
            words = Draft(f"P-{number}", "Title", "Words.", "file")
            opened.drafts.keep_all([words, replace(words, text="Other words.")], "Bo Chen")
        last = opened.drafts.keep(Draft("P-4", "Title", "Words.", "file"), "Bo Chen")
        handed_in = opened.drafts.submit(last.id, "Bo Chen")
        opened.record(opened.propose([Approve(last.id, ANN, handed_in.digest())]), [[]], "none")
        opened.read.clear()
        yield opened


def test_a_page_reads_the_settings_once_and_the_policies_that_it_shows(ledger: Read) -> None:
    first, *_ = ledger.drafts.open()
    page = drafts_page(ledger, Viewer(), None, 1)
    assert ([it["id"] for it in page["drafts"]], page["next"]) == ([first.id], first.id)
    assert ledger.read == [HOME, first.policy_id]


def test_all_that_is_listed_reads_the_settings_and_each_policy_once(ledger: Read) -> None:
    listed = listed_drafts(ledger, Viewer())["drafts"]
    assert [it["policy_id"] for it in listed] == ["P-1", "P-1", "P-2", "P-2", "P-3", "P-3"]
    assert sorted(ledger.read) == sorted([HOME, "P-1", "P-2", "P-3"])


def test_pages_follow_each_other_by_id_until_there_is_no_next(ledger: Read) -> None:
    pages, after = [], None
    while True:
        page = drafts_page(ledger, Viewer(), after, 4)
        pages.append([it["id"] for it in page["drafts"]])
        if (after := page["next"]) is None:
            break
    assert [len(ids) for ids in pages] == [4, 2]
    assert [each for ids in pages for each in ids] == [kept.id for kept in ledger.drafts.open()]


def test_a_published_draft_is_not_open(ledger: Read) -> None:
    assert len(ledger.drafts.all()) == 7
    assert {kept.policy_id for kept in ledger.drafts.open()} == {"P-1", "P-2", "P-3"}


def test_a_viewer_is_whom_the_key_names_in_commands_and_over_http() -> None:
    key = Key("1a2b3c4d", Role.APPROVER, ("public",), 0, person="Ann Lee")
    assert viewer_of(key, ("public",)) == Viewer(("public",), "Ann Lee", approves=True)
    assert viewer_of(replace(key, role=Role.AUTHOR), None) == Viewer(None, "Ann Lee")
    assert viewer_of(None, ("public",)) == Viewer(("public",), all_states=True)
