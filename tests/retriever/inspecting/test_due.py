"""What asks for an author: reviews, ends that nothing follows, gaps, withdrawn policies that others refer to."""

from typing import Any

import pytest

from policies.change import Describe, Erase, Restrict, Undo, Withdraw
from policies.errors import UnknownPolicy
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.errors import BadQuery
from retriever.inspecting.due import due_items
from tests.retriever.homes import Home

NOW = parse_instant("2025-02-01")
PUBLIC = ("public",)


def told(home: Home, *labels: str, **given: Any) -> list[tuple[str, str, str]]:
    found = due_items(home.asof.ledger, NOW, labels or None, **given)
    return [(each["at"][:10], each["version"], each["kind"]) for each in found["due"]]


def test_a_review_is_overdue_from_its_date_on_and_due_soon_in_the_days_before(home: Home) -> None:
    home.publish("P-1", "One.", "2024-01-01", review_by="2025-02-01")
    home.publish("P-2", "Two.", "2024-01-01", review_by="2025-02-02")
    home.publish("P-3", "Three.", "2024-01-01", review_by="2025-03-02T23:59:59Z")
    home.publish("P-4", "Four.", "2024-01-01", review_by="2025-03-03")
    assert told(home) == [
        ("2025-02-01", "P-1@1", "review_overdue"),
        ("2025-02-02", "P-2@1", "review_soon"),
        ("2025-03-02", "P-3@1", "review_soon"),
    ]
    assert told(home, within=1) == [("2025-02-01", "P-1@1", "review_overdue")]
    assert [kind for _, _, kind in told(home, as_of="2026-01-01")] == ["review_overdue"] * 4


def test_a_policy_whose_only_publish_was_undone_is_not_due_and_hinders_no_other(home: Home) -> None:
    home.publish("P-2", "Two.", "2024-01-01", review_by="2025-01-02")
    home.publish("P-1", "One.", "2024-01-01", review_by="2025-01-02")
    home.write(Undo())
    assert told(home) == [("2025-01-02", "P-2@1", "review_overdue")]


def test_a_review_date_that_was_described_later_counts_and_so_does_the_owner(home: Home) -> None:
    home.publish("P-1", "One.", "2024-01-01", review_by="2025-01-02")
    home.write(Describe("P-1", owner="legal", review_by=parse_instant("2025-02-10")))
    assert told(home) == [("2025-02-10", "P-1@1", "review_soon")]
    assert due_items(home.asof.ledger, NOW)["due"][0]["owner"] == "legal"


def test_a_description_of_a_policy_that_the_caller_reads_only_in_part_is_not_told(home: Home) -> None:
    home.publish("P-1", "One.", "2024-01-01", review_by="2025-01-02")
    home.publish("P-1", "Secret.", "2026-01-01", audience="[legal]")
    home.write(Describe("P-1", owner="secret-team", review_by=parse_instant("2025-02-10")))
    assert told(home, *PUBLIC) == [("2025-01-02", "P-1@1", "review_overdue")]
    assert due_items(home.asof.ledger, NOW, PUBLIC)["due"][0]["owner"] is None
    assert told(home, "public", "legal") == [("2025-02-10", "P-1@1", "review_soon")]


def test_an_erased_revision_in_force_is_still_due(home: Home) -> None:
    home.publish("P-1", "One.", "2024-01-01", review_by="2025-01-02")
    home.write(Erase(VersionId("P-1", 1), "asked for"))
    assert told(home) == [("2025-01-02", "P-1@1", "review_overdue")]


def test_a_review_is_of_the_revision_in_force_and_of_no_other(home: Home) -> None:
    home.publish("P-1", "Replaced.", "2023-01-01", review_by="2024-06-01")
    home.publish("P-1", "In force.", "2024-01-01")
    home.publish("P-2", "Replaced before its review.", "2024-01-01", review_by="2025-02-20")
    home.publish("P-2", "Scheduled.", "2025-02-10", review_by="2025-02-25")
    home.publish("P-3", "Withdrawn.", "2024-01-01", review_by="2024-06-01")
    home.write(Withdraw("P-3", parse_instant("2025-01-01")))
    assert told(home) == []
    assert told(home, as_of="2025-02-10") == [("2025-02-25", "P-2@2", "review_soon")]


def test_an_end_that_nothing_follows_is_due_around_its_date(home: Home) -> None:
    home.publish("P-1", "Ends soon.", "2024-01-01", until="2025-02-20")
    home.publish("P-2", "Ended lately.", "2024-01-01", until="2025-01-15")
    home.publish("P-3", "Ended long ago.", "2024-01-01", until="2024-06-01")
    home.publish("P-4", "Ends late.", "2024-01-01", until="2026-01-01")
    home.publish("P-5", "Ends, and is followed.", "2024-01-01", until="2025-02-20")
    home.publish("P-5", "Follows.", "2025-02-20")
    home.publish("P-6", "Ends by withdrawal.", "2024-01-01")
    home.write(Withdraw("P-6", parse_instant("2025-02-20")))
    assert told(home) == [
        ("2025-01-15", "P-2@1", "ends_without_successor"),
        ("2025-02-20", "P-1@1", "ends_without_successor"),
        ("2025-02-20", "P-6@1", "withdrawn_soon"),
    ]


def test_a_withdrawal_is_due_before_it_takes_effect_and_not_after(home: Home) -> None:
    home.publish("P-6", "Ends by withdrawal.", "2024-01-01")
    home.write(Withdraw("P-6", parse_instant("2025-02-20"), parse_instant("2025-03-01")))
    assert told(home) == [("2025-02-20", "P-6@1", "withdrawn_soon")]
    assert "tell those who rely on it" in due_items(home.asof.ledger, NOW)["due"][0]["detail"]
    assert told(home, within=19) == told(home, as_of="2025-02-20") == []


def test_a_gap_is_due_until_it_is_over(home: Home) -> None:
    home.publish("P-1", "First.", "2024-01-01", until="2026-06-01")
    home.publish("P-1", "Second.", "2026-07-01")
    home.publish("P-2", "First.", "2023-01-01", until="2024-01-01")
    home.publish("P-2", "Second.", "2024-02-01")
    [gap] = due_items(home.asof.ledger, NOW)["due"]
    assert gap | {"title": None} == {
        "at": "2026-06-01T00:00:00Z",
        "kind": "gap",
        "policy_id": "P-1",
        "version": "P-1@1",
        "title": None,
        "owner": None,
        "end": "2026-07-01T00:00:00Z",
        "referenced_by": [],
        "detail": "nothing is in force from 2026-06-01 through 2026-06-30; publish a revision for that period",
    }
    assert told(home, as_of="2026-06-15") == [("2026-06-01", "P-1@1", "gap")]
    assert told(home, as_of="2026-07-01") == []


def test_a_withdrawn_policy_is_due_while_words_in_force_refer_to_it(home: Home) -> None:
    home.publish("P-6", "Gifts, see P-7.", "2024-01-01")
    home.publish("P-7", "Says P-6 as well.", "2024-01-01", owner="returns")
    home.publish("P-8", "Once said P-6.", "2023-01-01")
    home.publish("P-8", "Says it no more.", "2024-01-01")
    home.write(Withdraw("P-6", parse_instant("2025-01-01")))
    [item] = due_items(home.asof.ledger, NOW)["due"]
    assert (item["at"], item["version"], item["kind"]) == ("2025-01-01T00:00:00Z", "P-6@1", "withdrawn_but_referenced")
    assert item["referenced_by"] == ["P-7@1"]
    assert item["detail"] == (
        "it is withdrawn, but the words in force of P-7@1 refer to it; change those, or restore it"
    )
    assert told(home, as_of="2024-12-31") == [("2025-01-01", "P-6@1", "withdrawn_soon")]
    home.write(Erase(VersionId("P-7", 1), "court order"))
    assert told(home) == []


def test_one_policy_may_be_asked_about_and_the_rest_is_counted(home: Home) -> None:
    home.publish("P-1", "One.", "2024-01-01", review_by="2025-01-01")
    home.publish("P-2", "Two.", "2024-01-01", review_by="2025-01-02")
    assert told(home, policy="P-2") == [("2025-01-02", "P-2@1", "review_overdue")]
    found = due_items(home.asof.ledger, NOW, limit=1)
    assert (len(found["due"]), found["total"], found["within"]) == (1, 2, 30)
    with pytest.raises(UnknownPolicy, match="P-404"):
        told(home, policy="P-404")
    with pytest.raises(BadQuery, match="within"):
        told(home, within=0)


def test_what_the_caller_may_not_read_is_due_to_nobody(home: Home) -> None:
    home.publish("S-1", "Secret.", "2024-01-01", review_by="2025-01-01", audience="[legal]")
    home.publish("S-2", "Secret, and withdrawn.", "2024-01-01", audience="[legal]")
    home.publish("P-3", "Withdrawn.", "2024-01-01")
    home.publish("P-4", "Names S-2.", "2024-01-01")
    home.publish("S-5", "Secretly names P-3.", "2024-01-01", audience="[legal]")
    home.write(Withdraw("S-2", parse_instant("2025-01-01")), Withdraw("P-3", parse_instant("2025-01-02")))
    everything = [
        ("2025-01-01", "S-1@1", "review_overdue"),
        ("2025-01-01", "S-2@1", "withdrawn_but_referenced"),
        ("2025-01-02", "P-3@1", "withdrawn_but_referenced"),
    ]
    assert told(home) == told(home, "public", "legal") == everything
    assert due_items(home.asof.ledger, NOW, PUBLIC) | {"as_of": ""} == {
        "as_of": "",
        "within": 30,
        "due": [],
        "total": 0,
    }
    home.write(Restrict(VersionId("S-1", 1), PUBLIC))
    assert told(home, "public") == [("2025-01-01", "S-1@1", "review_overdue")]
