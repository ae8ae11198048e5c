"""Whoever watches the stages of an answer is told of each, once."""

from collections.abc import Iterator
from contextlib import contextmanager

from retriever.answering.stages import STAGES
from retriever.asking.query import parse_query
from tests.retriever.homes import Home


def test_each_stage_is_entered_once_and_encoding_only_where_the_vector_is_new(home: Home) -> None:
    home.publish("P-7", "Damaged items are eligible within 30 days.", "2025-01-01")
    seen: list[str] = []

    @contextmanager
    def watched(name: str) -> Iterator[None]:
        seen.append(f"{name} begins")
        yield
        seen.append(f"{name} ends")

    retriever = home.asof.retriever
    retriever.stages = watched
    query = parse_query({"query": "Are damaged items eligible?"})
    retriever.retrieve(query)
    ranked = ["rank begins", "encode begins", "encode ends", "rank ends"]
    around = ["eligible begins", "eligible ends", "view begins", "view ends"], ["evidence begins", "evidence ends"]
    assert seen == [*around[0], *ranked, *around[1]]
    assert {line.split()[0] for line in seen} == set(STAGES)
    seen.clear()
    retriever.retrieve(query)
    assert "encode begins" not in seen
    assert retriever.query_lookups == (1, 1)


def test_lookups_of_views_are_counted_over_generations_without_those_made_ahead(home: Home) -> None:
    home.publish("P-7", "Damaged items are eligible within 30 days.", "2025-01-01")
    lookups = home.asof.index.lookups
    home.ask()
    assert (lookups.hits, lookups.misses) == (0, 1)
    home.ask()
    home.publish("P-8", "Gifts are not.", "2025-01-01")
    home.asof.retriever.prepare(home.asof.index.current(), home.clock())
    home.ask()
    assert (lookups.hits, lookups.misses) == (2, 1)
