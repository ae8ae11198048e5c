"""The scorer by rules: what passes, what fails, and what nobody can tell."""

import pytest

from evaluator.support.lexical.score import Thresholds
from evaluator.support.rules import RuleScorer, plain

RULE = "Members may borrow up to five tools for two weeks unless a tool is reserved."


def verdict(claim: str, *evidence: str) -> str:
    return RuleScorer().support(claim, evidence).verdict


def test_a_whole_sentence_passes_word_for_word() -> None:
    found = RuleScorer().support(RULE, [f"# Tools\n\nHello. {RULE} Bye."])
    assert (found.verdict, found.score, found.reasons[0].kind) == ("PASS", 1.0, "quoted")


@pytest.mark.parametrize(
    "claim",
    [
        "Members may borrow up to five tools for two weeks.",
        "Members may borrow five tools for two weeks unless a tool is reserved.",
        "Members must borrow up to five tools for two weeks unless a tool is reserved.",
        "Members may borrow up to five tools for two weeks if a tool is reserved.",
        "Members may borrow up to six tools for two weeks unless a tool is reserved.",
    ],
)
def test_a_copy_with_a_part_cut_or_changed_does_not_pass(claim: str) -> None:
    assert verdict(claim, RULE) != "PASS"


def test_a_whole_sentence_never_fails_by_a_word_of_its_heading() -> None:
    found = RuleScorer().support("Tickets are sold daily.", ["Tickets are sold daily."], [("## 3. Sales; No Refunds",)])
    assert found.verdict != "FAIL"
    assert not any(reason.decides and reason.against for reason in found.reasons)


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Guests may smoke.", "It is a myth: guests may smoke."),
        ("Guests may smoke.", "If the host agrees: guests may smoke."),
        ("Guests may smoke.", 'Some say this. "Guests may smoke." They are wrong.'),
        ("Share the code.", "You must not:\n- share the code.\n- copy the key."),
        ("Guests may share the code.", "Guests must not:\n- copy the key;\n- share the code."),
        ("Dogs are admitted.", "# Never admitted\n\n- Dogs"),
        ("Dogs are admitted.", "| Animal | Admitted? |\n|---|---|\n| Dogs | No |"),
    ],
)
def test_words_in_the_evidence_are_read_under_what_stands_above_them_there(claim: str, evidence: str) -> None:
    assert verdict(claim, evidence) != "PASS"


def test_a_list_is_read_item_by_item() -> None:
    text = "Guests must **not**:\n\n- copy the key;\n- share the code with\n  others."
    assert verdict("Guests must not share the code with others.", text) == "PASS"
    assert verdict("Dogs are not admitted.", "| Animal | Admitted? |\n|---|---|\n| Dogs | No |") == "PASS"


def test_nothing_is_shown_by_no_evidence() -> None:
    assert verdict("Members may borrow a ladder.") == "UNKNOWN"


def test_scores_are_ordered_by_verdict() -> None:
    scorer = RuleScorer()
    passes = scorer.support("Tools are lent to members.", ["Members are lent tools."])
    unknown = scorer.support("Tools are lent to members on Mondays.", ["Members are lent tools."])
    fails = scorer.support("Tools are not lent to members.", ["Members are lent tools."])
    assert [it.verdict for it in (passes, unknown, fails)] == ["PASS", "UNKNOWN", "FAIL"]
    assert (passes.score or 0) >= 0.5 > (unknown.score or 0) > 0.3 >= (fails.score or 0)


def test_a_higher_threshold_makes_a_pass_unknown() -> None:
    claim, evidence = "Tools are lent to members.", ["Members are lent tools."]
    assert RuleScorer(Thresholds(1.0, 0.3)).support(claim, evidence).verdict == "UNKNOWN"


def test_marks_and_citations_are_no_words() -> None:
    assert plain("**Members** pay [3] 5 euros [P-7@1#2], [as said](https://a.b).").split() == (
        "Members pay 5 euros , as said.".split()
    )
    assert verdict("Members pay five euros [P-7@1#2].", "**Members** pay *5 euros*.") == "PASS"


def test_what_only_governs_evidence_supports_nothing_by_itself() -> None:
    found = RuleScorer().support(
        "Staff must never accept gifts.", ["- vouchers"], [("Staff must never accept gifts:",)]
    )
    assert found.verdict != "PASS"


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("The parcel cannot be insured.", "The parcel has no insurance fee."),
        ("The locker cannot be rented.", "There is no rental charge for the locker."),
        ("Members may not park.", "Members have no parking permit."),
        ("Deliveries are not made.", "There is no delivery charge."),
        ("The book can be renewed.", "The book has no renewal form."),
    ],
)
def test_what_a_denied_thing_is_named_after_is_not_denied(claim: str, evidence: str) -> None:
    assert RuleScorer().support(claim, [evidence]).verdict != "PASS"


def test_a_fee_that_is_none_is_no_fee() -> None:
    header = [["| Plan | Change fee |\n|---|---|"]]
    assert (
        RuleScorer().support("A Basic plan can be changed without a fee.", ["| Basic | none |"], header).verdict
        == "PASS"
    )
    assert RuleScorer().support("A Basic plan cannot be changed.", ["| Basic | none |"], header).verdict != "PASS"
