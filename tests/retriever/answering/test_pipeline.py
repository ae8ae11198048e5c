"""The pipeline with real SQLite, FAISS and encoder: what never changes, what ranks, what is cut."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rank_bm25 import BM25Plus

from indexer.encoding.embedding import Encoder
from indexer.text.tokenizer import terms
from policies.change import Restrict, Withdraw
from policies.instant import parse_instant
from policies.revision import VersionId
from policies.sources.revisions_file import load_changes, read_revisions
from retriever.errors import BadQuery
from retriever.evidence.evidence import evidence_digest
from tests.retriever.homes import Home

DAMAGED = "Are damaged items eligible for a return?"
FIRST_WORDS = "Damaged items within 7 days are eligible."
SECOND_WORDS = "Damaged items within 30 days are eligible."


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7@1 from 2024-01-01, P-2 and P-3 beside it, all recorded on 2024-12-01."""
    home.clock.set("2024-12-01")
    home.publish("P-7", FIRST_WORDS, "2024-01-01")
    home.publish("P-2", "Refunds go to the original payment method.\n\nShipping is not refunded.", "2024-01-01")
    home.publish("P-3", "Gift cards cannot be returned.", "2024-01-01")
    return home


def scores(content: dict[str, Any]) -> list[tuple[str, float, float, float]]:
    return [(item["citation"], *item["scores"].values()) for item in content["evidence"]]


class TestTheInvariant:
    """Evidence for (query, as_of, known_at, scope) never changes, whatever is published afterwards."""

    def test_known_at_before_a_correction_was_recorded_gives_the_old_answer(self, shop: Home) -> None:
        shop.publish("P-7", SECOND_WORDS, "2024-01-01", recorded="2025-03-03T10:00:00Z")
        before = shop.ask(DAMAGED, as_of="2025-02-01", known_at="2025-03-03T09:59:59Z", k=1)["evidence"][0]
        after = shop.ask(DAMAGED, as_of="2025-02-01", known_at="2025-03-03T10:00:00Z", k=1)["evidence"][0]
        assert (before["citation"], before["text"]) == ("P-7@1#1", FIRST_WORDS)
        assert (after["citation"], after["text"]) == ("P-7@2#1", SECOND_WORDS)
        assert shop.cited(DAMAGED, as_of="2025-02-01", k=1) == ["P-7@2#1"]

    def test_evidence_is_byte_identical_after_publishes_imports_withdrawals_a_rebuild_and_in_another_process(
        self, shop: Home, tmp_path: Path
    ) -> None:
        asked = {"query": DAMAGED, "as_of": "2025-02-01", "known_at": "2024-12-15", "k": 4}
        shop.publish("P-8", "Something else.", "2024-01-01", recorded="2024-12-16")
        first = shop.ask(**asked)
        assert first["receipt"]["evidence_digest"] == evidence_digest(first["evidence"])

        def same() -> None:
            now = shop.asof.retrieve(**asked).content()
            assert now["evidence"] == first["evidence"]
            assert now["receipt"] == {**first["receipt"], "generation": now["receipt"]["generation"]}

        shop.publish("P-7", SECOND_WORDS, "2024-01-01", recorded="2025-03-01")
        same()
        shop.publish("P-1", "Damaged items, damaged items, damaged items: eligible!", "2020-01-01")
        shop.write(Withdraw("P-2", parse_instant("2020-01-01")))
        same()
        rows = tmp_path / "rows.jsonl.gz"
        row = {"policy_id": "P-0", "effective_from": "2020-01-01", "title": "Return", "text": "Eligible damaged items."}
        rows.write_bytes(gzip.compress(json.dumps(row).encode()))
        shop.write(*load_changes(read_revisions(rows)))
        same()
        shop.asof.writer().rebuild()
        same()
        shop.asof = shop.open()
        same()
        assert shop.cited(DAMAGED, as_of="2025-02-01") != [item["citation"] for item in first["evidence"]]

    def test_scores_do_not_move_with_passages_that_are_not_eligible(self, shop: Home) -> None:
        before = scores(shop.ask(DAMAGED, as_of="2025-02-01"))
        shop.publish("P-9", "Damaged items damaged items.\n\nEligible, eligible, a return.", "2025-06-01")
        shop.publish("P-6", "Damaged damaged items eligible return.", "2023-01-01", until="2024-01-01")
        shop.publish("P-5", "Damaged items are never eligible.", "2024-01-01", audience="[legal]")
        assert scores(shop.ask(DAMAGED, as_of="2025-02-01")) == before
        assert scores(shop.ask(DAMAGED, as_of="2025-02-01", audience=["legal"])) != before

    def test_known_at_past_the_watermark_is_refused_and_the_watermark_itself_is_not(self, shop: Home) -> None:
        watermark = shop.ask(DAMAGED, as_of="2025-01-01")["receipt"]["request"]["known_at"]
        assert watermark == "2024-12-01T00:00:00.000002Z"
        assert shop.ask(DAMAGED, as_of="2025-01-01", known_at=watermark)["evidence"]
        with pytest.raises(BadQuery) as caught:
            shop.ask(DAMAGED, as_of="2025-01-01", known_at="2024-12-01T00:00:00.000003Z")
        assert caught.value.field == "known_at"
        assert watermark in str(caught.value)

    def test_receipts_request_asked_again_gives_the_same_receipt(self, shop: Home) -> None:
        first = shop.ask(DAMAGED, policies=["P-7"], facts={"region": "US"}, k=2)
        shop.publish("P-7", SECOND_WORDS, "2024-01-01")
        again = shop.ask(**first["receipt"]["request"])
        assert again["receipt"]["id"] == first["receipt"]["id"]
        assert again["evidence"] == first["evidence"]


class TestTime:
    """Two clocks."""

    def test_scheduled_revision_takes_effect_by_the_clock_alone(self, shop: Home) -> None:
        shop.publish("P-7", SECOND_WORDS, "2025-03-01", recorded="2025-01-15")
        manifest = (shop.path / "index" / "manifest.json").read_bytes()
        shop.clock.set("2025-02-28T23:59:59.999999Z")
        assert shop.cited(DAMAGED, k=1) == ["P-7@1#1"]
        shop.clock.set("2025-03-01")
        assert shop.cited(DAMAGED, k=1) == ["P-7@2#1"]
        assert (shop.path / "index" / "manifest.json").read_bytes() == manifest

    def test_validity_is_the_period_around_the_instant_as_known_then(self, shop: Home) -> None:
        shop.publish("P-7", SECOND_WORDS, "2025-03-01", recorded="2025-01-15")
        early = shop.ask(DAMAGED, as_of="2025-02-01", known_at="2025-01-14", k=1)["evidence"][0]
        late = shop.ask(DAMAGED, as_of="2025-02-01", k=1)["evidence"][0]
        assert (early["valid_from"], early["valid_to"]) == ("2024-01-01T00:00:00Z", None)
        assert (late["valid_from"], late["valid_to"]) == ("2024-01-01T00:00:00Z", "2025-03-01T00:00:00Z")
        assert early["recorded_at"] == late["recorded_at"] == "2024-12-01T00:00:00Z"

    def test_request_in_the_receipt_has_both_instants_filled_in(self, shop: Home) -> None:
        shop.clock.set("2025-02-01T10:00:00Z")
        request = shop.ask(DAMAGED)["receipt"]["request"]
        assert request == {
            "query": DAMAGED,
            "as_of": "2025-02-01T10:00:00Z",
            "known_at": "2024-12-01T00:00:00.000002Z",
            "policies": None,
            "facts": {},
            "audience": ["public"],
            "k": 5,
            "max_tokens": None,
            "strict": False,
            "order": "rank",
            "block_tokens": 200,
        }

    def test_withdrawn_policy_abstains_and_says_so(self, shop: Home) -> None:
        shop.write(Withdraw("P-7", parse_instant("2025-02-01")))
        gone = shop.ask(DAMAGED, as_of="2025-03-01", policies=["P-7"])
        assert gone["evidence"] == []
        assert gone["abstained"]["reason"] == "withdrawn"
        assert gone["abstained"]["next_valid_from"] is None
        assert gone["tokens"] == 0

    def test_before_anything_is_in_force_the_next_start_is_named(self, shop: Home) -> None:
        content = shop.ask(DAMAGED, as_of="2023-01-01")
        assert content["abstained"]["reason"] == "no_policy_in_force"
        assert content["abstained"]["next_valid_from"] == "2024-01-01T00:00:00Z"


class TestWhoAsks:
    """Paint first, filter after."""

    def test_unreadable_revision_yields_nothing_and_does_not_uncover_the_older_one(self, shop: Home) -> None:
        shop.publish("P-7", SECOND_WORDS, "2025-03-01", audience="[legal]")
        assert shop.cited(DAMAGED, as_of="2025-04-01", policies=["P-7"]) == []
        assert shop.cited(DAMAGED, as_of="2025-04-01", policies=["P-7"], audience=["legal"]) == ["P-7@2#1"]

    def test_policy_that_may_not_be_read_does_not_exist(self, shop: Home) -> None:
        shop.publish("P-5", "Staff may return anything.", "2026-01-01", audience="[staff]")
        hidden = shop.ask(DAMAGED, as_of="2025-01-01", policies=["P-5"])["abstained"]
        absent = shop.ask(DAMAGED, as_of="2025-01-01", policies=["P-404"])["abstained"]
        assert hidden == {"reason": "unknown_policy", "detail": "There is no policy P-5", "next_valid_from": None}
        assert absent == {"reason": "unknown_policy", "detail": "There is no policy P-404", "next_valid_from": None}
        staff = shop.ask(DAMAGED, as_of="2025-01-01", policies=["P-5"], audience=["staff"])["abstained"]
        assert (staff["reason"], staff["next_valid_from"]) == ("no_policy_in_force", "2026-01-01T00:00:00Z")

    def test_restriction_changes_earlier_answers_too(self, shop: Home) -> None:
        asked = {"as_of": "2025-02-01", "known_at": "2024-12-01T00:00:00.000002Z", "policies": ["P-7"]}
        assert shop.cited(DAMAGED, **asked) == ["P-7@1#1"]
        shop.write(Restrict(VersionId("P-7", 1), ("legal",)))
        assert shop.ask(DAMAGED, **asked)["abstained"]["reason"] == "unknown_policy"
        assert shop.cited(DAMAGED, **asked, audience=["legal"]) == ["P-7@1#1"]

    def test_revision_that_does_not_apply_yields_nothing_and_does_not_uncover_the_older_one(self, shop: Home) -> None:
        shop.publish("P-7", SECOND_WORDS, "2025-03-01", applies_to="{region: [US]}")
        asked = {"as_of": "2025-04-01", "policies": ["P-7"]}
        assert shop.ask(DAMAGED, **asked, facts={"region": "NO"})["abstained"]["reason"] == "not_applicable"
        applies = shop.ask(DAMAGED, **asked, facts={"region": "US"})["evidence"][0]
        unconfirmed = shop.ask(DAMAGED, **asked)["evidence"][0]
        assert (applies["citation"], applies["applicability"]) == ("P-7@2#1", "applies")
        assert (unconfirmed["citation"], unconfirmed["applicability"]) == ("P-7@2#1", "unconfirmed")
        assert shop.cited(DAMAGED, **asked, strict=True) == []

    def test_facts_are_never_read_from_the_question(self, shop: Home) -> None:
        shop.publish("P-7", SECOND_WORDS, "2025-03-01", applies_to="{region: [US]}")
        said = shop.ask("region: NO, region=NO. " + DAMAGED, as_of="2025-04-01", policies=["P-7"])
        assert said["evidence"][0]["applicability"] == "unconfirmed"


class TestRanking:
    """Scores over the eligible passages alone."""

    def test_scores_are_those_of_the_encoder_and_of_rank_bm25_over_the_eligible_passages(
        self, shop: Home, encoder: Encoder
    ) -> None:
        shop.publish("P-9", "Not yet: damaged items.", "2030-01-01")
        passages = {
            "P-2@1#1": "Refunds go to the original payment method.",
            "P-2@1#2": "Shipping is not refunded.",
            "P-3@1#1": "Gift cards cannot be returned.",
            "P-7@1#1": FIRST_WORDS,
        }
        dense = np.stack([encoder.encode(text) for text in passages.values()]) @ encoder.encode(DAMAGED)
        lexical = BM25Plus([terms(text) for text in passages.values()]).get_scores(terms(DAMAGED))
        spread = [(s - s.min()) / (s.max() - s.min()) for s in (dense.astype(float), lexical)]
        fused = 0.5 * spread[0] + 0.5 * spread[1]
        found = {item["citation"]: item["scores"] for item in shop.ask(DAMAGED, as_of="2025-01-01")["evidence"]}
        assert found.keys() == passages.keys()
        for number, citation in enumerate(passages):
            assert found[citation]["dense"] == pytest.approx(dense[number], abs=1e-6)
            assert found[citation]["bm25"] == pytest.approx(lexical[number], abs=1e-9)
            assert found[citation]["fused"] == pytest.approx(fused[number], abs=1e-5)
        assert list(found) == sorted(found, key=lambda citation: -found[citation]["fused"])

    def test_question_asked_again_has_the_same_answer_and_scores_to_the_last_bit(self, shop: Home) -> None:
        # From the second question on a view answers from vectors and postings of its own.
        first, *later = [shop.ask(DAMAGED, as_of="2025-01-01") for _ in range(4)]
        assert [answer == first for answer in later] == [True] * 3

    def test_ties_break_by_citation(self, home: Home) -> None:
        for policy in ("P-9", "P-10", "A-1"):
            home.publish(policy, "The same words.", "2024-01-01", title="The same title")
        home.publish("B-1", "The same words.", "2024-01-01", title="Another title")
        # The same words under the same title are one passage, cited in each policy that has it.
        every = ["A-1@1#1", "P-10@1#1", "P-9@1#1"]
        assert home.cited("The same words.", as_of="2025-01-01", policies=["P-9", "P-10", "A-1"]) == every
        assert home.cited("The same words.", as_of="2025-01-01", policies=["P-9", "P-10"], k=1) == ["P-10@1#1"]

    def test_equal_scores_are_in_the_order_of_citations(self, home: Home) -> None:
        # Different words that the index terms and, lower-cased, the encoder cannot tell apart.
        home.publish("P-9", "Gifts may be RETURNED.", "2024-01-01", title="Gifts")
        home.publish("P-1", "Gifts may be Returned.", "2024-01-01", title="Gifts")
        home.publish("P-5", "Gifts may be returned.", "2024-01-01", title="Gifts")
        content = home.ask("May gifts be returned?", as_of="2025-01-01")
        assert len({item["scores"]["fused"] for item in content["evidence"]}) == 1
        assert [item["citation"] for item in content["evidence"]] == ["P-1@1#1", "P-5@1#1", "P-9@1#1"]

    def test_order_of_arrival_does_not_count(self, home: Home, encoder: Encoder, tmp_path: Path) -> None:
        other = type(home)(tmp_path / "other", encoder)
        words = {"P-1": "Gifts may be returned.", "P-2": "Cards may not.", "P-3": "Damaged gifts are replaced."}
        for policy in words:
            home.publish(policy, words[policy], "2024-01-01")
        for policy in reversed(words):
            other.publish(policy, words[policy], "2024-01-01")
        assert scores(home.ask("gifts", as_of="2025-01-01")) == scores(other.ask("gifts", as_of="2025-01-01"))
        other.close()


class TestWhatIsHandedOver:
    """Passages whole, as many as asked."""

    def test_text_is_exactly_the_source_between_its_offsets_in_code_points(self, home: Home) -> None:
        body = (
            "# Größe 📦\n\n- naïve 𝒳 items — 30 days  \n  are “eligible”\n- second\n\n| a | b |\n|---|---|\n| 1 | ß |"
        )
        home.publish("P-7", body, "2024-01-01", title="Größe")
        source = home.asof.ledger.revision(VersionId("P-7", 1), home.asof.ledger.timeline()).text
        assert source.startswith("---\npolicy: P-7\n")
        evidence = home.ask("30 days", as_of="2025-01-01")["evidence"]
        assert {item["text"] for item in evidence} == {
            "naïve 𝒳 items — 30 days  \n  are “eligible”\n- second",
            "| 1 | ß |",
        }
        alone = home.ask("30 days", as_of="2025-01-01", block_tokens=1)["evidence"]
        assert {item["text"] for item in alone} == {
            "naïve 𝒳 items — 30 days  \n  are “eligible”",
            "second",
            "| 1 | ß |",
        }
        for item in evidence:
            assert item["text"] == source[item["char_start"] : item["char_end"]]

    def test_k_is_the_most_and_never_cuts_a_passage(self, shop: Home) -> None:
        every = shop.ask(DAMAGED, as_of="2025-01-01")["evidence"]
        assert [item["rank"] for item in every] == [1, 2, 3, 4]
        for k in (1, 2, 3):
            assert shop.ask(DAMAGED, as_of="2025-01-01", k=k)["evidence"] == every[:k]

    def test_tokens_are_counted_and_a_budget_leaves_out_whole_passages(self, shop: Home, encoder: Encoder) -> None:
        every = shop.ask(DAMAGED, as_of="2025-01-01")
        costs = [len(encoder.token_offsets(item["text"])) for item in every["evidence"]]
        assert every["tokens"] == sum(costs)
        exact = shop.ask(DAMAGED, as_of="2025-01-01", max_tokens=costs[0] + costs[1])
        assert exact["evidence"] == every["evidence"][:2]
        assert exact["tokens"] == costs[0] + costs[1]
        less = shop.ask(DAMAGED, as_of="2025-01-01", max_tokens=costs[0] + costs[1] - 1)
        texts = [item["text"] for item in every["evidence"]]
        assert less["tokens"] <= costs[0] + costs[1] - 1
        assert [item["text"] for item in less["evidence"]] == [
            t for t in texts if t in {i["text"] for i in less["evidence"]}
        ]

    def test_budget_that_no_passage_fits_hands_over_none(self, shop: Home) -> None:
        assert shop.ask(DAMAGED, as_of="2025-01-01", max_tokens=1)["evidence"] == []

    def test_edges_puts_the_second_last_and_keeps_the_ranks(self, shop: Home) -> None:
        by_rank = shop.cited(DAMAGED, as_of="2025-01-01")
        edges = shop.ask(DAMAGED, as_of="2025-01-01", order="edges")["evidence"]
        assert [item["rank"] for item in edges] == [1, 3, 4, 2]
        assert [item["citation"] for item in edges] == [by_rank[rank - 1] for rank in (1, 3, 4, 2)]

    def test_section_is_the_heading_path_and_never_part_of_the_words(self, home: Home) -> None:
        home.publish("P-7", "# Returns\n\n## Damaged  items\n\nThirty days.", "2024-01-01")
        item = home.ask(as_of="2025-01-01")["evidence"][0]
        assert (item["section"], item["text"]) == (["Returns", "Damaged items"], "Thirty days.")

    def test_policy_without_a_word_answers_with_no_evidence(self, home: Home) -> None:
        home.publish("P-7", "***", "2024-01-01")
        assert home.ask(as_of="2025-01-01")["evidence"] == []


class Counting:
    """An encoder that keeps what it was asked to encode."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.asked: list[str] = []

    def encode(self, text: str) -> Any:
        self.asked.append(text)
        return self._encoder.encode(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


def test_a_question_asked_again_is_encoded_once_and_answered_alike(home: Home) -> None:
    home.publish("P-7", FIRST_WORDS, "2024-01-01")
    counting = home.asof.encoder = Counting(home.asof.encoder)
    first, second = home.ask(DAMAGED), home.ask(DAMAGED)
    assert counting.asked == [DAMAGED]
    assert first == second


def test_no_question_is_kept_where_none_is_to_be(home: Home) -> None:
    home.publish("P-7", FIRST_WORDS, "2024-01-01")
    counting = home.asof.encoder = Counting(home.asof.encoder)
    home.asof.settings = replace(home.asof.settings, query_cache=0)
    home.ask(DAMAGED)
    home.ask(DAMAGED)
    assert counting.asked == [DAMAGED, DAMAGED]
