"""Which words a sentence quotes, and beside which citation."""

import pytest

from benchmarks._streamed_answers import PLANTED, SHOWN
from evaluator.citations.cited import find_cited
from retriever.client.quoted_words import Cited, cited, quotations

EVIDENCE = sorted(SHOWN)


def quoted(sentence: str) -> list[tuple[str, str | None]]:
    return [(item.citation, item.quote) for item in cited(sentence, EVIDENCE)]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ('"a" and “b”, «c», „d“, „e”, »f«', ['"a"', "“b”", "«c»", "„d“", "„e”", "»f«"]),
        ('A 5" screen and a 6" one', []),
        ('He wrote "it says "final sale" here".', ['"it says "final sale" here"']),
        ("He wrote “it says “final sale” here”.", ["“it says “final sale” here”"]),
        ('("a")—"b"', ['"a"', '"b"']),
        ('nobody closes "this', []),
        ("« a »", ["« a »"]),
        ("‘a’ can’t be ‘b.’ or ‘the c’s d’", ["‘a’", "‘b.’", "‘the c’s d’"]),
        ("‘a ‘b’ c’ and (‘d’)", ["‘a ‘b’ c’", "‘d’"]),
        ("the customers’ ‘90s, Hawai‘i and ‚so‘, ’tis", []),
        ("‘nobody closes\n\nthis’", []),
    ],
)
def test_where_quotations_stand(text: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in quotations(text)] == marked


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ('It says "a b" [P-7@2#1].', [("P-7@2#1", "a b")]),
        ('It says "a b". [P-7@2#1]', [("P-7@2#1", "a b")]),
        ('It says "a b," (see P-7@2#1).', [("P-7@2#1", "a b")]),
        ("It says “a b” — according to P-7@2#1.", [("P-7@2#1", "a b")]),
        ("« a b » **[P-7@2#2-6]**", [("P-7@2#2-6", "a b")]),
        ('It says "a b" [P-7@2#1, 3; P-6@1#1].', [("P-7@2#1", "a b"), ("P-7@2#3", "a b"), ("P-6@1#1", "a b")]),
        ('"a" [P-7@2#1] or "b" [P-6@1#1].', [("P-7@2#1", "a"), ("P-6@1#1", "b")]),
        ('P-7@2#1 says: "a b".', [("P-7@2#1", "a b")]),
        ("[P-7@2#1] states that “a b” and so on.", [("P-7@2#1", "a b")]),
        ('According to [P-7@2#1], "a b" holds.', [("P-7@2#1", "a b")]),
        ('Returns end [P-7@2#1], "final sale" is out [P-6@1#1].', [("P-7@2#1", None), ("P-6@1#1", None)]),
        ('The customer wrote "a b", which is covered [P-7@2#1].', [("P-7@2#1", None)]),
        ('A screen of 5" [P-7@2#1].', [("P-7@2#1", None)]),
        ("and so on and on.” [P-7@2#1]", [("P-7@2#1", "and so on and on")]),
        ('The policy "P-7@2#1" applies.', [("P-7@2#1", None)]),
        ('It says "a" [2], and [9].', [("P-7@2#1", "a"), ("[9]", None)]),
        ("[1]: P-7@2#1, P-6@1#1\n", [("P-7@2#1", None), ("P-6@1#1", None)]),
        ("［1］: P-7@2#1\n", [("P-7@2#1", None)]),
        ("Nothing.", []),
        ("It says ‘a b’ [P-7@2#1].", [("P-7@2#1", "a b")]),
        ("It says ‘the a’s b’. [P-7@2#1]", [("P-7@2#1", "the a’s b")]),
        ("It says ‘the customers’ own b’ (P-7@2#1).", [("P-7@2#1", "the customers’ own b")]),
        ("It can’t be ‘a’ or ‘b’ [P-7@2#1].", [("P-7@2#1", "b")]),
        ("P-7@2#1 says: ‘a b’.", [("P-7@2#1", "a b")]),
        ("That is the customers’ [P-7@2#1].", [("P-7@2#1", None)]),
        ("It says `a b` [P-7@2#1].", [("P-7@2#1", None)]),
        ("> a. b.\n> c.\n\n[P-7@2#1]\n", [("P-7@2#1", "a. b.\nc")]),
        ("> a. b. [P-7@2#1]\n", [("P-7@2#1", "a. b")]),
        ("> a.\n> — P-7@2#1\n", [("P-7@2#1", "a")]),
        ("> “a b.”\n\n(see P-7@2#1)", [("P-7@2#1", "a b")]),
        ('> a "b" and "c".\n\n[P-7@2#1]', [("P-7@2#1", 'a "b" and "c"')]),
        ("[P-7@2#1] says:\n\n> a. b.\n", [("P-7@2#1", "a. b")]),
        ("According to [P-7@2#1]:\n> a.\n", [("P-7@2#1", "a")]),
        ("[P-7@2#1]\n> a.\n", [("P-7@2#1", "a")]),
        ("[P-7@2#1] says:\n\n> a.\n\n[P-6@1#1]\n", [("P-7@2#1", None), ("P-6@1#1", "a")]),
        ("> a [P-7@2#1].\n", [("P-7@2#1", None)]),
        ("> a. [P-7@2#1] b. [P-6@1#1]\n", [("P-7@2#1", None), ("P-6@1#1", None)]),
        ("> **Note:** a. [P-7@2#1]\n", [("P-7@2#1", None)]),
        ("> a.\n\nThat is what it says [P-7@2#1].", [("P-7@2#1", None)]),
    ],
)
def test_a_quotation_belongs_to_the_citation_beside_it(sentence: str, found: list[tuple[str, str | None]]) -> None:
    assert quoted(sentence) == found


def test_citations_in_one_bracket_are_one_group() -> None:
    assert [item.group for item in cited("A [P-7@2#1, P-6@1#1] or [P-6@1#1].", EVIDENCE)] == [0, 0, 1]
    assert cited("A [1].", EVIDENCE) == [Cited("P-6@1#1", None, 0)]


def test_what_the_evaluator_takes_for_a_quotation_is_checked_in_the_stream_too() -> None:
    """It reads a whole answer, gives a list's quotation to the first of the list, and looks only before citations."""
    for sentence, _ in PLANTED:
        theirs, ours = find_cited(sentence, EVIDENCE), quoted(sentence)
        assert [item.citation for item in theirs] == [citation for citation, _ in ours]
        for item, (_, quote) in zip(theirs, ours, strict=True):
            assert item.quote in (None, quote) or (quote is not None and item.quote in quote), sentence
