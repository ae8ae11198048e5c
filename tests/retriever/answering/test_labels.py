"""Questions that name a label find the passage that carries it, also beside others with the same numbers or words."""

from pathlib import Path

import pytest

from retriever.answering.labels import label_terms
from tests.retriever.homes import Home

TRAVEL = """\
Version 2.0

## 4.1 Hotels

Rooms up to 180 EUR are paid.

## 4.2 Flights

You may book:

(a) economy class,

(b) premium economy over eight hours.

## Appendix C

Daily rates for meals.

| Band | Limit |
|---|---|
| A | 500 |
| B | 900 |
"""
SOFTWARE = """\
Version 1.1

Version 4.0 replaces version 1.1 of the section on use, see also part 2 and b.

## Appendix A

Definitions of the software terms and their limits.

## 1.4 Hotels of the section

Band of brothers.
"""


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("What does section 4.1 say?", [("4.1",)]),
        ("§ 4.1 and § 12.3.4", [("4.1",), ("12.3.4",)]),
        ("Is 4.2(b) in force?", [("4.2(b)",), ("4.2", "b")]),
        ("12(A)(ii)", [("12(a)(ii)",), ("12", "a", "ii")]),
        ("What is in Appendix C?", [("appendix", "c")]),
        ("limit of band a, please", [("band", "a")]),
        ("Schedule II", [("schedul", "ii")]),
        ("within 4.1 days at version 1.1", []),
        ("Is a partial refund (yes) possible?", []),
        ("May I take part in it?", []),
    ],
)
def test_labels_that_a_question_names(question: str, labels: list[tuple[str, ...]]) -> None:
    assert list(label_terms(question)) == labels


@pytest.fixture
def shop(tmp_path: Path, home: Home) -> Home:
    home.publish("TRAVEL", TRAVEL, "2024-01-01", title="Travel")
    home.publish("SOFT", SOFTWARE, "2024-01-01", title="Software")
    return home


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What does section 4.1 say?", "Rooms up to 180 EUR are paid."),
        ("4.2(b)", "(b) premium economy over eight hours."),
        ("What does Appendix A define?", "Definitions of the software terms and their limits."),
        ("Appendix C", "Daily rates for meals."),
        ("What is the limit of Band A?", "| A | 500 |"),
        ("limit for band b", "| B | 900 |"),
    ],
)
def test_the_passage_with_the_label_comes_first(shop: Home, question: str, words: str) -> None:
    first = shop.ask(question, k=1)["evidence"][0]
    best = next(it for it in first["passages"] if it["citation"] == first["best"])
    start = first["char_start"]
    assert first["text"][best["char_start"] - start : best["char_end"] - start] == words


def test_what_a_label_gains_is_shown_and_is_part_of_the_score(shop: Home) -> None:
    query = {"query": "What does section 4.1 say?", "k": 1}
    [part] = shop.asof.explain(**query)["passages"]
    fused = shop.ask(**query)["evidence"][0]["scores"]["fused"]
    assert part["named"] == pytest.approx(0.3)
    assert part["fused"] == pytest.approx(fused, abs=1e-9)
