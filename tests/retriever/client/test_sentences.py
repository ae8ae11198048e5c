"""Sentences of a stream: where they end, and that no cut moves an end."""

import random
import time

import pytest

from benchmarks._streamed_answers import streamed
from retriever.client.quoted_words import LONGEST_QUOTATION
from retriever.client.sentences import Sentences


def whole(text: str) -> list[str]:
    reader = Sentences()
    return reader.fed(text) + reader.ended()


def in_pieces(pieces: list[str] | list[bytes]) -> list[str]:
    reader = Sentences()
    return [sentence for piece in pieces for sentence in reader.fed(piece)] + reader.ended()


@pytest.mark.parametrize(
    "sentences",
    [
        ["One. ", "Two! ", "Three? ", "Four… ", "Five"],
        ["\n\n  One.\n\n", "Two"],
        ["It costs 1.5 euros, e.g. in the U.S. and in no. 7 of approx. 30 shops. ", "Dr. A. Smith knows."],
        ["1. First item.\n", "2. Second item\n", "- third\n", "A. Fourth"],
        ["P-7.2@3#1 says so. ", "So does v1.2."],
        ["A line that goes\non in the next one. ", "Then a heading:\n", "## Rules\n\n", "the end"],
        ["Refunded. [P-7@2#1] ", "Next [1]. [2] ", "Then. (see P-7@2#1) ", "Last."],
        ["Refunded.[P-7@2#1] ", "Next. [P-7@2#1, P-6@1#1]. ", "Last. P-7@2#1; P-6@1#1\n", "End."],
        ["Refunded. ", "[P-7@2#1] says so. ", "P-7@2#1 says so. ", "[P-7@2#1]: so."],
        ["Refunded. [[1]](asof:P-7@2#1) ", "Next. <sup>1</sup> ", "Then. 【1†source】 ", "End."],
        ["Refunded. ", "[The label](https://a.b/c) is free."],
        ["Refunded.\n[P-7@2#1]\n[P-6@1#1]\n\n", "Sources:\n", "- [P-7@2#1]\n", "[P-6@1#1] says more."],
        ['It says "Refunded. Always." [P-7@2#1] ', "Next."],
        ["It says “Refunded.\n\nAlways.” [P-7@2#1] ", "Next."],
        ['"He wrote "Yes. No." here. And there." ', "Next."],
        ["„Ja. Nein.“ ", "«Oui. Non.» ", "»Ja. Nein.« ", "End."],
        ['A 5" screen. ', 'A 6" screen. ', "End."],
        ["日本語です。", "次。[P-7@2#1]", "End."],
        ["‘Yes. No.’ [P-7@2#1] ", "The customers’ ‘90s can’t say ‘so’. ", "‘Nobody’ closes ‘this.\n\n", "End."],
        ["Rule:\n\n", "> Yes. No.\n>\n> Maybe.\n\n[P-7@2#1]\n\n", "End."],
        ["Rule:\n", "1. > Yes. No.\n   > Maybe.\n", "2. > Yes.\r\n— P-7@2#1\r\n", "End."],
        ["[P-7@2#1] says:\n\n> Yes. No.\n> Maybe.\n\n", "> Yes. No."],
        ["[P-7@2#1]\n> Yes. No.\n", "Eligible [P-7@2#1].\n\n", "> Yes. No.\n\n", "Nothing says:\n", "> No. Yes."],
        ['"Is it?" asks the rule. ', '"It is." ', "So"],
    ],
)
def test_where_sentences_end(sentences: list[str]) -> None:
    text = "".join(sentences)
    assert whole(text) == sentences
    assert in_pieces(list(text)) == sentences
    assert in_pieces([bytes([byte]) for byte in text.encode()]) == sentences


def test_no_cut_moves_an_end() -> None:
    for seed in range(1000):
        stream = streamed(seed)
        found = whole(stream.text)
        assert "".join(found) == stream.text
        assert in_pieces(list(stream.pieces)) == found, seed


def test_a_sentence_is_given_as_soon_as_nothing_can_change_its_end() -> None:
    reader = Sentences()
    assert reader.fed("Refunded.") == []
    assert reader.fed(" ") == []
    assert reader.fed("[P-7@2#1") == []
    assert reader.fed("] N") == ["Refunded. [P-7@2#1] "]
    assert reader.fed("ext. ") == []
    assert reader.fed("Then ") == ["Next. "]
    assert reader.rest == "Then "


def test_a_mark_that_nobody_closes_holds_up_so_many_characters_and_no_more() -> None:
    reader = Sentences()
    text = 'It says "Refunded. ' + "Always so. " * (LONGEST_QUOTATION // 11 - 1)
    assert reader.fed(text) == []
    assert reader.fed("Then more and more.")[0] == 'It says "Refunded. '


def test_a_block_quote_holds_up_so_many_characters_and_no_more() -> None:
    reader = Sentences()
    assert reader.fed("> Refunded. " + "Always so.\n> " * (LONGEST_QUOTATION // 13 - 1)) == []
    assert reader.fed("Then more and more.\n> And more.\n")[0] == "> Refunded. "


def test_a_form_without_a_passage_belongs_to_the_sentence_before_it_like_a_handle() -> None:
    text = "Refunded. [P-7] Next. (P-7, passage 1) P-7@1. End. [Q-1] is unknown."
    reader = Sentences(["P-7@2#1"])
    assert reader.fed(text) + reader.ended() == [
        "Refunded. [P-7] ",
        "Next. (P-7, passage 1) ",
        "P-7@1. ",
        "End. ",
        "[Q-1] is unknown.",
    ]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert in_pieces([b"Refunded \xff. ", b"Next \xe2\x82"]) == ["Refunded \ufffd. ", "Next \ufffd"]


@pytest.mark.parametrize(
    "part", ['"a ', "[", "(1 ", "a. [", '. "', "\n[1]", "“", "P-7@2#1 ", "‘a ", "‘", "s’ ", "> a. ", "\n> a."]
)
def test_time_grows_with_the_text_alone(part: str) -> None:
    def taken(size: int) -> float:
        text = part * (size // len(part))
        began = time.process_time()
        in_pieces([text[at : at + 4] for at in range(0, len(text), 4)])
        return time.process_time() - began

    taken(1000)
    most = 10 * max(taken(10_000), 0.02)
    assert any(taken(40_000) < most for _ in range(2))


def test_pieces_may_be_text_and_bytes_by_turns() -> None:
    chance = random.Random(7)
    for seed in range(200):
        stream = streamed(seed)
        cut = chance.randrange(len(stream.text) + 1)
        assert in_pieces([stream.text[:cut], stream.text[cut:].encode()]) == whole(stream.text)  # type: ignore[list-item]
