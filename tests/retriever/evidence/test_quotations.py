"""Quotations as people copy them: from the rendered page, whole, and with their place in the source."""

import pytest

from indexer.text.split import Splitter
from retriever.evidence.quotations import folded, quotation
from tests.fakes import word_offsets

SPLITTER = Splitter(word_offsets, "0")


def place(quote: str, source: str) -> str | None:
    """The part of the source that a quotation stands for, in the passages of the source."""
    found = quotation(quote, source, [(span.start, span.end) for span in SPLITTER.split(source)])
    return None if found is None else source[found.start : found.end]


@pytest.mark.parametrize(
    ("source", "quote", "found"),
    [
        ("Guests *must* **pay**.", "Guests must pay.", "Guests *must* **pay**."),
        (
            'See [the form](https://a.b/c "30 days") first.',
            "the form first.",
            'the form](https://a.b/c "30 days") first.',
        ),
        ("See [the form][f] first.\n\n[f]: https://a.b/30 'x'\n", "See the form first.", "See [the form][f] first."),
        ("Write to <https://a.b/c>.", "Write to https://a.b/c.", "Write to <https://a.b/c>."),
        ("Press ![the bell](bell.png) twice.", "Press the bell twice.", "Press ![the bell](bell.png) twice."),
        ("Use `--now` here.", "Use --now here.", "Use `--now` here."),
        ("Five \\* six.", "Five * six.", "Five \\* six."),
        ("Bed &amp; breakfast &copy; 2020.", "Bed & breakfast © 2020.", "Bed &amp; breakfast &copy; 2020."),
        ("A long\u00adish word.", "A longish word.", "A long\u00adish word."),
        ("First<br>second.", "First second.", "First<br>second."),
        ("H<sub>2</sub>O is free.", "H2O is free.", "H<sub>2</sub>O is free."),
        ("One line  \nand two.", "One line and two.", "One line  \nand two."),
        ("> Guests may\n> smoke.", "Guests may smoke.", "Guests may\n> smoke."),
        ("| a | b |\n|---|---|\n| Gift | 5 |", "Gift 5", "Gift | 5"),
        ("| a | b |\n|---|---|\n| Gift | 5 |", "| Gift | 5 |", "Gift | 5"),
        ("- beer\n- wine\n", "beer wine", "beer\n- wine"),
        ("- beer\n- wine\n", "• beer\n• wine", "beer\n- wine"),
        ("Paid in 30 days[^1] here.\n\n[^1]: Or so.\n", "Paid in 30 days here.", "Paid in 30 days[^1] here."),
        ("Paid in 30 days² of it.", "30 days of it.", "30 days² of it."),
        ("<p>No <b>refund</b> &amp; no cash</p>\n", "No refund & no cash", "No <b>refund</b> &amp; no cash"),
        ("It can’t – ever.", "It can't - ever.", "It can’t – ever."),
        ("Guests *must* pay.", "Guests *must* pay.", "Guests *must* pay."),
        ("Guests must *not ever* pay.", "not ever* pay.", "not ever* pay."),
        ("**Guests pay 5 euros.** Now.", "**Guests pay", "Guests pay"),
        ("| a | b |\n|---|---|\n| `_id` | 5 | 2*3 |", "| `_id` | 5", "id` | 5"),
        ("```\nmake  it\n```", "make it", "make  it"),
    ],
)
def test_words_are_quoted_as_they_are_read(source: str, quote: str, found: str) -> None:
    assert place(quote, source) == found


@pytest.mark.parametrize(
    ("source", "quote"),
    [
        ('See [the form](https://a.b/secret "in 60 days").', "secret"),
        ('See [the form](https://a.b/c "in 60 days").', "in 60 days"),
        ("Paid in 30 days. <!-- 60 days -->", "60 days"),
        ("<p title='60 days'>In 30 days</p>", "60 days"),
        ("<p>In 30 days<!-- 60 days --></p>", "60 days"),
        ("<style>p { color: red }</style><p>Shown</p>", "red"),
        ("Guests must pay.", "Guests may pay."),
        ("Guests must not pay.", "Guests must pay."),
        ("", "words"),
        ("Words.", ""),
    ],
)
def test_what_no_reader_of_the_page_sees_is_no_quotation(source: str, quote: str) -> None:
    assert place(quote, source) is None


@pytest.mark.parametrize(
    ("source", "cut", "whole"),
    [
        ("A fee of 7.25% applies.", "fee of 7", "fee of 7.25% applies"),
        ("A fee of 7.25% applies.", "25% applies", "7.25%"),
        ("A fee of 7.25% applies.", "fee of 7.25", "fee of 7.25%"),
        ("Pay $2,400 a year.", "400 a year", "$2,400 a year"),
        ("Pay $2,400 a year.", "Pay $2", "Pay $2,400"),
        ("Pay $2,400 a year.", "2,400 a year", "Pay $2,400 a year."),
        ("Pay 2 400 EUR a year.", "400 EUR a year", "2 400 EUR a year"),
        ("Pay 50 € a year.", "Pay 50", "Pay 50 €"),
        ("Pay 1.200,50 a year.", "200,50 a year", "1.200,50 a year"),
        ("Store below -18 degrees.", "18 degrees", "-18 degrees"),
        ("See clause 7.3(c) there.", "clause 7", "clause 7.3(c)"),
        ("See clause 7.3(c) there.", "clause 7.3", "7.3(c) there."),
        ("Leave by 10:30 on Sundays.", "Leave by 10", "Leave by 10:30"),
        ("Due on 2031-05-06 at last.", "Due on 2031", "Due on 2031-05-06"),
        ("Due on 06/05/2031 at last.", "05/2031 at last", "06/05/2031 at last"),
        ("Half is 1½ days.", "Half is 1", "1½ days"),
        ("Half is 1½ days.", "11⁄2 days", "Half is 1½"),
        ("At most 10³ units.", "103 units", "10³ units"),
        ("At most 10³ units.", "At most 10", "At most 10³"),
        ("It is non-transferable.", "transferable", "non-transferable"),
        ("Guests don't pay.", "Guests don", "Guests don't"),
        ("In 27 days.", "7 days", "27 days"),
        ("Stays of 5-10 nights.", "10 nights", "5-10 nights"),
        ("Use form K-9B.", "form K", "form K-9B"),
        ("Over half (50%) left.", "Over half (50", "(50%)"),
    ],
)
def test_a_quotation_cuts_no_number_and_no_word(source: str, cut: str, whole: str) -> None:
    assert place(cut, source) is None
    assert place(whole, source) == whole


def test_of_several_places_the_one_that_cuts_nothing_is_meant() -> None:
    source = "Within 27 days, or 7 days."
    found = quotation("7 days", source, [(0, len(source))])
    assert found is not None
    assert found.start == source.rindex("7 days")


@pytest.mark.parametrize("quote", ["软件不可退", "可退货。运费", "三十天内"])
def test_scripts_without_spaces_are_quoted_from_anywhere(quote: str) -> None:
    assert place(quote, "损坏的商品可在三十天内退货。已拆封的软件不可退货。运费由公司承担。") == quote


def test_numbers_in_scripts_without_spaces_are_whole() -> None:
    assert place("0天内", "请在30天内退货。") is None
    assert place("30天内", "请在30天内退货。") == "30天内"


def test_words_that_are_struck_through_are_told() -> None:
    source = "Open ~~daily~~ on Sundays."
    found = quotation("Open daily on Sundays.", source, [(0, len(source))])
    assert found is not None
    assert found.struck
    found = quotation("on Sundays.", source, [(0, len(source))])
    assert found is not None
    assert not found.struck


def test_folding_changes_no_number() -> None:
    assert folded("10² and 1½ and ﬁne ①") == "10² and 1½ and fine 1"
    assert folded("a\u00ad\u200bb  “c” – d") == 'ab "c" - d'
