"""What was done: every event with who, when, what and why, for those who may know of it."""

from typing import Any

import pytest

from policies.change import Configure, Correct, Erase, Publish, Restore, Restrict, Unschedule, Withdraw
from policies.errors import UnknownPolicy
from policies.event import Event
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.errors import BadQuery
from retriever.inspecting.log import (
    changes_page,
    commit_page,
    history_with_events,
    is_commit_of,
    log_page,
    newest_commit_of,
    set_values,
    shown_events,
)
from tests.retriever.homes import Home, draft


@pytest.fixture
def shop(home: Home) -> Home:
    """Publish P-7@1, withdraw it, restore it, publish P-8@1, restrict and then erase it: transactions 1 to 6."""
    home.publish("P-7", "Seven days.", "2024-01-01", recorded="2025-01-01", note="first", owner="returns")
    home.write(Withdraw("P-7", parse_instant("2025-06-01"), note="merged", author="ada"), recorded="2025-01-02")
    home.write(Restore("P-7", parse_instant("2025-07-01"), author="bob"), recorded="2025-01-03")
    home.publish("P-8", "Gifts.", "2024-01-01", recorded="2025-01-04", note="gifts", review_by="2026-01-01")
    home.write(Restrict(VersionId("P-8", 1), ("legal",), note="ours"), recorded="2025-01-05")
    home.write(Erase(VersionId("P-8", 1), "court order", author="cy"), recorded="2025-01-06")
    return home


def told(home: Home, *labels: str, policy: str | None = None, **given: Any) -> list[tuple[int, str, str | None]]:
    found = log_page(home.asof.ledger, policy, labels or None, **given)
    return [(event["tx"], event["kind"], event["author"]) for event in found["events"]]


def test_a_correction_says_why_beside_the_note_of_the_file(home: Home) -> None:
    home.publish("P-7", "Three days.", "2024-01-01", note="of the file")
    words = draft("P-7", "Thirty days.", "2024-01-01", note="of the new file")
    home.write(Correct(VersionId("P-7", 1), words, "30 days, not 3"))
    assert [event["note"] for event in log_page(home.asof.ledger)["events"]] == ["30 days, not 3", "of the file"]


def test_every_event_is_listed_the_newest_first(shop: Home) -> None:
    assert told(shop) == [
        (6, "erase", "cy"),
        (5, "restrict", None),
        (4, "publish", None),
        (3, "restore", "bob"),
        (2, "withdraw", "ada"),
        (1, "publish", None),
    ]


def test_an_event_says_who_when_what_and_why(shop: Home) -> None:
    events = log_page(shop.asof.ledger)["events"]
    assert events[4] == {
        "tx": 2,
        "commit": 2,
        "recorded_at": "2025-01-02T00:00:00Z",
        "kind": "withdraw",
        "policy_id": "P-7",
        "revision": None,
        "version": None,
        "title": None,
        "erased": False,
        "author": "ada",
        "note": "merged",
        "owner": None,
        "review_by": None,
        "clears": [],
        "audience": [],
        "corrects": None,
        "undoes": [],
        "periods": [{"revision": None, "valid_from": "2025-06-01T00:00:00Z", "valid_to": None}],
        "approval": None,
        "forced": None,
    }
    assert (events[5]["version"], events[5]["note"], events[5]["owner"]) == ("P-7@1", "first", "returns")
    assert (events[1]["note"], events[1]["audience"], events[1]["periods"]) == ("ours", ["legal"], [])
    assert (events[0]["note"], events[0]["erased"]) == ("court order", True)


def test_the_note_of_a_publish_goes_with_its_words(shop: Home) -> None:
    published = log_page(shop.asof.ledger)["events"][2]
    assert (published["title"], published["note"], published["erased"]) == (None, None, True)
    assert published["review_by"] == "2026-01-01T00:00:00Z"


def test_pages_follow_each_other(shop: Home) -> None:
    ledger = shop.asof.ledger
    first = log_page(ledger, limit=4)
    assert first["next"] == 3
    assert told(shop, before=3, limit=4) == [(2, "withdraw", "ada"), (1, "publish", None)]
    assert log_page(ledger, before=3, limit=2)["next"] is None
    assert log_page(ledger, before=1)["events"] == []


def test_one_policy_and_a_period_may_be_asked_about(shop: Home) -> None:
    assert [tx for tx, _, _ in told(shop, policy="P-7")] == [3, 2, 1]
    assert [tx for tx, _, _ in told(shop, since="2025-01-02", until="2025-01-05")] == [4, 3, 2]
    with pytest.raises(UnknownPolicy, match="P-404"):
        told(shop, policy="P-404")


def test_history_has_the_same_events_in_the_order_of_recording(shop: Home) -> None:
    history = history_with_events(shop.asof.ledger, "P-7")
    assert history["events"] == log_page(shop.asof.ledger, "P-7")["events"][::-1]


def test_pages_of_a_history_are_together_the_whole_of_it(shop: Home) -> None:
    shop.write(Publish(draft("P-7", "Secret.", "2026-01-01", audience="[legal]")))
    shop.write(Publish(draft("P-7", "Later.", "2027-01-01")))
    ledger = shop.asof.ledger
    for audience in (None, ("public",), ("public", "legal")):
        whole = history_with_events(ledger, "P-7", audience)
        assert whole["next"] is None
        pages, after = list[dict[str, Any]](), 0
        while not pages or pages[-1]["next"] is not None:
            pages.append(history_with_events(ledger, "P-7", audience, after, 1))
            after = pages[-1]["next"]
        assert [len(page["events"]) for page in pages] == [1] * len(whole["events"])
        assert [event for page in pages for event in page["events"]] == whole["events"]
        periods = [period for page in pages for period in page["periods"]]
        assert sorted(periods, key=str) == sorted(whole["periods"], key=str)
        assert {page["revisions"] for page in pages} == {whole["revisions"]}


def test_what_the_caller_may_not_read_is_in_no_log(shop: Home) -> None:
    assert [tx for tx, _, _ in told(shop, "public")] == [3, 2, 1]
    with pytest.raises(UnknownPolicy, match="P-8"):
        told(shop, "public", policy="P-8")
    assert [tx for tx, _, _ in told(shop, "public", "legal")] == [6, 5, 4, 3, 2, 1]


def test_of_a_policy_that_the_caller_reads_in_part_the_log_tells_that_part(shop: Home) -> None:
    """Who withdrew it and why stay untold: the reason may speak of the rest."""
    secret = Publish(draft("P-7", "Secret.", "2026-01-01", audience="[legal]", note="for the merger"))
    shop.write(secret)
    shop.write(Withdraw("P-7", parse_instant("2027-01-01"), note="merger done", author="ada"))
    shop.write(Restore("P-7", parse_instant("2027-02-01"), author="bob"))  # which brings only P-7@2 back
    assert told(shop, "public", policy="P-7") == [
        (8, "withdraw", None),
        (3, "restore", None),
        (2, "withdraw", None),
        (1, "publish", None),
    ]
    assert "merge" not in str(log_page(shop.asof.ledger, "P-7", ("public",)))
    assert "2026-01-01" not in str(history_with_events(shop.asof.ledger, "P-7", ("public",))["events"])
    assert [tx for tx, _, _ in told(shop, "public", "legal", policy="P-7")] == [9, 8, 7, 3, 2, 1]


def test_an_event_of_an_unknown_kind_is_told_only_to_those_who_read_all_of_its_policy(shop: Home) -> None:
    timeline = shop.asof.ledger.timeline()
    event = Event(9, 0, "foretold", "P-7", None, (), "ada", "why", "")  # type: ignore[arg-type]
    assert list(shown_events([event], timeline, ("public",))) == [event]
    shop.write(Publish(draft("P-7", "Secret.", "2026-01-01", audience="[legal]")))
    assert list(shown_events([event], shop.asof.ledger.timeline(), ("public",))) == []


def test_events_of_one_commit_bear_its_number_and_say_what_they_correct_and_take_back(home: Home) -> None:
    home.write(Publish(draft("P-1", "One.", "2024-01-01")), Publish(draft("P-2", "Tow.", "2030-01-01")))
    home.write(Correct(VersionId("P-2", 1), draft("P-2", "Two.", "2030-01-01")))
    home.write(Unschedule(VersionId("P-2", 2)))
    found = log_page(home.asof.ledger)["events"]
    assert [(each["tx"], each["commit"], each["corrects"], each["undoes"]) for each in found] == [
        (4, 4, None, [2, 3]),
        (3, 3, "P-2@1", []),
        (2, 1, None, []),
        (1, 1, None, []),
    ]
    assert [each["commit"] for each in history_with_events(home.asof.ledger, "P-2")["events"]] == [1, 3, 4]
    assert [each["commit"] for each in log_page(home.asof.ledger, limit=1, before=3)["events"]] == [1]


def test_what_a_caller_may_not_read_is_in_no_commit_correction_or_undo_of_theirs(home: Home) -> None:
    home.write(
        Publish(draft("S-1", "Secret.", "2024-01-01", audience="[legal]")), Publish(draft("P-2", "Tow.", "2030-01-01"))
    )
    home.write(Restrict(VersionId("P-2", 1), ("legal",)))
    home.write(Correct(VersionId("P-2", 1), draft("P-2", "Two.", "2030-01-01")))
    home.write(Unschedule(VersionId("P-2", 2)))
    page = changes_page(home.asof.ledger, ("public",), 0, 9, 9)["events"]
    told = [(each["tx"], each["commit"], each["corrects"], each["undoes"]) for each in page]
    assert told == [(4, 4, None, []), (5, 5, None, [4])]
    home.write(Restrict(VersionId("P-2", 1), ("public",)))
    [first, *_] = changes_page(home.asof.ledger, ("public",), 0, 2, 9)["events"]
    assert (first["tx"], first["commit"]) == (2, 2)


def test_the_newest_commit_that_is_wholly_a_callers_is_found_behind_others(home: Home) -> None:
    home.publish("P-1", "One.", "2024-01-01")
    home.write(Publish(draft("P-1", "Two.", "2025-01-01")), Publish(draft("S-1", "Secret.", "2024-01-01")))
    home.publish("S-1", "Secret again.", "2025-01-01")
    ledger = home.asof.ledger
    assert newest_commit_of(ledger, lambda policy_id: policy_id == "P-1") == 1
    assert newest_commit_of(ledger, lambda policy_id: True) == 4
    assert newest_commit_of(ledger, lambda policy_id: False) is None
    assert is_commit_of(ledger, 3, lambda policy_id: policy_id == "P-1") is False
    assert is_commit_of(ledger, 9, lambda policy_id: True) is False


def test_settings_are_told_to_those_who_operate_and_leave_no_trace_for_others(home: Home) -> None:
    home.write(Publish(draft("S-1", "Secret.", "2024-01-01", audience="[legal]")), recorded="2025-01-01")
    home.write(Configure(timezone="Europe/Berlin", note="moved", author="ada"), recorded="2025-01-02")
    home.publish("P-1", "One.", "2024-01-01", recorded="2025-01-03")
    ledger, public = home.asof.ledger, ("public",)
    assert told(home, *public) == [(3, "publish", None)]
    assert told(home, *public, operates=True) == [(3, "publish", None), (2, "settings", "ada")]
    page = log_page(ledger, None, public, limit=1, operates=True)
    assert (len(page["events"]), page["next"]) == (1, 3)
    assert log_page(ledger, None, public, limit=1)["next"] is None
    [event] = log_page(ledger, None, public, before=3, operates=True)["events"]
    assert (event["settings"], event["note"], event["commit"]) == ({"timezone": "Europe/Berlin"}, "moved", 2)
    assert told(home, *public, operates=True, policy="P-1") == [(3, "publish", None)]
    assert [it["tx"] for it in commit_page(ledger, 2, public, 9, operates=True)["events"]] == [2]
    assert commit_page(ledger, 2, public, 9) == {"events": [], "more": 0}
    assert commit_page(ledger, 1, public, 9, operates=True)["events"] == []


def test_what_a_setting_sets_is_told_in_a_line() -> None:
    assert set_values({"approval": "required", "policies": "HR-*"}) == "approval required for HR-*"
    assert set_values({"timezone": "Europe/Berlin"}) == "timezone Europe/Berlin"


def test_a_period_that_ends_before_it_begins_is_refused(shop: Home) -> None:
    with pytest.raises(BadQuery, match="until: 2025-01-01T00:00:00Z is not after since, 2025-01-02T00:00:00Z"):
        log_page(shop.asof.ledger, since="2025-01-02", until="2025-01-01")


def test_one_commit_is_shown_by_any_of_its_transactions_and_only_what_the_caller_may_know(home: Home) -> None:
    words = [draft("P-7", "Seven.", "2024-01-01"), draft("S-1", "Secret.", "2024-01-01", audience="[legal]")]
    home.write(*map(Publish, words), recorded="2025-01-01")

    def shown(tx: int, *labels: str) -> list[str]:
        return [event["version"] for event in commit_page(home.asof.ledger, tx, labels, 10)["events"]]

    assert shown(1, "public", "legal") == shown(2, "public", "legal") == ["P-7@1", "S-1@1"]
    assert shown(1, "public") == ["P-7@1"]
    assert shown(2, "public") == shown(3, "public") == []
    first = commit_page(home.asof.ledger, 2, ("public", "legal"), 1)
    assert ([event["version"] for event in first["events"]], first["more"]) == (["P-7@1"], 1)
