"""The evidence for a past (as_of, known_at) stays what it was, whatever is published, merged, erased or restricted
elsewhere; only what was erased or restricted itself is missing, and says so.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.change import Change, Erase, Publish, Restore, Restrict, Withdraw
from policies.errors import ChangeRefused
from policies.instant import parse_instant
from policies.revision import VersionId
from tests.fakes import FakeEncoder
from tests.retriever.homes import Home, draft

QUERIES = ("Are damaged items eligible for a refund?", "gifts", "thirty days")
POINTS = [
    {"as_of": as_of, "known_at": known_at}
    for as_of, known_at in itertools.product(
        ("2024-06-01", "2024-12-24", "2025-04-01"), ("2024-12-31", "2025-02-01", "2025-05-01")
    )
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Home]:
    made = stocked(tmp_path / "home")
    yield made
    made.close()


def stocked(folder: Path) -> Home:
    """P-7 in three revisions, P-8 sharing passages with it, and P-9 and N-1, recorded from 2024-12 to 2025-04."""
    home = Home(folder, FakeEncoder())
    shared = "Gifts are final."
    home.publish("P-7", f"Damaged items within seven days.\n\n{shared}", "2024-01-01", recorded="2024-12-01")
    home.publish("P-8", f"{shared}\n\nA refund takes a week.", "2024-01-01", title="Title of P-7")
    home.publish("P-7", f"{shared}\n\nUntil January.", "2024-12-01", recorded="2025-01-01", until="2025-01-10")
    home.publish("P-7", "Damaged items within thirty days.", "2025-03-01", recorded="2025-02-15")
    home.publish("P-9", "Damaged items: ask first.\n\nGifts too.", "2024-01-01", recorded="2025-03-01")
    home.publish("N-1", "Nobody asks about thirty days.", "2023-01-01", recorded="2025-04-01", until="2023-06-01")
    home.publish("N-2", f"Damaged gifts.\n\n{shared}", "2024-01-01", recorded="2025-05-01")
    home.clock.set("2025-06-01")
    return home


def answers(home: Home, *policies: str) -> list[tuple[str, Any]]:
    """The digest and the evidence, scores included, of every query at every point."""
    found = []
    for query, point in itertools.product(QUERIES, POINTS):
        answer = home.ask(query, policies=list(policies) or None, **point)
        found.append((answer["receipt"]["evidence_digest"], answer["evidence"]))
    assert any(evidence for _, evidence in found)
    return found


def erased(name: str) -> Erase:
    return Erase(VersionId.parse(name), "court order")


def restricted(name: str) -> Restrict:
    return Restrict(VersionId.parse(name), ("legal",))


@pytest.mark.parametrize("how", [erased, restricted], ids=["erase", "restrict"])
@pytest.mark.parametrize("unrelated", ["P-9@1", "N-1@1", "N-2@1"])
def test_other_policies_evidence_is_the_same_before_and_after(
    shop: Home, how: Callable[[str], Change], unrelated: str
) -> None:
    before = answers(shop, "P-7", "P-8")
    shop.write(how(unrelated))
    assert answers(shop, "P-7", "P-8") == before
    reopened = shop.open()
    shop.asof = reopened
    assert answers(shop, "P-7", "P-8") == before


@pytest.mark.parametrize("how", [erased, restricted], ids=["erase", "restrict"])
def test_revision_that_was_not_in_force_then_is_not_missed_even_where_it_shares_passages(
    shop: Home, how: Callable[[str], Change]
) -> None:
    elsewhere = [point | {"policies": ["P-7"]} for point in POINTS if point["as_of"] != "2024-12-24"]
    before = [shop.ask("damaged gifts", **point) for point in elsewhere]
    shop.write(how("P-7@2"))  # the overlay of December, recorded in January
    after = [shop.ask("damaged gifts", **point) for point in elsewhere]
    assert [answer["evidence"] for answer in after] == [answer["evidence"] for answer in before]
    assert [answer["receipt"]["id"] for answer in after] == [answer["receipt"]["id"] for answer in before]
    assert {item["citation"] for answer in after for item in answer["evidence"]} == {"P-7@1#1", "P-7@1#2", "P-7@3#1"}


def test_revision_not_recorded_by_then_is_not_missed(shop: Home) -> None:
    known = {"as_of": "2024-12-24", "known_at": "2024-12-31", "policies": ["P-7"]}
    before = shop.ask("gifts", **known)
    assert {item["citation"] for item in before["evidence"]} == {"P-7@1#1", "P-7@1#2"}
    shop.write(erased("P-7@2"))
    assert shop.ask("gifts", **known)["receipt"] == before["receipt"] | {"generation": 8}


def test_what_was_erased_itself_is_missing_and_says_so(shop: Home) -> None:
    asked = {"as_of": "2024-12-24", "known_at": "2025-02-01", "policies": ["P-7"]}
    assert shop.cited("gifts", **asked) == ["P-7@2#1", "P-7@2#2"]
    shop.write(erased("P-7@2"))
    answer = shop.ask("gifts", **asked)
    assert (answer["evidence"], answer["abstained"]["reason"]) == ([], "erased")


def test_what_was_restricted_itself_is_there_for_its_readers_with_the_same_digest(shop: Home) -> None:
    asked = {"as_of": "2024-12-24", "known_at": "2025-02-01", "policies": ["P-7"]}
    before = shop.ask("gifts", **asked)
    shop.write(restricted("P-7@2"))
    assert shop.ask("gifts", **asked)["evidence"] == []
    after = shop.ask("gifts", **asked, audience=["legal"])
    assert after["receipt"]["evidence_digest"] == before["receipt"]["evidence_digest"]


def test_segments_merged_by_an_erasure_answer_with_the_same_bytes(shop: Home) -> None:
    folder = shop.path / "index"
    assert len(list(folder.glob("segment-*"))) > 1
    before = answers(shop, "P-7", "P-8", "P-9")
    shop.write(erased("N-1@1"))
    assert len(list(folder.glob("segment-*"))) == 1
    assert answers(shop, "P-7", "P-8", "P-9") == before
    shop.asof.writer().rebuild()
    assert answers(shop, "P-7", "P-8", "P-9") == before


@st.composite
def later(draw: st.DrawFn) -> list[Change | str]:
    """Changes, one commit each, that leave alone what was in force of P-7 and P-8 as known by May 2025."""
    made: list[Change | str] = []
    left = ["P-9@1", "N-1@1", "N-2@1"]
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["publish", "overlay", "withdraw", "erase", "restrict", "rebuild"]))
        policy = draw(st.sampled_from(["P-7", "P-8", "P-9", "X-1"]))
        day = draw(st.sampled_from(["2023-01-01", "2024-03-01", "2024-12-05", "2025-03-01", "2026-01-01"]))
        if kind == "rebuild":
            made.append("rebuild")
        elif kind == "withdraw" and policy != "X-1":
            made += [Withdraw(policy, parse_instant(day)), Restore(policy, parse_instant("2027-01-01"))]
        elif kind in ("erase", "restrict") and left:
            name = left.pop(draw(st.integers(0, len(left) - 1)))
            made.append(erased(name) if kind == "erase" else restricted(name))
        else:
            until = {"until": "2028-01-01"} if kind == "overlay" else {}
            text = draw(st.sampled_from(["Gifts are final.", "Damaged items within seven days."]))
            made.append(Publish(draft(policy, f"{text}\n\nNew rule {number} on thirty days.", day, **until)))
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(later())
def test_past_evidence_is_the_same_after_any_later_events_that_leave_it_alone(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Change | str]
) -> None:
    home = stocked(tmp_path_factory.mktemp("later") / "home")
    before = answers(home, "P-7", "P-8")
    for change in changes:
        if isinstance(change, str):
            home.asof.writer().rebuild()
            continue
        with suppress(ChangeRefused):  # nothing to withdraw or restore there, or covered by overlays
            home.write(change)
    assert answers(home, "P-7", "P-8") == before
    home.asof = home.open()
    assert answers(home, "P-7", "P-8") == before
    home.close()
