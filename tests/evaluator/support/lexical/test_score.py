import json
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.support.lexical.score import FAIL_AT, FEATURES, LexicalScorer, Support, Thresholds, quoted, read

POLICY = [
    "# Damaged items\nDamaged items within 30 days of delivery are eligible for a refund. Opened software is not "
    "eligible. Customers must keep the packaging, unless the courier took it.",
    "Refunds over $50 are paid by bank transfer. Shipping takes 7 to 10 business days.",
]


def support(claim: str, evidence: list[str] = POLICY) -> Support:
    return LexicalScorer().support(claim, evidence)


@pytest.mark.parametrize(
    "claim",
    [
        "Damaged items within 30 days of delivery are eligible for a refund.",
        "Opened software is not eligible",
        "Damaged items are eligible for a refund within thirty days of delivery [1].",
        "Items that were damaged are eligible for a refund within 30 days of the delivery.",
        "Shipping takes 7 to 10 business days [P-7@3#2]",
    ],
)
def test_what_the_evidence_says_passes(claim: str) -> None:
    assert support(claim).verdict == "PASS"


@pytest.mark.parametrize(
    "claim",
    [
        "Damaged items within 60 days of delivery are eligible for a refund.",
        "Damaged items within 30 weeks of delivery are eligible for a refund.",
        "Damaged items within 30 days of delivery are not eligible for a refund.",
        "Opened software is eligible.",
        "Customers may keep the packaging, unless the courier took it.",
        "Refunds over $35 are paid by bank transfer.",
        "Refunds over €50 are paid by bank transfer.",
        "Refunds under $50 are paid by bank transfer.",
        "Shipping takes 7 to 12 business days.",
        "Gift cards expire in Norway after a decade.",
    ],
)
def test_what_was_changed_fails(claim: str) -> None:
    found = support(claim)
    assert found.verdict == "FAIL"
    assert found.score is not None
    assert found.score <= FAIL_AT


def test_thirty_days_are_neither_one_month_nor_another_time() -> None:
    found = support("Damaged items within one month of delivery are eligible for a refund.")
    assert found.verdict == "UNKNOWN"


def test_the_reason_names_the_places_that_decided_in_both_texts() -> None:
    claim = "Shipping takes 7 to 12 business days."
    decisive = support(claim).reasons[0]
    assert (decisive.kind, decisive.decides) == ("quantity differs", True)
    assert claim[decisive.start : decisive.end] == "7 to 12 business days"
    assert decisive.place is not None
    assert POLICY[decisive.place.text][decisive.place.start : decisive.place.end] == "7 to 10 business days"


def test_a_name_that_the_evidence_has_not_is_named() -> None:
    found = support("Damaged items from Norway are eligible for a refund.")
    assert "no 'Norway' where the claim was found" in [reason.detail for reason in found.reasons]


def test_a_quotation_passes_but_not_after_a_negation() -> None:
    assert support("items within 30 days of  DELIVERY").score == 1.0
    assert quoted("shoes are eligible", ["It is not so that shoes are eligible"]) is None
    assert quoted("shoes are eligible", ["Hats are not. Shoes\nare eligible"]) is not None
    assert quoted("is eligible", ["This eligible"]) is None


@pytest.mark.parametrize(("claim", "evidence"), [("", POLICY), ("?", POLICY), ("Items ship", []), ("Items ship", [""])])
def test_without_words_on_one_side_nothing_passes(claim: str, evidence: list[str]) -> None:
    assert support(claim, evidence).verdict != "PASS"


def test_thresholds_say_what_passes_and_a_band_between_is_unknown() -> None:
    thresholds = Thresholds(0.8, 0.2)
    assert [thresholds.verdict(score) for score in (0.8, 0.79, 0.21, 0.2)] == ["PASS", "UNKNOWN", "UNKNOWN", "FAIL"]


def test_a_disagreement_that_decides_fails_under_any_threshold() -> None:
    found = LexicalScorer(Thresholds(0.0, 0.0)).support("Opened software is eligible.", POLICY)
    assert found.verdict == "FAIL"


def test_the_coefficients_are_of_the_features_and_point_the_right_way() -> None:
    weights = json.loads(files("evaluator.support.lexical").joinpath("weights.json").read_text())["weights"]
    assert tuple(weights) == FEATURES
    bad = {"names_missing", "names_nowhere", "quantities_differ", "quantities_absent", "negation", "modal", "opposite"}
    assert {name for name, weight in weights.items() if weight < 0} == bad


@pytest.mark.parametrize(("sentences", "lower"), [(20, False), (21, True)])
def test_a_name_that_long_evidence_has_nowhere_lowers_the_score(sentences: int, lower: bool) -> None:
    evidence = ["Refunds in Norway are paid by the bank. " + "It rains here. " * (sentences - 1)]
    plain = read("Refunds in Norway are paid by the bank in Oslo", evidence)
    elsewhere = read("Refunds in Norway are paid by the bank in Oslo", [*evidence, "Oslo has a harbour."])
    nowhere = FEATURES.index("names_nowhere")
    share = plain.features()[FEATURES.index("names_missing")]
    assert 0 < share < 1
    assert plain.features()[nowhere] == (share if lower else 0.0)
    assert elsewhere.features()[nowhere] == 0.0
    assert (plain.score() < elsewhere.score()) is lower


WORDS = st.lists(
    st.sampled_from(
        "the damaged items refund Norway not must 30 days $5 2020 . , ” ’ é 日本 more than at least".split()
    ),
    max_size=25,
).map(" ".join)


@settings(deadline=None)  # the first text loads the languages' model
@given(WORDS | st.text(max_size=60), st.lists(WORDS | st.text(max_size=60), max_size=3))
def test_every_score_lies_between_0_and_1_and_is_the_same_again(claim: str, evidence: list[str]) -> None:
    found = support(claim, evidence)
    assert found.score is not None
    assert 0 <= found.score <= 1
    assert support(claim, evidence) == found
    for reason in found.reasons:
        assert 0 <= reason.start <= reason.end <= len(claim)
        if reason.place is not None:
            assert 0 <= reason.place.start <= reason.place.end <= len(evidence[reason.place.text])


@given(WORDS.filter(lambda words: any(map(str.isalnum, words))))
def test_a_claim_that_is_the_evidence_passes(words: str) -> None:
    assert support(words, [words]).verdict == "PASS"


@given(st.integers(2, 10**6), st.integers(2, 10**6))
def test_a_changed_number_never_scores_higher(number: int, other: int) -> None:
    evidence = [f"Items are accepted for {number} days, and 12 items are sent at once."]
    same = support(f"Items are accepted for {number} days.", evidence)
    changed = support(f"Items are accepted for {other} days.", evidence)
    assert same.score is not None
    assert changed.score is not None
    assert changed.score < same.score or number == other


def test_long_evidence_is_read_in_linear_time() -> None:
    reading = read("Damaged items are eligible", ["Items of 5 kinds are sold in 12 shops. " * 5_000])
    assert len(reading.aligned.evidence.words.words) == 45_000


@pytest.mark.parametrize("answer", ["No, ", "No: ", "No. ", "No — ", "Yes, "])
def test_the_word_that_answers_a_question_negates_nothing(answer: str) -> None:
    evidence = ["Damaged items within 7 days of delivery are eligible for a return."]
    claim = f"{answer}damaged items within 7 days of delivery are eligible for a return."
    assert support(claim, evidence).verdict == "PASS"
    assert support(claim.replace("are", "are not"), evidence).verdict == "FAIL"
    assert support(claim.replace(answer, "No "), evidence).verdict == "FAIL"


@pytest.mark.parametrize(
    "claim",
    [
        "Damaged items are not eligible for a refund.",
        "Opened software is eligible.",
        "Only damaged items are eligible for a refund.",
    ],
)
def test_words_that_all_stand_there_but_for_a_not_or_an_only_are_no_pass(claim: str) -> None:
    assert support(claim).verdict in ("UNKNOWN", "FAIL")
    assert support(claim.replace("not ", "").replace("is e", "is not e").replace("Only d", "D")).verdict == "PASS"


LENDING = ["a ladder", "any saw with a motor"]


@pytest.mark.parametrize(
    ("lead_in", "claim", "verdict"),
    [
        ("Members must not lend:", "Members must not lend any saw with a motor", "PASS"),
        ("Members must not lend:", "Members may lend any saw with a motor", "FAIL"),
        ("Members may lend:", "Members may lend any saw with a motor", "PASS"),
        ("Members may lend:", "Members must not lend any saw with a motor", "FAIL"),
        ("The following are not insured:", "Any saw with a motor is not insured.", "PASS"),
        ("The following are not insured:", "Any saw with a motor is insured.", "UNKNOWN"),
    ],
)
def test_an_item_is_read_under_its_lead_in(lead_in: str, claim: str, verdict: str) -> None:
    assert LexicalScorer().support(claim, LENDING, [[lead_in]] * 2).verdict == verdict


def test_governing_words_support_nothing_alone() -> None:
    found = LexicalScorer().support("Members must not lend", ["a ladder"], [["Members must not lend:"]])
    assert (found.verdict, found.reasons[0].kind) == ("UNKNOWN", "governing")
    assert found.score is not None
    assert FAIL_AT < found.score < 0.5


def test_each_text_is_read_under_its_own_words() -> None:
    context = [["Members must not lend:"], ["Members may lend:"]]
    assert LexicalScorer().support("Members may lend any saw with a motor", LENDING, context).verdict == "PASS"
    assert LexicalScorer().support("Members may lend a ladder", LENDING, context).verdict != "PASS"


def test_empty_context_changes_nothing() -> None:
    bare = LexicalScorer().support("Members may lend a ladder", LENDING)
    assert LexicalScorer().support("Members may lend a ladder", LENDING, [[], []]) == bare


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("软件可以退货。", "UNKNOWN"),
        ("已拆封的软件不可退货。", "PASS"),
        ("Возврат невозможен.", "UNKNOWN"),
        ("Beschädigte Ware kann innerhalb von 30 Tagen zurückgegeben werden.", "UNKNOWN"),
        ("La marchandise peut être retournée sous 30 jours.", "UNKNOWN"),
    ],
)
def test_a_claim_in_another_language_passes_word_for_word_and_is_not_judged_otherwise(claim: str, verdict: str) -> None:
    found = LexicalScorer().support(claim, ["损坏的商品可在三十天内退货。已拆封的软件不可退货。"])
    assert found.verdict == verdict
    assert (verdict == "UNKNOWN") == any(reason.kind == "language" for reason in found.reasons)
