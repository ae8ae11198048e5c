import pytest

from evaluator.support.lexical.alignment import Alignment, Claim, Evidence
from evaluator.support.lexical.words import words_of
from evaluator.support.support_finding import Place


def aligned(claim: str, *evidence: str) -> Alignment:
    return Alignment.of(Claim.of(claim), Evidence.of(evidence))


def said(words: range, alignment: Alignment) -> list[str]:
    return [alignment.evidence.words.words[at] for at in words]


def test_words_keep_their_places_and_lose_a_possessive_s() -> None:
    words = words_of("The buyer’s label, don't")
    assert words.words == ["the", "buyer", "label", "don't"]
    assert [words.text[start:end] for start, end in words.spans] == ["The", "buyer’s", "label", "don't"]


def test_a_citation_marker_is_no_part_of_a_claim() -> None:
    claim = Claim.of("Labels are free [3]. Opened items are not [P-7@3#2].")
    assert claim.quantities == []
    assert "3" not in claim.words.words


def test_quantities_and_negations_are_no_content_of_a_claim() -> None:
    claim = Claim.of("Damaged items may not be returned after 30 days")
    assert [claim.words.words[at] for at in claim.content] == ["damaged", "items", "returned"]


def test_a_name_is_a_capital_inside_a_sentence() -> None:
    claim = Claim.of("Refunds in Norway need iOS")
    names = [claim.words.words[at] for at in claim.content if claim.is_name(at)]
    assert names == ["norway", "ios"]


def test_the_best_sentence_is_found_wherever_it_stands() -> None:
    filler = "Nothing here is of use. " * 40
    found = aligned("Damaged items are eligible", f"{filler}Damaged items within 30 days are eligible. {filler}")
    assert said(found.best, found) == ["damaged", "items", "within", "30", "days", "are", "eligible"]
    assert found.coverage() == 1.0


def test_a_claim_that_three_sentences_make_together_is_covered() -> None:
    found = aligned("Damaged items ship free", "Items are checked. They are damaged at times. We ship them free.")
    assert found.coverage() == 1.0
    apart = aligned("Damaged items ship free", "Items." + " A word." * 5 + " Damaged. We ship free.")
    assert apart.coverage() < 1.0


def test_order_tells_who_did_what() -> None:
    same = aligned("Buyers pay sellers", "Buyers pay sellers at once")
    turned = aligned("Buyers pay sellers", "Sellers pay buyers at once")
    assert same.order() == 1.0
    assert turned.order() == 0.0
    assert same.coverage() == turned.coverage() == 1.0


def test_focus_is_the_share_of_the_sentence_that_the_claim_says() -> None:
    assert aligned("Items ship", "Items ship").focus() == 1.0
    assert aligned("Items ship", "Items ship slowly from Sweden").focus() < 1.0


def test_the_rarer_word_weighs_more() -> None:
    claim = "Metacritic year"
    assert aligned(claim, "metacritic").coverage() > 0.5 > aligned(claim, "year").coverage()


def test_a_place_names_the_text_and_its_own_offsets() -> None:
    evidence = Evidence.of(["One.", "Two three."])
    start, end = evidence.words.spans[2]
    assert evidence.place(start, end) == Place(1, 4, 9)


def test_the_place_of_a_sentence_has_its_last_mark_and_ends_with_its_text() -> None:
    evidence = Evidence.of(["One. Two!  Three", "Four."])
    places = [evidence.sentence_place(evidence.sentence(number)) for number in range(4)]
    assert places == [Place(0, 0, 4), Place(0, 5, 9), Place(0, 11, 16), Place(1, 0, 5)]


@pytest.mark.parametrize(("claim", "evidence"), [("", []), ("?", ["!"]), ("Words", []), ("Words", [""]), ("5", ["5"])])
def test_texts_without_words_align_too(claim: str, evidence: list[str]) -> None:
    found = aligned(claim, *evidence)
    assert 0 <= found.coverage() <= 1
    assert 0 <= found.order() <= 1
    assert 0 <= found.focus() <= 1
