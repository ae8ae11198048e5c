"""Settings of a home: events that belong to no policy, and what holds after them."""

from collections.abc import Callable
from typing import Any

import pytest

from policies.change import Configure, Publish, Undo
from policies.errors import ChangeRefused, LedgerTooNew
from policies.event import Event
from policies.home_settings import ApprovalRule, HomeSettings, settings_after

MakeDraft = Callable[..., Any]


def test_home_without_settings_reads_dates_in_utc_and_asks_for_no_approval() -> None:
    held = settings_after([])
    assert held == HomeSettings("UTC", ())
    assert not held.approval_required("P-7")
    assert held.content() == {"timezone": "UTC", "approval": []}


def test_setting_is_an_event_of_no_policy_that_paints_nothing(paper: Any) -> None:
    [step] = paper.record(Configure(timezone="America/New_York", author="ada", note="our office")).steps
    event = step.event
    assert (event.kind, event.policy_id, event.revision, event.painted) == ("settings", "", None, ())
    assert (event.settings, event.author, event.note) == ({"timezone": "America/New_York"}, "ada", "our office")
    assert Event.from_content(event.content()) == event
    assert paper.timeline.settings == HomeSettings("America/New_York", ())
    assert paper.timeline.policies == {}


def test_setting_what_holds_already_records_nothing(paper: Any) -> None:
    paper.record(Configure(approval="required", policies="HR-*"))
    assert paper.record(Configure(approval="required", policies="HR-*")).steps == ()
    assert paper.record(Configure(timezone="UTC")).steps == ()


def test_last_pattern_that_matches_decides(paper: Any) -> None:
    paper.record(Configure(approval="required"))
    paper.record(Configure(approval="optional", policies="HR-*"))
    held = paper.timeline.settings
    assert held.approval == (ApprovalRule("*", True), ApprovalRule("HR-*", False))
    assert held.approval_required("P-7")
    assert not held.approval_required("HR-2")
    paper.record(Configure(approval="optional"))
    assert paper.timeline.settings.approval == (ApprovalRule("*", False),)


def test_same_pattern_again_takes_the_place_of_the_first(paper: Any) -> None:
    for policies in ("P-*", "P-7", "P-*"):
        paper.record(Configure(approval="required" if policies == "P-7" else "optional", policies=policies))
    assert paper.timeline.settings.approval == (ApprovalRule("P-7", True), ApprovalRule("P-*", False))
    assert not paper.timeline.settings.approval_required("P-7")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "New York"])
def test_zone_that_does_not_exist_is_refused(paper: Any, name: str) -> None:
    with pytest.raises(ChangeRefused, match="no time zone"):
        paper.record(Configure(timezone=name))


def test_approval_is_required_or_optional(paper: Any) -> None:
    with pytest.raises(ChangeRefused, match="required or optional, not 'maybe'"):
        paper.record(Configure(approval="maybe"))


def test_setting_is_set_back_and_not_undone(paper: Any, draft: MakeDraft) -> None:
    paper.record(Publish(draft("One.", "2025-01-01")))
    paper.record(Configure(timezone="Europe/Berlin"))
    with pytest.raises(ChangeRefused, match="`asof settings` shows what holds"):
        paper.record(Undo(2))


def test_pattern_holds_whatever_letters_an_id_is_written_in(paper: Any) -> None:
    paper.record(Configure(approval="required", policies="HR-*"))
    assert [paper.timeline.settings.approval_required(name) for name in ("HR-1", "hr-1", "Hr-1", "P-7")] == [
        True,
        True,
        True,
        False,
    ]


def test_zone_that_this_machine_does_not_know_is_told_as_such() -> None:
    with pytest.raises(LedgerTooNew, match="Mars/Olympus, is in no database of this machine"):
        _ = HomeSettings("Mars/Olympus").calendar
