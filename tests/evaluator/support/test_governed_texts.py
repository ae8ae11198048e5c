"""Evidence with what governs it before each of its sentences."""

from evaluator.support.governed_texts import GovernedTexts
from evaluator.support.support_finding import Place, SupportFinding

LENT = ["- a ladder\n- any saw. It has a motor."]
RULE = [["Members must not lend:"]]


def test_the_governing_words_stand_before_each_item_and_each_sentence() -> None:
    assert GovernedTexts.of(LENT, RULE).texts == (
        "Members must not lend: a ladder",
        "Members must not lend: any saw.",
        "Members must not lend: It has a motor.",
    )
    assert GovernedTexts.of(LENT, RULE, run_on=True).texts[0] == "Members must not lend a ladder"


def test_the_outermost_words_come_first() -> None:
    assert GovernedTexts.of(["a ladder"], [["Not allowed", "Lending  of:\n"]]).texts == (
        "Not allowed Lending of: a ladder",
    )


def test_text_that_nothing_governs_stays_whole() -> None:
    both = GovernedTexts.of(["a ladder", "- one\n- two", "three"], [["Lend:"], []])
    assert both.texts == ("Lend: a ladder", "- one\n- two", "three")


def test_a_place_is_that_of_the_evidence_and_none_in_the_governing_words() -> None:
    governed = GovernedTexts.of(LENT, RULE)
    head = len("Members must not lend: ")
    assert governed.place(Place(1, head, head + 7)) == Place(0, 13, 20)
    assert LENT[0][13:20] == "any saw"
    assert governed.place(Place(1, 0, head + 7)) == Place(0, 13, 20)
    assert governed.place(Place(1, 0, 7)) is None
    found = [SupportFinding("aligned", 0, 1, Place(0, 0, 7), ""), SupportFinding("aligned", 0, 1, None, "")]
    assert [it.place for it in governed.findings(found)] == [None, None]


def test_a_text_without_words_says_nothing() -> None:
    assert GovernedTexts.of(["---"], RULE).texts == ()
