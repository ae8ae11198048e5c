"""The campaign's own model: it names what was lost, recorded otherwise, or answered from what is no longer so."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks._survive_truth import Read, Truth
from policies.change import Change, Publish, Restrict, Withdraw
from policies.event import Event
from policies.instant import format_instant, parse_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.sources.draft import parse_draft
from policies.storage.ledger_store import LedgerStore

JANUARY = parse_instant("2026-01-01")


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(LedgerStore.in_memory(), lambda: JANUARY)


def recorded(ledger: Ledger, *changes: Change) -> list[Event]:
    return ledger.record(ledger.propose(changes), [[] for change in changes if isinstance(change, Publish)], "none")


def published(ledger: Ledger, truth: Truth, begins: str, words: str, also: str = "") -> str:
    """A revision of P-7 in the ledger, and the name under which it was sent."""
    name = f"w-{len(truth.sent)}"
    file = f"---\npolicy: P-7\ntitle: Returns\nnote: {name}\neffective: {begins}\n{also}---\n{words}\n"
    truth.send(file)
    acknowledged(truth, name, recorded(ledger, Publish(parse_draft(file, "file"))))
    return name


def acknowledged(truth: Truth, name: str, events: list[Event]) -> None:
    told = [
        {
            "tx": event.tx,
            "kind": event.kind,
            "policy_id": event.policy_id,
            "revision": event.revision,
            "periods": [
                {"revision": paint.revision, "valid_from": format_instant(paint.period.start), "valid_to": None}
                for paint in event.painted
            ],
        }
        for event in events
    ]
    truth.acknowledge(name, {"events": told, "recorded_at": format_instant(events[0].recorded_at)})


def answer(truth: Truth, ledger: Ledger, as_of: str, *cited: tuple[int, str], generation: int | None = None) -> Read:
    """A public reader's answer about P-7, sent after all that is acknowledged by now."""
    tx, known_at, _ = ledger.head()
    evidence: list[dict[str, Any]] = [
        {"citation": f"P-7@{number}#1", "policy_id": "P-7", "revision": number, "text": text} for number, text in cited
    ]
    receipt = {
        "generation": tx if generation is None else generation,
        "request": {"as_of": as_of, "known_at": format_instant(known_at)},
    }
    content = {"receipt": receipt, "evidence": evidence}
    return Read(truth.floor, frozenset({"public"}), ("P-7",), {}, content)


def test_an_answer_that_shows_what_is_in_force_is_not_stale(ledger: Ledger) -> None:
    truth = Truth()
    published(ledger, truth, "2025-01-01", "Within 7 days.")
    published(ledger, truth, "2025-06-01", "Within 30 days.")
    assert list(truth.reread(ledger)) == []
    assert truth.stale(answer(truth, ledger, "2025-07-01", (2, "Within 30 days."))) is None
    assert truth.stale(answer(truth, ledger, "2025-02-01", (1, "Within 7 days."))) is None
    assert truth.stale(answer(truth, ledger, "2024-02-01")) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda truth, ledger: answer(truth, ledger, "2025-07-01", (1, "Within 7 days.")), "revision 2 is right"),
        (lambda truth, ledger: answer(truth, ledger, "2025-07-01", (2, "Within 90 days.")), "words that it does not"),
        (lambda truth, ledger: answer(truth, ledger, "2025-07-01"), "P-7@2 is right"),
        (lambda truth, ledger: answer(truth, ledger, "2025-07-01", generation=1), "answered after 2"),
    ],
    ids=["the older rule", "altered words", "nothing", "an older generation"],
)
def test_an_answer_from_what_is_no_longer_so_is_stale(
    ledger: Ledger, wrong: Callable[[Truth, Ledger], Read], said: str
) -> None:
    truth = Truth()
    published(ledger, truth, "2025-01-01", "Within 7 days.")
    published(ledger, truth, "2025-06-01", "Within 30 days.")
    list(truth.reread(ledger))
    assert said in str(truth.stale(wrong(truth, ledger)))


def test_what_is_withdrawn_restricted_or_for_others_must_not_be_answered(ledger: Ledger) -> None:
    truth = Truth()
    published(ledger, truth, "2025-01-01", "Within 7 days.")
    for change in (
        Withdraw("P-7", parse_instant("2025-03-01"), note=truth.send()),
        Restrict(VersionId("P-7", 1), ("legal",), note=truth.send()),
    ):
        shown = answer(truth, ledger, "2025-04-01" if isinstance(change, Withdraw) else "2025-02-01", (1, "Within 7"))
        assert list(truth.reread(ledger)) == []
        assert truth.stale(shown) is None
        acknowledged(truth, change.note or "", recorded(ledger, change))
        assert list(truth.reread(ledger)) == []
        again = Read(
            truth.floor, shown.labels, shown.policies, {}, {**shown.answer, "receipt": receipt_now(ledger, shown)}
        )
        assert "revision None is right" in str(truth.stale(again))


def receipt_now(ledger: Ledger, read: Read) -> dict[str, Any]:
    tx, known_at, _ = ledger.head()
    asked = {**read.answer["receipt"]["request"], "known_at": format_instant(known_at)}
    return {"generation": tx, "request": asked}


def test_an_acknowledged_write_that_the_ledger_does_not_hold_is_lost(ledger: Ledger) -> None:
    truth = Truth()
    name = published(ledger, truth, "2025-01-01", "Within 7 days.")
    list(truth.reread(ledger))
    assert list(truth.lost([name])) == []
    other = Ledger(LedgerStore.in_memory(), lambda: JANUARY)
    assert list(truth.reread(other, anew=True)) == []
    assert list(truth.lost([name])) == [f"{name}, acknowledged as transaction 1 of P-7"]


def test_what_nobody_sent_or_was_refused_or_is_there_twice_is_named(ledger: Ledger) -> None:
    truth = Truth()
    published(ledger, truth, "2025-01-01", "Within 7 days.")
    recorded(ledger, Withdraw("P-7", parse_instant("2025-03-01"), note="a stranger's"))
    refused = truth.send()
    truth.refuse(refused)
    recorded(ledger, Restrict(VersionId("P-7", 1), ("legal",), note=refused))
    recorded(ledger, Restrict(VersionId("P-7", 1), ("staff",), note=refused))
    assert list(truth.reread(ledger)) == [
        "transaction 2 was recorded, and nobody sent it",
        f"{refused} was sent once and is recorded 2 times",
        f"{refused} was refused and is recorded",
    ]
