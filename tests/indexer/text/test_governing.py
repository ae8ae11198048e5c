"""Governing words and blocks, kind by kind, in the words of made-up policies."""

import inspect
import re
import sys
import time
from collections.abc import Sequence

import pytest

from benchmarks._hostile_text import FAMILIES
from indexer.text.blocks import Structure, wording
from indexer.text.governing import DEEPEST, NOTES, derived
from indexer.text.split import Splitter
from policies.revision import Span
from tests.fakes import word_offsets as token_offsets


def read(text: str, spans: Sequence[Span] | None = None, title: str = "Rules") -> tuple[Structure, list[Span]]:
    found = Splitter(token_offsets, "fake").split(text) if spans is None else list(spans)
    return derived(title, text, found, lambda words: len(token_offsets(words))), found


def blocks(text: str, most: int = 200) -> list[str]:
    """The words of each block."""
    structure, _ = read(text)
    return [structure.words(first, last) for first, last in structure.blocks(most)]


def governed(text: str, words: str) -> list[tuple[str, str]]:
    """What governs the passage that holds some words, shown alone, by kind."""
    structure, spans = read(text)
    (ordinal,) = [n for n, span in enumerate(spans, start=1) if words in text[span.start : span.end]]
    span = spans[ordinal - 1]
    found = structure.governs(ordinal, ordinal, span.start, span.end)
    return [(item.kind, text[item.start : item.end]) for item in found]


NESTED = "Guests must not bring:\n\n- animals, except\n  - guide dogs\n  - cats in a basket\n- loudspeakers\n"


def test_list_is_read_with_its_lead_in() -> None:
    assert blocks(NESTED) == [
        "Guests must not bring:\n- animals, except\n  - guide dogs\n  - cats in a basket\n- loudspeakers"
    ]


def test_each_passage_knows_what_governs_it_alone() -> None:
    assert governed(NESTED, "loudspeakers") == [("lead_in", "Guests must not bring:")]
    assert governed(NESTED, "guide dogs") == [
        ("lead_in", "Guests must not bring:"),
        ("parent_item", "animals, except"),
    ]
    assert governed(NESTED, "Guests must") == []


def test_block_shows_nothing_twice() -> None:
    structure, spans = read(NESTED)
    first, last = structure.blocks()[0]
    assert structure.governs(first, last, spans[0].start, spans[-1].end) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Guests must not bring:",
        "**Guests must not bring:**",
        "🚫 _Leave these at home:_",
        "The following are refused.",
        "Here is what we refuse.",
        "Members agree that they",
        "You lose your place if –",
        "**Refused**",
    ],
)
def test_paragraph_introduces(sentence: str) -> None:
    text = f"{sentence}\n\n- animals\n- fire\n"
    assert [words for _, words in governed(text, "fire")] == [sentence]


@pytest.mark.parametrize("sentence", ["We love our guests.", "We use tools such as those below.", "Ask us first!"])
def test_doubtful_paragraph_governs_nothing(sentence: str) -> None:
    text = f"{sentence}\n\n- animals\n- fire\n"
    assert governed(text, "fire") == []
    assert len(blocks(text)) == 1  # but it is read with the list right behind it


def test_only_the_last_sentence_introduces() -> None:
    text = "We are glad that you come. Guests must not bring:\n\n- fire\n"
    assert governed(text, "fire") == [("lead_in", "Guests must not bring:")]


def test_short_last_sentence_needs_the_one_before_it() -> None:
    text = "Some things must stay at home. They are:\n\n- fire\n"
    assert governed(text, "fire") == [("lead_in", "Some things must stay at home. They are:")]


TABLE = (
    "Fees are as follows.\n\n| Room | Deposit |\n|:--|--:|\n| **Hall** | 200 EUR |\n| Attic [plan](x.pdf) | none |\n"
)


def test_table_names_its_columns() -> None:
    assert blocks(TABLE) == ["Fees are as follows.\n- Room: Hall; Deposit: 200 EUR\n- Room: Attic plan; Deposit: none"]
    assert governed(TABLE, "Hall") == [("lead_in", "Fees are as follows."), ("table_header", "| Room | Deposit |")]


LETTERED = (
    "The tenant shall not:\n\n(a) sublet the room;\n\n(b) change the lock, save\n\n(i) in an emergency;\n\n"
    "(ii) with our consent; or\n\n(c) keep a fire.\n\nThe tenant may:\n\n(a) sublet the room;\n\n(b) paint it.\n"
)


def test_lettered_paragraphs_are_read_with_their_chapeau() -> None:
    assert blocks(LETTERED) == [
        "The tenant shall not:\n(a) sublet the room;\n(b) change the lock, save\n  (i) in an emergency;\n"
        "  (ii) with our consent; or\n(c) keep a fire.",
        "The tenant may:\n(a) sublet the room;\n(b) paint it.",
    ]
    assert governed(LETTERED, "with our consent") == [
        ("chapeau", "The tenant shall not:"),
        ("parent_item", "(b) change the lock, save"),
    ]


def test_same_words_under_permission_and_prohibition_differ() -> None:
    structure, spans = read(LETTERED)
    places = [n for n, span in enumerate(spans, start=1) if "sublet" in LETTERED[span.start : span.end]]
    found = [[LETTERED[it.start : it.end] for it in structure.governs(n, n, 0, 0)] for n in places]
    assert found == [["The tenant shall not:"], ["The tenant may:"]]


def test_items_that_letter_themselves_nest() -> None:
    text = "* (a) You must:\n* (i) wait;\n* (ii) pay.\n* (b) You may leave.\n"
    assert governed(text, "(ii)") == [("parent_item", "(a) You must:")]
    assert governed(text, "(b)") == []


def test_letters_that_do_not_follow_each_other_are_no_list() -> None:
    text = "(a) One thing.\n\n(d) Another thing.\n"
    assert blocks(text) == ["(a) One thing.", "(d) Another thing."]


def test_what_closes_a_list_belongs_to_it() -> None:
    text = "If a guest\n\n- shouts,\n- smokes,\n\nwe may end the stay.\n\nBreakfast is at eight.\n"
    assert blocks(text) == ["If a guest\n- shouts,\n- smokes,\nwe may end the stay.", "Breakfast is at eight."]
    assert governed(text, "smokes") == [("lead_in", "If a guest"), ("list_closing", "we may end the stay.")]


def test_paragraph_that_only_introduces_goes_with_what_it_introduces() -> None:
    assert blocks("Please note:\n\nDeposits are not paid back.\n\nThank you.\n") == [
        "Please note:\nDeposits are not paid back.",
        "Thank you.",
    ]
    assert governed("Please note:\n\nDeposits are not paid back.\n", "Deposits") == [("lead_in", "Please note:")]


@pytest.mark.parametrize(
    "heading",
    [
        "Not covered",
        "Prohibited uses",
        "Examples of abuse",
        "What you may do",
        "Stays are _not_ paid back for",
        "We pay for:",
        "Is there a deposit?",
        "Every claim ...",
    ],
)
def test_heading_that_decides_governs(heading: str) -> None:
    text = f"# Rules\n\n## {heading}\n\n- broken glass\n\n## Contact\n\nWrite to us.\n"
    assert governed(text, "glass") == [("heading", heading)]
    assert governed(text, "Write") == []


def test_line_of_a_few_words_goes_with_what_it_names() -> None:
    text = "Ask us first.\n\nSmall pets\n\nThey may stay in the room.\n\nThe Old Mill\n\nMill Lane 4\n\nWrite to us.\n"
    assert blocks(text) == [
        "Ask us first.",
        "Small pets\nThey may stay in the room.",
        "The Old Mill\nMill Lane 4",
        "Write to us.",
    ]
    assert governed(text, "They") == []


def test_heading_that_only_names_governs_nothing() -> None:
    assert governed("## Deposits\n\n- 200 EUR\n", "EUR") == []
    assert governed("# Prohibited uses\n\nFire.\n", "Fire") == [("heading", "Prohibited uses")]
    structure, _ = read("# Prohibited uses\n\nFire.\n", title="Prohibited uses")
    assert structure.standings[0].governing == ()


def test_heading_inside_an_item_ends_with_it() -> None:
    text = "- ## Not allowed\n  fire\n- candles\n\nAfter the list.\n"
    assert [kind for kind, _ in governed(text, "fire")] == ["heading"]
    assert governed(text, "candles") == []
    assert governed(text, "After") == []


def test_open_paragraph_before_deeper_headings_governs_their_sections() -> None:
    text = "## Costs\n\nWe never pay for:\n\n### Travel\n\nFirst class.\n\n### Food\n\nWine.\n\n## Other\n\nAsk.\n"
    assert governed(text, "Wine") == [("lead_in", "We never pay for:"), ("heading", "Food")]
    assert governed(text, "Ask") == []


def test_emphasised_line_governs_what_stands_next_and_no_more() -> None:
    text = (
        "**Not allowed**\n\n- fire\n\nTowels are free.\n\n- one a day\n- two on Sundays\n\n**Allowed:** candles.\n\n"
        "**Never kept**\n\n| Record |\n|---|\n| badge |\n\n| Kept ten years |\n|---|\n| minutes |\n"
    )
    assert governed(text, "fire") == [("heading", "**Not allowed**")]
    for words in ("Towels", "one a day", "candles"):
        assert governed(text, words) == []
    assert governed(text, "badge") == [("heading", "**Never kept**"), ("table_header", "| Record |")]
    assert governed(text, "minutes") == [("table_header", "| Kept ten years |")]


def test_lines_used_as_headings_govern_the_paragraphs_behind_them_as_lines() -> None:
    text = "**Not refunded**\n\nGift cards.\n\nVouchers.\n\n- old ones\n\nAsk us.\n\n**Refunded**\n\nBooks.\n\nPens.\n"
    assert governed(text, "Gift cards") == [("heading", "**Not refunded**")]
    assert governed(text, "Vouchers") == [("bold_line", "**Not refunded**")]
    for words in ("Ask us", "Books", "Pens"):
        assert governed(text, words) == []
    alone = "**Not refunded**\n\nGift cards.\n\nVouchers.\n"
    assert governed(alone, "Vouchers") == []


@pytest.mark.parametrize(
    "html",
    [
        "<ul>\n<li>cash</li>\n\n<li>coins</li>\n</ul>\n",
        "<ul>\n\n<li>cash</li>\n\n<li>coins</li>\n\n</ul>\n",
        "<dl>\n<dt>cash</dt>\n<dd>never</dd>\n\n<dt>coins</dt>\n<dd>never</dd>\n</dl>\n",
        "<table>\n<tr><td>cash</td></tr>\n\n<tr><td>coins</td></tr>\n</table>\n",
    ],
)
def test_lists_and_tables_of_html_that_blank_lines_cut_are_read_under_their_lead_in(html: str) -> None:
    text = f"We never accept:\n\n{html}\nAsk the desk.\n"
    assert governed(text, "coins") == [("lead_in", "We never accept:")]
    assert governed(text, "Ask the desk") == []
    assert len(blocks(text)) == 2


def test_header_cells_of_html_govern_the_rows_behind_them() -> None:
    header = "<tr><th>Item</th><th>Not refunded</th></tr>"
    text = f"<table>\n{header}\n\n<tr><td>Gift</td><td>5</td></tr>\n\n<tr><td>Book</td><td>7</td></tr>\n</table>\n"
    assert governed(text, "Book") == [("table_header", header)]


def test_terms_govern_their_definitions() -> None:
    text = "Never refunded\n\n: Gift cards\n\n: Vouchers\n\nRefunded\n\n: Books\n"
    assert governed(text, "Vouchers") == [("lead_in", "Never refunded")]
    assert governed(text, "Books") == [("lead_in", "Refunded")]
    assert blocks(text) == ["Never refunded\n: Gift cards\n: Vouchers", "Refunded\n: Books"]


def test_items_of_a_list_of_tasks_keep_their_boxes_under_their_lead_in() -> None:
    text = "You must not travel before you:\n\n- [x] book\n- [ ] pay\n"
    assert governed(text, "pay") == [("lead_in", "You must not travel before you:")]
    assert blocks(text) == ["You must not travel before you:\n- [x] book\n- [ ] pay"]


def test_words_of_comments_neither_govern_nor_stand_anywhere() -> None:
    text = "Managers <!-- except Smith --> decide:\n\n- fire <!-- really? -->\n- water\n\n"
    text += "## Fees <!-- not allowed -->\n\nOne.\n"
    assert blocks(text)[0] == "Managers decide:\n- fire\n- water"
    assert governed(text, "One.") == []


def test_question_is_read_with_its_answer_alone() -> None:
    text = (
        "**Is parking free?**\n\nYes.\n\nQ: May I bring a dog?\n\nA: No.\n\n"
        "Q: What can I not cancel?\n\nA:\n- the sauna\n- the boat\n"
    )
    assert blocks(text) == [
        "Is parking free?\nYes.",
        "Q: May I bring a dog?\nA: No.",
        "Q: What can I not cancel?\nA:\n- the sauna\n- the boat",
    ]
    assert [words for _, words in governed(text, "A: No.")] == ["Q: May I bring a dog?"]
    assert [words for _, words in governed(text, "the boat")] == ["Q: What can I not cancel?", "A:"]


def test_line_at_the_margin_introduces_the_items_after_it() -> None:
    text = "We will never ask for:\n- your password\n- your code\nWe may ask for\n- your name\n- your room\n"
    assert governed(text, "your password") == [("lead_in", "We will never ask for:")]
    assert governed(text, "your room") == [("lead_in", "We may ask for")]


@pytest.mark.parametrize(
    "list_of", ["- fly to\nNew York\n- stay at home\n", "(a) fly to\nNew York\n\n(b) stay at home\n"]
)
def test_line_that_was_only_wrapped_introduces_nothing(list_of: str) -> None:
    assert [words for _, words in governed(f"You may not:\n\n{list_of}", "stay")] == ["You may not:"]


def test_lines_after_an_opening_end_with_the_first_sentence() -> None:
    text = (
        "Closed since May:\n\nThe pool\n\nThe sauna\n\nAll else is open every day.\n\n"
        "- Breakfast is at eight\n- Lunch is at one\n"
    )
    assert governed(text, "The sauna") == [("lead_in", "Closed since May:")]
    assert governed(text, "All else") == []
    assert governed(text, "Lunch") == []


def test_line_between_two_lists_introduces_the_second_one() -> None:
    text = (
        "We keep the deposit if\n- a lamp is broken\n\nand we return it if\n- you tell us first\n- nothing is broken\n"
    )
    assert governed(text, "a lamp") == [("lead_in", "We keep the deposit if")]
    assert governed(text, "tell us") == [("lead_in", "and we return it if")]


def test_heading_below_one_that_decides_governs_too() -> None:
    text = "# Rules\n\n## No discount on\n\n- books\n\n### Used books\n\n- novels\n"
    assert governed(text, "novels") == [("heading", "No discount on"), ("heading", "Used books")]


def test_only_first_heading_of_the_top_level_is_the_title() -> None:
    assert governed("# Acceptable use\n\nAsk first.\n", "Ask") == []
    assert governed("# Prohibited use\n\nAsk first.\n", "Ask") == [("heading", "Prohibited use")]


@pytest.mark.parametrize(
    "closing", ["None of these is paid back.", "This does not apply to children.", "All of the above need a receipt."]
)
def test_sentence_about_the_whole_list_closes_it(closing: str) -> None:
    text = f"- boats\n- skis\n\n{closing}\n\nBreakfast is at eight.\n"
    assert governed(text, "skis") == [("list_closing", closing)]
    assert blocks(text)[0].endswith(closing)


def test_numbered_list_goes_on_after_a_paragraph() -> None:
    text = "You must not:\n\n1. take photos\n\nPhotos of the hall are fine.\n\n2. bring guests\n3. eat here\n"
    assert governed(text, "eat here") == [("lead_in", "You must not:")]
    assert governed(text, "Photos of the hall") == []


@pytest.mark.parametrize(
    "lines", ["a) breach clause 2,\nb) close your shop,", "i. breach clause 2,\nii. close your shop,"]
)
def test_lettered_lines_of_one_paragraph_are_a_list(lines: str) -> None:
    text = f"The licence ends at once if you\n\n{lines}\n\nunless we agree otherwise.\n"
    assert len(blocks(text)) == 1
    assert [kind for kind, _ in governed(text, "breach")] == ["chapeau", "list_closing"]


def test_pointing_paragraph_reaches_past_one_that_introduces_nothing() -> None:
    text = "We do not ship to the islands below.\n\nThey change often. Ask us first.\n\n- Foula\n- Fetlar\n"
    assert governed(text, "Fetlar") == [("lead_in", "We do not ship to the islands below.")]


def test_rule_between_lead_in_and_list_parts_nothing() -> None:
    assert governed("No bonus is paid to\n\n---\n\n- interns\n- guests\n", "guests") == [
        ("lead_in", "No bonus is paid to")
    ]


def test_heading_in_html_is_a_heading() -> None:
    text = "<h3>Not covered</h3>\n\n- skis\n- boats\n\n## Contact\n\nWrite to us.\n"
    assert governed(text, "boats") == [("heading", "<h3>Not covered</h3>")]
    assert governed(text, "Write") == []


def test_footnote_of_a_lead_in_or_header_belongs_to_each_item() -> None:
    text = "Leave is paid[^p] for:\n\n- births\n- moves\n\n| Pay[^p] |\n|---|\n| full |\n\n[^p]: Not for guests.\n"
    assert ("footnote", "Not for guests.") in governed(text, "moves")
    assert ("footnote", "Not for guests.") in governed(text, "full")


def test_flat_items_that_end_open_have_the_items_after_them() -> None:
    text = "- Guests must not:\n- smoke\n- shout\n- Guests may:\n- sing\n"
    assert governed(text, "shout") == [("parent_item", "Guests must not:")]
    assert governed(text, "sing") == [("parent_item", "Guests may:")]


def test_list_broken_off_by_another_one_keeps_its_parent() -> None:
    text = "1. You may not:\n\n- shout\n- smoke\n\n2. You may:\n\n- sing\n"
    assert governed(text, "smoke") == [("parent_item", "You may not:")]
    assert governed(text, "sing") == [("parent_item", "You may:")]


def test_comment_between_lead_in_and_list_parts_nothing() -> None:
    text = "We never accept:\n\n<!-- checked by legal -->\n\n- cash\n- coins\n"
    assert governed(text, "coins") == [("lead_in", "We never accept:")]


def test_two_lists_under_one_lead_in() -> None:
    text = "We never accept:\n\n- cash\n\n```\ncheques\n```\n\n* coins\n"
    for words in ("cash", "cheques", "coins"):
        assert governed(text, words) == [("lead_in", "We never accept:")]


@pytest.mark.parametrize(
    ("reference", "note"),
    [
        ("Deposits come back.[^1]", "[^1]: Except after damage."),
        ("Deposits come back†.", "† Except after damage."),
        ("Deposits come back.*", "\\* Except after damage."),
        ("Deposits come back.<sup>1</sup>", "<sup>1</sup> Except after damage."),
        ("Deposits come back.¹", "¹ Except after damage."),
    ],
)
def test_footnote_and_reference_belong_together(reference: str, note: str) -> None:
    text = f"{reference}\n\nOther *words* here.\n\n{note}\n"
    assert [kind for kind, _ in governed(text, "Deposits")] == ["footnote"]
    assert governed(text, "Deposits")[0][1].endswith("Except after damage.")
    assert governed(text, "Except") == [("footnote", reference)]
    assert governed(text, "Other") == []


def test_sentence_that_was_cut_stays_in_one_block() -> None:
    text = " ".join(f"word{n}" for n in range(250)) + ".\n"
    structure, spans = read(text)
    assert len(spans) == 2
    assert structure.blocks() == [(1, 2)]


def test_pieces_that_count_in_a_sentence_keep_its_beginning() -> None:
    parts = [f"({label}) " + " ".join(f"w{n}" for n in range(150)) for label in ("i", "ii", "iii", "iv")]
    text = f"The guest shall not {'; '.join(parts)}.\n"
    structure, spans = read(text)
    assert len(spans) > 2
    for ordinal, span in enumerate(spans[1:-1], start=2):
        found = structure.governs(ordinal, ordinal, span.start, span.end)
        assert [text[it.start : it.end] for it in found if it.kind == "chapeau"] == ["The guest shall not"]


def test_long_list_is_cut_into_even_runs_that_keep_its_lead_in() -> None:
    text = "Guests must not bring:\n\n" + "".join(f"- thing number {n} of many words\n" for n in range(60))
    structure, spans = read(text)
    runs = structure.blocks()
    sizes = [structure.tokens(*run) for run in runs]
    assert runs[0][0] == 1
    assert runs[0][1] > 2
    assert max(sizes) <= 200
    assert max(sizes) < 1.6 * min(sizes)
    for first, last in runs[1:]:
        (found,) = structure.governs(first, last, spans[first - 1].start, spans[last - 1].end)
        assert text[found.start : found.end] == "Guests must not bring:"


def test_words_are_those_of_the_rendered_page() -> None:
    text = (
        'Returns are *free* within&nbsp;30 days, see [the form](https://x.example/hidden "title") <!-- 60 days -->\n'
        "and `code`\\*.\n\n<p>No <b>refund</b><!-- ever --> here</p>\n\n3. third\n1. fourth\n"
    )
    assert blocks(text) == [
        "Returns are free within 30 days, see the form and code*.",
        "No refund here",
        "3. third\n4. fourth",
    ]


def test_passage_without_words_has_none() -> None:
    text = "<!-- Returns within 60 days. -->\n\nReturns within 30 days.\n"
    structure, _ = read(text, [Span(0, 32, (), ()), Span(34, 57, (), ())])
    assert [standing.words for standing in structure.standings] == ["", "Returns within 30 days."]


def test_spans_of_an_older_splitter_are_covered() -> None:
    text = "Guests must not bring:\n\n- fire\n- animals\n\nThank you.\n"
    structure, _ = read(text, [Span(0, 40, (), ()), Span(42, 52, (), ())])
    assert structure.blocks() == [(1, 1), (2, 2)]
    assert read(text, [])[0].blocks() == []


def test_marks_without_end_take_time_that_grows_with_the_text() -> None:
    for hostile in (
        "- " * 3000,
        "(a) x\n\n" * 3000,
        "note:\n\n" * 3000,
        "[^1] \n\n[^1]: x\n\n" * 1000,
        "† x\n\n" * 2000,
    ):
        structure, spans = read(hostile)
        assert [last for _, last in structure.blocks()][-1:] == [len(spans)][: len(spans)]


OPENINGS_IN_LISTS = "".join(
    f"{'  ' * level}{mark}level {level}:\n\n" for level in range(45) for mark in ("- ", *["  "] * 6)
)


def from_calls(calls: int, text: str) -> tuple[Structure, bytes, list[tuple[int, int]]]:
    """What is read by someone who stands so many calls deep."""
    if calls:
        return from_calls(calls - 1, text)
    structure, _ = read(text)
    return structure, wording(structure), structure.blocks(20)


@pytest.mark.parametrize(
    "text",
    [
        OPENINGS_IN_LISTS,
        "- " * 3000 + "a",
        "> " * 3000 + "a",
        "> - " * 1000 + "a",
        "note:\n\n" * 300,
        "".join(f"{'  ' * level}- (a) x:\n{'  ' * level}- (i) y:\n" for level in range(48)),
        f"{'![' * 500}a{'](b)' * 500}",
        "<b><ul><li>" * 500,
    ],
)
def test_how_deep_the_caller_stands_changes_nothing(text: str) -> None:
    assert from_calls(300, text) == from_calls(0, text)


def test_caller_with_hardly_any_stack_left_reads_the_same_structure() -> None:
    spans = read(OPENINGS_IN_LISTS)[1]

    def structure(calls: int) -> Structure:
        return structure(calls - 1) if calls else read(OPENINGS_IN_LISTS, spans)[0]

    left = sys.getrecursionlimit() - len(inspect.stack(0))
    assert structure(left - 80) == structure(0)


def test_text_at_which_a_parser_fails_on_any_stack_has_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def outline(text: str) -> None:
        raise RecursionError

    monkeypatch.setattr("indexer.text.governing.outline", outline)
    assert [standing.words for standing in read(NESTED)[0].standings] == [""] * 5


def test_words_in_lists_that_are_too_deep_keep_their_words_and_what_governs_them_further_up() -> None:
    text = "Guests must not bring:\n\n" + "".join(f"{'  ' * level}- item {level}:\n" for level in range(40))
    text += f"{'  ' * 40}- fire\n\n{'  ' * 41}| Room |\n{'  ' * 41}|---|\n{'  ' * 41}| Hall |\n"
    structure, spans = read(text)
    assert len(spans) == 43
    assert all(standing.words for standing in structure.standings)
    assert structure.standings[-1].words.endswith("- Room: Hall")
    above = [("lead_in", "Guests must not bring:"), *(("parent_item", f"item {level}:") for level in range(DEEPEST))]
    assert governed(text, "fire") == above
    assert governed(text, "Hall") == [*above, ("table_header", "| Room |")]
    assert governed(text, "item 12:") == above[:13]
    for most in (1, 20, 200):
        assert [n for first, last in structure.blocks(most) for n in range(first, last + 1)] == list(range(1, 44))


@pytest.mark.parametrize("family", ["open items", "lists of HTML", "closed lists of HTML", "footnotes of a lead-in"])
def test_long_text_is_read_in_seconds_where_it_took_minutes(family: str) -> None:
    text = FAMILIES[family](100_000)
    spans = Splitter(token_offsets, "fake").split(text)
    begun = time.thread_time()
    derived("Rules", text, spans, len).blocks()
    assert time.thread_time() - begun < 10


def test_so_many_footnotes_of_a_lead_in_belong_to_each_item() -> None:
    marks = [f"[^{n}]" for n in range(NOTES + 5)]
    text = f"Leave is paid{''.join(marks)} for:\n\n- births\n- moves\n\n"
    text += "".join(f"{mark}: Note {n}.\n" for n, mark in enumerate(marks))
    notes = [words for kind, words in governed(text, "moves") if kind == "footnote"]
    assert notes == [f"Note {n}." for n in range(NOTES)]


def test_of_notes_with_one_mark_the_next_one_behind_a_reference_is_meant() -> None:
    text = "Fees.[^1]\n\n[^1]: First note.\n\nRent.[^1]\n\n[^1]: Second note.\n\nTax.[^1]\n"
    assert governed(text, "Fees.") == [("footnote", "First note.")]
    assert governed(text, "Rent.") == [("footnote", "Second note.")]
    assert governed(text, "Tax.") == [("footnote", "Second note.")]


def test_every_governing_span_is_a_slice_and_every_passage_in_one_block() -> None:
    for text in (NESTED, TABLE, LETTERED):
        structure, spans = read(text)
        for most in (1, 10, 30, 200):
            ordinals = [n for first, last in structure.blocks(most) for n in range(first, last + 1)]
            assert ordinals == list(range(1, len(spans) + 1))
            assert all(structure.block(n, most)[0] <= n <= structure.block(n, most)[1] for n in ordinals)
        assert all(re.search(r"\w", text[it.start : it.end]) for it in structure.governing)
