"""The words of a citation in the parts that are judged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.citations.accuracy import measure
from evaluator.citations.judged_words import JudgedWords
from evaluator.files.json_lines import Line
from evaluator.support.lexical.score import LexicalScorer
from evaluator.traces.trace import parse_trace
from indexer.encoding.embedding import Encoder
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.evidence.citations import Handle
from retriever.evidence.governing_words import derived_anew
from tests.retriever.homes import Home

SHED = """# The shed

The shed opens at nine.

It closes at five.

Members must not lend:

- a ladder
- any saw with a motor

Members may lend:

- a wheelbarrow
"""
MUST_NOT, MAY = ("Members must not lend:",), ("Members may lend:",)


@pytest.fixture
def shed(tmp_path: Path, encoder: Encoder) -> Iterator[Home]:
    home = Home(tmp_path / "home", encoder)
    home.publish("T-1", SHED, "2025-01-01", recorded="2025-01-01")
    yield home
    home.close()


def judged(shed: Home, handle: str) -> list[tuple[str, tuple[str, ...]]]:
    ledger = shed.asof.ledger
    revision = ledger.revision(VersionId("T-1", 1), ledger.timeline())
    found = JudgedWords.of(Handle.parse(handle), revision, derived_anew(revision))
    text = Handle.parse(handle).words(revision) or ""
    assert all(text[part.start : part.start + len(part.text)] == part.text for part in found.parts)
    return [(part.text, part.context) for part in found.parts]


def outcomes(shed: Home, *answers: str) -> list[str]:
    traces = [
        parse_trace(Line("t", {"id": str(at), "answer": answer, "as_of": "2025-02-01", "evidence": ["T-1@1#3-5"]}))
        for at, answer in enumerate(answers)
    ]
    found = measure(traces, shed.asof.ledger, parse_instant("2025-02-01"), LexicalScorer())
    return [record["outcome"] for record in found.records]


def test_each_item_of_a_list_has_its_lead_in_also_where_the_citation_holds_it(shed: Home) -> None:
    items = [("a ladder", MUST_NOT), ("any saw with a motor", MUST_NOT)]
    assert judged(shed, "T-1@1#4-5") == items
    assert judged(shed, "T-1@1#3-5") == [("Members must not lend:", ()), *items]
    assert judged(shed, "T-1@1#5-7")[-1] == ("a wheelbarrow", MAY)


def test_passages_that_nothing_governs_are_one_part(shed: Home) -> None:
    assert judged(shed, "T-1@1#1-2") == [("The shed opens at nine.\n\nIt closes at five.", ())]


def test_a_rule_turned_round_fails_whether_the_item_or_its_list_is_cited(shed: Home) -> None:
    right, wrong = "Members must not lend a ladder", "Members may lend a ladder"
    for handle in ("T-1@1#4", "T-1@1#4-5", "T-1@1#3-5"):
        assert outcomes(shed, f"{right} [{handle}].", f"{wrong} [{handle}].") == ["PASS", "FAIL"]


def test_two_citations_together_do_not_mix_their_lead_ins(shed: Home) -> None:
    trace = parse_trace(
        Line("t", {"id": "a", "answer": "Members may lend a ladder [T-1@1#4][T-1@1#7].", "as_of": "2025-02-01"})
    )
    found = measure([trace], shed.asof.ledger, parse_instant("2025-02-01"), LexicalScorer())
    assert [record["recalled"] for record in found.records] == [False, False]


def test_a_record_names_what_governs_and_its_places_are_those_of_the_cited_text(shed: Home) -> None:
    answer = "Members must not lend any saw with a motor [T-1@1#4-5]."
    trace = parse_trace(Line("t", {"id": "a", "answer": answer, "as_of": "2025-02-01"}))
    (record,) = measure([trace], shed.asof.ledger, parse_instant("2025-02-01"), LexicalScorer()).records
    assert [(it["kind"], it["text"]) for it in record["governed_by"]] == [("lead_in", "Members must not lend:")]
    text, start, end = record["support"]["reasons"][0]["evidence"]
    assert (text, "a ladder\n- any saw with a motor"[start:end]) == (0, "any saw with a motor")


def test_items_of_a_block_that_was_given_are_of_the_evidence_and_those_outside_are_not(shed: Home) -> None:
    assert outcomes(shed, "Members may lend a wheelbarrow [T-1@1#7].") == ["FAIL"]
    assert outcomes(shed, "Members must not lend a ladder [T-1@1#4].") == ["PASS"]
