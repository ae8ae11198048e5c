from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.retrieval.golden import Gold, read_golden
from policies.instant import parse_instant
from policies.period import Period
from policies.revision import VersionId
from retriever.evidence.evidence import Evidence, GovernedBy, Scores
from tests.conftest import ROOT

Written = Callable[..., Path]
Question = Callable[..., dict[str, Any]]


def decision(**fields: Any) -> dict[str, Any]:
    expected = {
        "decision": "eligible",
        "policy_id": ["P-7", "P-8"],
        "citations": ["P-7@2#1", "P-8@1#3"],
        "words": {"P-7@2#1": "within 30 days", "P-8@1#3": "a month"},
    }
    shared = {"question": "May it go back?", "facts": {"region": "US"}, "as_of": "2025-04-01"}
    return {"id": "d1", "group": "g", **shared, "expected": expected, **fields}


def test_cases_of_decisions_and_questions_of_qrels_may_share_a_file(written: Written, question: Question) -> None:
    one, other = read_golden(written("g.jsonl", decision(), question(k=2, facts={"region": "NO"})))
    assert one.gold == (Gold("P-7", "within 30 days"), Gold("P-8", "a month"))
    assert (one.query.text, one.query.facts, one.query.k) == ("May it go back?", {"region": "US"}, 5)
    assert other.gold == (Gold("P-7", "Damaged items are accepted within 30 days."),)
    assert (other.query.k, other.query.facts) == (2, {"region": "NO"})
    assert one.query.as_of == other.query.as_of == parse_instant("2025-04-01")


def passage(ordinal: int, text: str, *section: str, policy: str = "P-7") -> Evidence:
    scores, always = Scores(0, 0, 0), Period(0)
    span = (0, len(text))
    return Evidence(
        VersionId(policy, 3), ordinal, "", section, text, *span, always, 0, True, 1, scores, text, (span,), ordinal
    )


def test_a_part_of_the_words_is_not_all_of_them() -> None:
    gold = Gold("P-7", "Damaged items. Returns are accepted within 30 days.")
    items, thirty = passage(1, "Damaged items."), passage(2, "Returns are accepted within 30 days.")
    assert gold.held_by([passage(1, "Damaged items. Returns are accepted within 30 days. Gifts are final.")])
    assert gold.held_by([thirty, items])
    assert not gold.held_by([items])
    assert not gold.held_by([items, passage(2, "Returns are accepted within 14 days.")])
    assert not gold.held_by([items, passage(2, "Returns are accepted within 14 days."), passage(3, "Pay in 30 days.")])
    assert not gold.held_by([items, passage(2, thirty.text, policy="P-8")])


def test_headings_say_words_too_once() -> None:
    gold = Gold("P-7", "# Returns\n\n## Damaged items\n\nWithin 30 days.\n\nWith a receipt.")
    section = ("Returns", "Damaged items")
    assert gold.held_by([passage(4, "Within 30 days.", *section), passage(5, "With a receipt.", *section)])
    assert not gold.held_by([passage(4, "Within 30 days.", *section)])


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("1. Send it back. 2. Within 30 days.", ("Send it back.", "Within 30 days.")),
        ("#### 4. Returns\n\n1) Send it back.", ("Send it back.",)),
        ("| Item | Days | | --- | --- | | Lamps | 30 | | Books | 14 |", ("| Lamps | 30 |", "| Books | 14 |")),
        ("| Item | Days |\n|---|---|\n| Lamps | 30 |", ("| Lamps | 30 |",)),
    ],
)
def test_numbers_of_items_and_headers_of_tables_are_not_asked_for(text: str, passages: tuple[str, ...]) -> None:
    section = ("4. Returns",) if "####" in text else ()
    found = [passage(ordinal, words, *section) for ordinal, words in enumerate(passages, start=1)]
    assert Gold("P-7", text).held_by(found)
    changed = [passage(item.ordinal, item.text.replace("30", "7").replace("back", "on"), *section) for item in found]
    assert not Gold("P-7", text).held_by(changed)


def test_a_number_that_ends_a_sentence_is_a_word() -> None:
    assert not Gold("P-7", "The limit is 30. Then pay.").held_by([passage(1, "The limit is 14. Then pay.")])


def test_a_line_without_an_instant_is_asked_about_now(written: Written, question: Question) -> None:
    for golden in read_golden(written("g.jsonl", decision(as_of=None), question(as_of=None))):
        assert golden.query.as_of is None


def test_a_date_is_its_start_in_the_zone_that_is_asked_for(written: Written, question: Question) -> None:
    file = written("g.jsonl", decision(as_of="2025-03-09"), question(as_of="2025-03-09"))
    for golden in read_golden(file, ZoneInfo("America/New_York")):
        assert golden.query.as_of == parse_instant("2025-03-09T05:00:00Z")


def test_what_a_person_has_to_decide_has_no_words_that_decide(written: Written) -> None:
    [golden] = read_golden(written("g.jsonl", decision(expected={"decision": "escalate"})))
    assert golden.gold == ()


def test_bad_lines_are_named(written: Written, question: Question) -> None:
    with pytest.raises(BadLine, match=r"line 2: id is 'q1', which an earlier line has"):
        read_golden(written("g.jsonl", question(), question()))
    with pytest.raises(BadLine, match=r"line 1: expected\.decision is 'maybe'"):
        read_golden(written("g.jsonl", decision(expected={"decision": "maybe"})))
    with pytest.raises(BadLine, match="line 1: k: is 0; give a whole number"):
        read_golden(written("g.jsonl", question(k=0)))
    with pytest.raises(BadFile, match="holds no questions"):
        read_golden(written("g.jsonl"))


def test_the_shipped_cases_are_golden_questions() -> None:
    assert len(read_golden(ROOT / "evals" / "policy_cases.jsonl")) == 69


def test_what_introduces_a_block_says_words_too_once() -> None:
    lead_in = (GovernedBy("lead_in", "Never lend:", 0, 11),)
    ladders, saws = passage(2, "ladders"), replace(passage(3, "saws"), governed_by=lead_in)
    both = replace(passage(1, "Never lend:\n\n- ladders"), spans=((0, 11), (13, 22)))
    assert Gold("P-7", "Never lend:\n\n- saws").held_by([saws])
    assert Gold("P-7", "Never lend:\n\n- ladders\n- saws").held_by([both, saws])
    assert not Gold("P-7", "Never lend:\n\n- ladders").held_by([ladders])
    header = replace(passage(3, "| Books | 14 |"), governed_by=(GovernedBy("table_header", "| Item | Days |", 0, 15),))
    assert Gold("P-7", "| Lamps | 30 |\n| Books | 14 |").held_by([passage(2, "| Lamps | 30 |"), header])
