"""What is rehearsed is what is answered after publishing, to the last byte; and nothing is written."""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import IndexMismatch
from indexer.text.split import Splitter
from policies.change import Publish
from policies.errors import DraftError
from policies.sources.draft import parse_draft
from retriever.asking.query import parse_query
from retriever.inspecting.rehearsal import Rehearsal
from tests.fakes import FakeEncoder
from tests.retriever.homes import Home, draft

TODAY = "2025-06-15T12:00:00Z"
QUESTIONS: list[dict[str, Any]] = [
    {"query": "Are damaged items eligible?"},
    {"query": "Are damaged items eligible?", "as_of": "2024-06-01"},
    {"query": "Are damaged items eligible?", "as_of": "2025-08-01", "merge": True},
    {"query": "May gifts be returned?", "as_of": "2025-08-01", "k": 2},
    {"query": "May gifts be returned?", "as_of": "2020-01-01"},
    {"query": "What of electronics?", "as_of": "2025-08-01", "facts": {"region": "US"}, "collapse": True},
]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home", FakeEncoder())
    made.clock.set(TODAY)
    made.publish("P-7", "Damaged items within 7 days are eligible.\n\nGifts are final.", "2024-01-01")
    made.publish("P-8", "Electronics need a receipt.\n\nGifts are final.", "2024-01-01")
    yield made
    made.close()


CHANGES = [
    Publish(
        draft("P-7", "Damaged items within 30 days are eligible.\n\nGifts are final.\n\nSoftware is not.", "2025-07-01")
    ),
    Publish(draft("P-9", "Electronics in the US may be returned.", "2025-07-01", applies_to="{region: [US]}")),
    Publish(draft("P-8", "Electronics need a receipt.", "2024-05-01", until="2024-09-01")),
]


def answers(rehearsal: Rehearsal) -> list[list[dict[str, Any]]]:
    return [
        [retriever.retrieve(parse_query(question)).content() for question in QUESTIONS]
        for retriever in (rehearsal.before, rehearsal.after)
    ]


def written(home: Home) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.path.rglob("*") if path.is_file() and "-shm" not in path.name}


def test_a_rehearsed_answer_is_the_answer_after_publishing(home: Home) -> None:
    rehearsal = home.asof.rehearse(CHANGES)
    home.clock.now = rehearsal.at
    files = written(home)
    before, after = answers(rehearsal)
    assert before == [home.asof.retrieve(**question).content() for question in QUESTIONS]
    assert written(home) == files
    home.write(*CHANGES)
    assert after == [home.asof.retrieve(**question).content() for question in QUESTIONS]
    assert before != after


def test_what_a_rehearsal_held_is_given_back_when_it_ends(home: Home) -> None:
    """Nothing waits for a collection of garbage, which a service does seldom."""
    gc.disable()
    try:
        rehearsal = home.asof.rehearse(CHANGES)
        answers(rehearsal)
        held = [weakref.ref(it) for it in (rehearsal.before, rehearsal.after)]
        views = [weakref.ref(it()._index.current().views) for it in held]  # type: ignore[union-attr]
        del rehearsal
        assert [it() for it in (*held, *views)] == [None] * 4
    finally:
        gc.enable()


def test_what_starts_when_it_is_recorded_is_in_force_in_a_rehearsal_of_now(home: Home) -> None:
    undated = Publish(parse_draft("---\npolicy: P-7\ntitle: Damage\n---\nDamaged items within 60 days.\n", "P-7.md"))
    rehearsal = home.asof.rehearse([undated])
    [item] = rehearsal.after.retrieve(parse_query({"query": "Damaged items?", "policies": ["P-7"]})).evidence
    assert item.citation == "P-7@2#1"


def test_a_rehearsal_of_the_first_revision_makes_no_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "none", FakeEncoder())
    home.clock.set(TODAY)
    rehearsal = home.asof.rehearse(CHANGES[:1])
    before, after = answers(rehearsal)
    assert before[2]["abstained"]["reason"] == "no_policy_in_force"
    assert [item["citation"] for item in after[2]["evidence"]] == ["P-7@1#1-3"]
    assert not home.path.exists()


def test_what_a_crash_left_unindexed_is_in_both(home: Home) -> None:
    proposal = home.asof.ledger.propose([Publish(draft("P-5", "Damaged mugs are eligible.", "2024-01-01"))])
    [text] = [planned.text for planned in proposal.drafts]
    encoder = FakeEncoder()
    splitter = Splitter(encoder.token_offsets, encoder.tokenizer_digest)
    home.asof.ledger.record(proposal, [splitter.split(text)], splitter.version)
    files = written(home)
    rehearsal = home.asof.rehearse(CHANGES)
    home.clock.now = rehearsal.at
    asked = parse_query({"query": "Damaged mugs?", "policies": ["P-5"]})
    assert [item.citation for item in rehearsal.before.retrieve(asked).evidence] == ["P-5@1#1"]
    assert written(home) == files
    before, after = answers(rehearsal)
    assert before == [home.open().retrieve(**question).content() for question in QUESTIONS]
    home.write(*CHANGES)
    assert after == [home.asof.retrieve(**question).content() for question in QUESTIONS]


def test_what_publishing_would_refuse_is_refused(home: Home) -> None:
    home.publish("P-6", "A rule with an end.", "2024-01-01", until="2030-01-01")
    with pytest.raises(DraftError, match="is not after its start"):
        home.asof.rehearse([Publish(parse_draft(PAST, "P-6.md"))])


PAST = "---\npolicy: P-6\ntitle: Past\nuntil: 2024-01-01\n---\nOver before it begins.\n"


def test_an_index_of_another_model_is_refused(home: Home) -> None:
    other = home.open()
    other.encoder = FakeEncoder("another")
    with pytest.raises(IndexMismatch):
        other.rehearse(CHANGES)
