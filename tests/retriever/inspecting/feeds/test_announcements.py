"""When an announcement became what it is: whatever changed it moves its date and its number, and nothing else does."""

import pytest

from policies.change import Describe, Erase, Restrict, Undo, Withdraw
from policies.instant import format_instant, parse_instant
from policies.revision import VersionId
from retriever.inspecting.feeds.announcements import Announcement, announced
from tests.retriever.homes import Home

NOW = parse_instant("2025-02-01")
BEGINS, REVIEW, ENDS = "P-7@2 begins", "P-7@1 is to be reviewed", "P-8@1 is withdrawn"


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7@1 to be reviewed on 2025-02-20 (tx 1), P-7@2 from 2025-03-01 (2), P-8@1 (3), withdrawn at 2025-02-10 (4)."""
    home.publish("P-7", "Seven days.", "2024-01-01", recorded="2024-11-01", review_by="2025-02-20")
    home.publish("P-7", "Ninety days.", "2025-03-01", recorded="2024-12-01")
    home.publish("P-8", "Gifts.", "2024-01-01", recorded="2025-01-01")
    home.write(Withdraw("P-8", parse_instant("2025-02-10")), recorded="2025-01-03")
    home.clock.set("2025-01-20")
    return home


def told(home: Home, *labels: str) -> dict[str, Announcement]:
    """What is announced, by its summary without the title."""
    found = announced(home.asof.ledger, NOW, labels or None).items
    return {item.summary.partition(":")[0]: item for item in found}


def made_by(home: Home, *labels: str) -> dict[str, int]:
    """The event that each announcement is by."""
    return {name: item.tx for name, item in told(home, *labels).items()}


def test_an_announcement_is_by_the_event_that_decided_it(shop: Home) -> None:
    assert made_by(shop) == {ENDS: 4, REVIEW: 1, BEGINS: 2}
    assert format_instant(told(shop)[BEGINS].changed) == "2024-12-01T00:00:00Z"


def test_a_description_that_moves_a_review_moves_its_announcement_and_keeps_its_id(shop: Home) -> None:
    before = told(shop)[REVIEW]
    shop.write(Describe("P-7", review_by=parse_instant("2025-02-25")))
    after = told(shop)[REVIEW]
    assert (after.id, after.tx, format_instant(after.at)) == (before.id, 5, "2025-02-25T00:00:00Z")
    assert format_instant(after.changed) == "2025-01-20T00:00:00Z"
    assert after.detail == "P-7@1 is to be read again by 2025-02-25."
    assert made_by(shop)[BEGINS] == 2


def test_what_changes_no_word_of_an_announcement_moves_none(shop: Home) -> None:
    shop.write(Describe("P-7", owner="returns"))
    shop.publish("P-7", "A hundred days.", "2025-06-01")
    shop.publish("P-9", "New.", "2024-01-01")
    assert made_by(shop) == {ENDS: 4, REVIEW: 1, BEGINS: 6, "P-7@3 begins": 6}
    assert told(shop)[BEGINS].detail.endswith("in place of P-7@1, through 2025-05-31.")


def test_a_later_overlay_moves_the_announcement_that_it_cuts_short(shop: Home) -> None:
    shop.publish("P-7", "Easter.", "2025-04-01", until="2025-05-01")
    assert told(shop)[BEGINS].detail.endswith("in place of P-7@1, through 2025-03-31.")
    assert made_by(shop) == {ENDS: 4, REVIEW: 1, BEGINS: 5, "P-7@3 begins": 5, "P-7@2 returns": 5}
    shop.write(Undo(5))
    assert (told(shop)[BEGINS].detail, made_by(shop)[BEGINS]) == (
        "P-7@2 begins on 2025-03-01, in place of P-7@1.",
        6,
    )


def test_an_overlay_at_its_start_moves_when_it_begins_and_keeps_its_id(shop: Home) -> None:
    before = told(shop)[BEGINS]
    shop.publish("P-7", "Spring.", "2025-03-01", until="2025-03-08")
    after = told(shop)[BEGINS]
    assert (after.id, after.tx, format_instant(after.at)) == (before.id, 5, "2025-03-08T00:00:00Z")


def test_an_undo_that_leaves_nothing_before_it_moves_what_came_in_its_place(shop: Home) -> None:
    shop.write(Undo(1))
    assert told(shop)[BEGINS].detail == "P-7@2 begins on 2025-03-01."
    assert made_by(shop) == {ENDS: 4, BEGINS: 5}


def test_a_restriction_moves_what_it_changes_for_those_whom_it_concerns(shop: Home) -> None:
    shop.write(Restrict(VersionId("P-7", 1), ("legal",)))
    assert made_by(shop, "public") == {ENDS: 4, BEGINS: 5}
    assert made_by(shop, "legal", "public") == {ENDS: 4, REVIEW: 1, BEGINS: 2}


def test_an_erasure_moves_what_loses_its_title(shop: Home) -> None:
    assert told(shop)[ENDS].summary == "P-8@1 is withdrawn: Title of P-8"
    shop.write(Erase(VersionId("P-8", 1), "court"))
    assert (told(shop)[ENDS].summary, made_by(shop)[ENDS]) == ("P-8@1 is withdrawn", 5)


def test_a_description_that_the_caller_is_not_told_of_moves_nothing_for_them(shop: Home) -> None:
    shop.publish("P-7", "Secret days.", "2026-01-01", audience="[legal]")
    shop.write(Describe("P-7", review_by=parse_instant("2025-02-25")))
    assert (made_by(shop, "public")[REVIEW], made_by(shop)[REVIEW]) == (1, 6)


def test_it_does_not_matter_when_the_question_is_asked(shop: Home) -> None:
    shop.publish("P-7", "Easter.", "2025-04-01", until="2025-05-01")
    days = [parse_instant(f"2025-02-{day:02}") for day in range(1, 20)]
    found = {item for day in days for item in announced(shop.asof.ledger, day).items if item.summary[:3] == "P-7"}
    assert len(found) == 4
