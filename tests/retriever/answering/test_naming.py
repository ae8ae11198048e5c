"""A question that names a policy, by id or title, finds its passages before others that say the same."""

import pytest

from indexer.text.tokenizer import terms
from policies.instant import parse_instant
from retriever.answering.naming import BY_ID, BY_TITLE, longest_run, named
from retriever.asking.eligible import Scope, resolve
from tests.retriever.homes import Home

WORDS = "Damaged items are refunded within 30 days."
TITLES = {"P-7": "Damaged items", "P-70": "Corporate terms of sale", "A1": "Gifts", "P-8": "Terms of sale for gifts"}


@pytest.fixture
def shop(home: Home) -> Home:
    for policy, title in TITLES.items():
        home.publish(policy, f"{WORDS} As {policy} says.", "2024-01-01", title=title)
    return home


def gains(home: Home, question: str) -> dict[str, float] | None:
    """What each policy's passage gains; None where none is named."""
    generation = home.asof.index.current()
    asked = Scope(parse_instant("2025-01-01"), generation.timeline.recorded_at, None, {}, ("public",), False)
    eligible = resolve(generation.timeline, asked)
    found = named(terms(question), eligible, generation.views.view(eligible.txs))
    if found is None:
        return None
    return {version.policy_id: gain for version, gain in zip(eligible.versions, found.tolist(), strict=True) if gain}


def test_a_policy_is_named_by_its_id_whatever_its_case(shop: Home) -> None:
    assert gains(shop, "Are refunds paid under p-7?") == {"P-7": BY_ID}
    assert gains(shop, "Are refunds paid under P-70 or A1?") == {"P-70": BY_ID, "A1": BY_ID}


def test_a_number_or_a_part_of_an_id_names_nothing(shop: Home) -> None:
    assert gains(shop, "Are refunds paid within 7 days, or P 70?") is None


def test_a_policy_is_named_by_its_title_in_proportion(shop: Home) -> None:
    # "corporate terms sale" stands whole; "terms sale" is two of the three terms of "Terms of sale for gifts".
    assert gains(shop, "refunds under the Corporate Terms of Sale") == pytest.approx(
        {"P-70": BY_TITLE, "P-8": BY_TITLE * 2 / 3}
    )


def test_terms_that_stand_apart_and_titles_of_one_word_name_nothing(shop: Home) -> None:
    assert gains(shop, "Are items refunded where gifts were damaged in a sale, on what terms?") is None


def test_a_run_follows_the_order_of_the_words() -> None:
    assert longest_run(["a", "b", "c"], ["x", "a", "b", "x", "b", "c", "a", "b", "c"]) == 3
    assert longest_run(["a", "b", "c"], ["b", "a", "c"]) == 1
    assert longest_run(["a", "a", "b"], ["a", "a", "a", "b"]) == 3
    assert longest_run([], ["a"]) == longest_run(["a"], []) == 0


@pytest.mark.parametrize("policy", TITLES)
def test_the_policy_that_is_named_comes_first(shop: Home, policy: str) -> None:
    question = f"Under {policy}, when are damaged items refunded?"
    assert shop.cited(query=question, as_of="2025-01-01")[0] == f"{policy}@1#1"
