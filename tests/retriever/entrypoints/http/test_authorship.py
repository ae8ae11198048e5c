"""What becomes of a draft that one person publishes while another edits it, and where the index fails."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.errors import NotSearchable
from policies.approving.kept_draft import KeptDraft
from policies.errors import ChangeRefused, UnknownDraft
from policies.revision import VersionId
from policies.storage.writer_lock import writer_lock
from retriever.access.permissions import Role
from retriever.entrypoints.http.access import Caller
from retriever.entrypoints.http.authorship import Author
from tests.retriever.homes import Home, draft
from tests.retriever.live.test_behind import LONG, little_room


def author(home: Home, person: str) -> Author:
    """Somebody who writes, in a process of their own as far as the ledger can tell."""
    return Author(home.open(), Caller(home.asof.key_ring.create(Role.AUTHOR, person=person)[0]))


def keep(writes: Author, policy: str, words: str) -> KeptDraft:
    return writes.keep(draft(policy, words, "2024-01-01"), None, replace_scheduled=False)


def outcome(work: Callable[[], object]) -> str:
    try:
        work()
    except (ChangeRefused, UnknownDraft) as error:
        return type(error).__name__
    return "done"


@pytest.mark.parametrize("number", range(6))
def test_an_edit_beside_a_publish_is_kept_or_refused_and_never_lost(home: Home, number: int) -> None:
    """Whoever comes first, what was acknowledged is there afterwards."""
    home.publish("P-1", "Damaged items within 7 days.", "2024-01-01")
    bo, again = author(home, "Bo Chen"), author(home, "Bo Chen")
    kept = keep(bo, "P-2", "One.")

    def edit() -> object:
        return again.edit(kept.id, draft("P-2", "Two.", "2024-01-01"), None, replace_scheduled=False)

    with ThreadPoolExecutor() as threads:
        with writer_lock(home.path):  # so that both have begun before either writes
            published = threads.submit(outcome, lambda: bo.publish_unapproved(kept.id, kept.digest(), None))
            edited = threads.submit(outcome, edit)
            time.sleep(0.3)
        said = (published.result(), edited.result())
    timeline = home.asof.ledger.timeline()
    if said[1] == "done":
        assert said[0] == "ChangeRefused"
        assert home.asof.drafts().find(kept.id).draft.text.endswith("Two.\n")
        assert "P-2" not in timeline.policies
    else:
        assert said == ("done", "UnknownDraft")
        assert home.asof.drafts().all() == []
        assert home.asof.ledger.revision(VersionId("P-2", 1), timeline).text.endswith("One.\n")


def test_a_draft_that_is_recorded_and_not_yet_searchable_is_gone(home: Home) -> None:
    """So nobody publishes its words a second time."""
    home.publish("P-1", "Damaged items within 7 days.", "2024-01-01")
    bo = author(home, "Bo Chen")
    kept = keep(bo, "P-2", LONG)
    with little_room(), pytest.raises(NotSearchable, match=r"P-2@1 \(transaction 2\) is recorded"):
        bo.publish_unapproved(kept.id, kept.digest(), None)
    assert home.asof.drafts().all() == []


def test_an_approved_draft_is_published_as_it_was_read(home: Home) -> None:
    home.publish("P-1", "Damaged items within 7 days.", "2024-01-01")
    bo = author(home, "Bo Chen")
    ann = Author(home.asof, Caller(home.asof.key_ring.create(Role.APPROVER, person="Ann Lee")[0]))
    read = bo.submit(keep(bo, "P-2", "One.").id, None)
    ann.approve_for_later(read.id, read.digest(), None)
    bo.edit(read.id, draft("P-2", "Two.", "2024-01-01"), None, replace_scheduled=False)
    now = bo.submit(read.id, None)
    ann.approve_for_later(now.id, now.digest(), None)
    with pytest.raises(ChangeRefused, match="has other words than those you name"):
        bo.publish(read.id, read.digest(), None)
    assert home.asof.drafts().find(read.id).state == "approved"
    assert bo.publish(now.id, now.digest(), None).events[0].revision == 1
