"""What decides about a citation under its claim; and the troubles that such checks are known for."""

from collections.abc import Sequence
from typing import Any

import pytest

from evaluator.citations.accuracy import CitationAccuracy, measure
from evaluator.files.json_lines import Line
from evaluator.support.governed_texts import Context
from evaluator.support.lexical.score import LexicalScorer, Scorer, Support
from evaluator.traces.trace import parse_trace
from indexer.text.split import Splitter
from policies.change import Erase, Publish
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.revision import Draft, Span, VersionId
from tests.fakes import FakeEncoder

APRIL = "2025-04-01"


def publish(ledger: Ledger, policy_id: str, *passages: str, start: str = "2025-01-01", **fields: Any) -> None:
    text = "\n".join(passages)
    spans = [Span(text.index(words), text.index(words) + len(words)) for words in passages]
    draft = Draft(policy_id, policy_id, text, "here", parse_instant(start), **fields)
    ledger.record(ledger.propose([Publish(draft)]), [spans], "by hand")


def checked(ledger: Ledger, answer: Any, scorer: Scorer | None = None, **fields: Any) -> CitationAccuracy:
    trace = parse_trace(Line("t.jsonl, line 1", {"id": "t1", "answer": answer, "as_of": APRIL, **fields}))
    return measure([trace], ledger, parse_instant("2025-07-01"), scorer or LexicalScorer())


def decided(ledger: Ledger, answer: Any, scorer: Scorer | None = None, **fields: Any) -> tuple[str, str]:
    (record,) = checked(ledger, answer, scorer, **fields).records
    return record["outcome"], record["why"]


class Slow:
    """A judge that never answers in time."""

    def support(self, claim: str, evidence: Sequence[str], context: Context = ()) -> Support:
        return Support(None, "ERROR", ())


def test_a_true_citation_passes(ledger: Ledger) -> None:
    assert decided(ledger, "Damaged items are accepted within 30 days [P-7@2#1].") == ("PASS", "supported")


def test_what_was_not_in_the_evidence_fails_however_true(ledger: Ledger) -> None:
    answer = "Damaged items are accepted within 30 days [P-7@2#1]."
    assert decided(ledger, answer, evidence=["P-7@2#2"]) == ("FAIL", "not_in_evidence")


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("Damaged items are accepted within 40 days [P-7@2#1].", "40"),
        ("Damaged items are not accepted within 30 days [P-7@2#1].", "not"),
    ],
)
def test_a_claim_that_was_turned_round_disagrees(ledger: Ledger, answer: str, number: str) -> None:
    (record,) = checked(ledger, answer).records
    assert (record["outcome"], record["why"], record["agrees"]) == ("FAIL", "disagrees", False)
    finding = record["support"]["reasons"][0]
    start, end = finding["claim"]
    assert record["claim"][start:end] == number


def test_what_became_of_stale_words_is_said(ledger: Ledger) -> None:
    """P-7@1 was in force in January and February: its receipt rule stands in P-7@2 unchanged, its 7 days do not."""
    assert decided(ledger, "Bring the receipt [P-7@1#2].") == ("FAIL", "stale_unchanged")
    assert decided(ledger, "Damaged items are accepted within 7 days [P-7@1#1].") == ("FAIL", "stale_contradicted")
    publish(ledger, "R-1", "Refunds are paid within 14 days.", start="2025-01-01")
    publish(ledger, "R-1", "All refunds are paid within 14 days by bank transfer.", start="2025-02-01")
    assert decided(ledger, "Refunds are paid within 14 days [R-1@1#1].") == ("FAIL", "stale_still_supports")
    assert decided(ledger, "Gift cards are refunded [G-1@1#1].") == ("FAIL", "stale_nothing_in_force")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Guests may bring:\n\n- beer\n- wine\n", "Guests must not bring:\n\n- beer\n- wine\n"),
        ("## Allowed\n\nbeer\n", "## Forbidden\n\nbeer\n"),
        (
            "## Fees\n\n| item | USD |\n|---|---|\n| beer | 5 |\n",
            "## Fees\n\n| item | EUR |\n|---|---|\n| beer | 5 |\n",
        ),
        ("- Guests may bring\n  - beer\n", "- Guests may never bring\n  - beer\n"),
        ("You must pay for\n\n(a) beer\n\n(b) wine\n", "You need not pay for\n\n(a) beer\n\n(b) wine\n"),
    ],
    ids=["lead-in", "heading", "table header", "parent item", "chapeau"],
)
def test_the_same_words_under_others_are_regoverned_and_both_sides_are_told(
    ledger: Ledger, before: str, after: str
) -> None:
    for start, text in (("2025-01-01", before), ("2025-02-01", after)):
        spans = Splitter(FakeEncoder().token_offsets, "0").split(text)
        draft = Draft("B-1", "Drinks", text, "here", parse_instant(start))
        ledger.record(ledger.propose([Publish(draft)]), [spans], "by hand")
    revision = ledger.revision(VersionId("B-1", 1), ledger.timeline())
    ordinal = next(n for n, words in enumerate(revision.passages, start=1) if "beer" in words)
    (record,) = checked(ledger, f"Guests may bring beer [B-1@1#{ordinal}].").records
    assert (record["outcome"], record["why"], record["stale"]) == ("FAIL", "stale_regoverned", "regoverned")
    assert record["detail"].count("beer") == 2


def test_a_right_citation_of_the_wrong_region_is_wrong(ledger: Ledger) -> None:
    words = "Electronics are repaired within 24 months."
    publish(ledger, "E-1", words, applies_to={"region": ("US", "CA")})
    answer = "Electronics are repaired within 24 months [E-1@1#1]."
    assert decided(ledger, answer, facts={"region": "US"}) == ("PASS", "supported")
    assert decided(ledger, answer, facts={"region": "DE"}) == ("FAIL", "not_applicable")
    assert decided(ledger, answer) == ("UNKNOWN", "unconfirmed")


def test_a_claim_that_the_passage_does_not_hold_is_no_pass(ledger: Ledger) -> None:
    outcome, why = decided(ledger, "Shipping to Norway takes a week and is free of charge [P-7@2#1].")
    assert (outcome, why) == ("FAIL", "support")


def test_recall_and_precision_are_alces(ledger: Ledger) -> None:
    """Two claims: of the first, one of two citations supports it, so the other is not needed; the second cites nothing.
    Recall 1 of 2, precision 1 of 2."""
    accuracy = checked(ledger, "Damaged items are accepted within 30 days [P-7@2#1][P-7@2#2]. Fees apply.")
    found = {name: (it.value, it.n) for name, it in accuracy.estimates().items() if "recall" in name or "prec" in name}
    assert found == {
        "citation_recall": (0.5, 2),
        "citation_precision": (0.5, 2),
        "citation_recall_macro": (0.5, 1),
        "citation_precision_macro": (0.5, 1),
    }


# The troubles that such checks are known for


def test_an_invented_citation_does_not_leave_the_denominator(ledger: Ledger) -> None:
    accuracy = checked(ledger, "Damaged items are accepted within 30 days [P-7@2#1]. Fees apply [P-99@1#1].")
    passed, precision = accuracy.estimates()["passed"], accuracy.estimates()["citation_precision"]
    assert (passed.value, passed.n) == (0.5, 2)
    assert (precision.value, precision.n) == (0.5, 2)


def test_a_straddling_quote_is_not_a_quote(ledger: Ledger) -> None:
    """The words stand in two passages, one after the other, and in neither of them."""
    quote = '"within 30 days. Bring the receipt"'
    records = checked(ledger, f"It says {quote} [P-7@2#1][P-7@2#2].").records
    assert records[0]["quoted"] is False
    assert records[0]["outcome"] == "FAIL"


@pytest.mark.parametrize("quote", ["“within 30 days”", '"within 30 days"', "„within 30 days“", "«within 30 days»"])
def test_curly_quotes_are_quotes(ledger: Ledger, quote: str) -> None:
    (record,) = checked(ledger, f"The policy says {quote} [P-7@2#1].").records
    assert (record["quote"], record["quoted"], record["outcome"]) == ("within 30 days", True, "PASS")
    (wrong,) = checked(ledger, f"The policy says {quote.replace('30', '90')} [P-7@2#1].").records
    assert (wrong["quoted"], wrong["outcome"], wrong["why"]) == (False, "FAIL", "quote_not_found")


@pytest.mark.parametrize("answer", ["", "   ", {"eligible": True}])
def test_zero_claims_is_not_a_perfect_score(ledger: Ledger, answer: Any) -> None:
    estimates = checked(ledger, answer).estimates()
    assert estimates["passed"].value is None
    assert estimates["citation_precision"].value is None
    assert estimates["citation_recall_macro"].value == estimates["citation_precision_macro"].value == 0.0


def test_a_judge_that_times_out_is_not_a_pass(ledger: Ledger) -> None:
    answer = "Damaged items are accepted within 30 days [P-7@2#1]."
    assert decided(ledger, answer, Slow()) == ("ERROR", "support")
    accuracy = checked(ledger, answer, Slow())
    assert (accuracy.estimates()["passed"].value, accuracy.estimates()["citation_recall"].value) == (0.0, 0.0)


def test_a_quote_frame_claims_no_more_than_its_quote(ledger: Ledger) -> None:
    assert decided(ledger, 'According to the policy, it states "within 30 days" [P-7@2#1].') == ("PASS", "supported")
    outcome, _ = decided(ledger, 'Refunds of shipping fees come "within 30 days" [P-7@2#1].')
    assert outcome != "PASS"


def test_nobody_can_tell_what_became_of_stale_words_that_were_erased(ledger: Ledger) -> None:
    ledger.record(ledger.propose([Erase(VersionId("P-7", 1), "asked for")]), [], "by hand")
    (record,) = checked(ledger, "Damaged items are accepted within 7 days [P-7@1#1].").records
    assert (record["exists"], record["in_force"], record["stale"]) == (None, False, "unsure")


def test_a_passage_that_does_not_exist_is_not_stale(ledger: Ledger) -> None:
    (record,) = checked(ledger, "Damaged items are accepted within 7 days [P-7@1#9].").records
    assert (record["exists"], record["stale"], record["why"]) == (False, None, "unknown_passage")


def test_words_quoted_whole_are_no_false_copy_of_a_sentence_beside_them(ledger: Ledger) -> None:
    words = "Orders over 50 dollars ship free to all. Orders over 100 dollars ship free to all and by express."
    publish(ledger, "S-1", words)
    assert decided(ledger, "Orders over 100 dollars ship free to all [S-1@1#1].") == ("PASS", "supported")
