import pytest

from indexer.encoding.embedding import Encoder
from indexer.text.split import TOKEN_LIMIT, Splitter
from policies.revision import Span
from tests.fakes import FakeEncoder, word_offsets

DIGEST = FakeEncoder.tokenizer_digest


def splitter(limit: int = TOKEN_LIMIT) -> Splitter:
    return Splitter(word_offsets, DIGEST, limit)


def passages(text: str, limit: int = TOKEN_LIMIT) -> list[str]:
    return [text[span.start : span.end] for span in splitter(limit).split(text)]


def headings(text: str) -> list[tuple[str, ...]]:
    return [tuple(text[a:b] for a, b in span.headings) for span in splitter().split(text)]


def lead_ins(text: str) -> dict[str, tuple[str, ...]]:
    """Each passage with what introduces it, outermost first."""
    return {text[span.start : span.end]: tuple(text[a:b] for a, b in span.lead_ins) for span in splitter().split(text)}


def four_letters_a_token(text: str) -> list[tuple[int, int]]:
    return [
        (at, min(at + 4, last)) for first, last in word_offsets(text) for at in range(first, last, 4)
    ]  # fmt: skip


# Blocks


def test_each_paragraph_is_a_passage_and_short_ones_are_not_joined() -> None:
    assert passages("One.\n\nTwo.\n\n\nThree\ngoes on.\n") == ["One.", "Two.", "Three\ngoes on."]


def test_spans_count_code_points_from_the_first_character() -> None:
    assert splitter().split("  One.\n\nTwo. \n") == [Span(2, 6), Span(8, 12)]


@pytest.mark.parametrize("text", ["", " \n\t\n", "---\n\n***\n", "!!! ...\n\n- \n\n> \n", "🙂\n", "```\n```\n", "|\n"])
def test_a_text_without_words_has_no_passages(text: str) -> None:
    assert passages(text) == []


def test_list_items_stand_without_their_markers() -> None:
    text = "- one\n* two\n+ three\n1. four\n2) five\n- [ ] six\n"
    assert passages(text) == ["one", "two", "three", "four", "five", "[ ] six"]


def test_an_item_of_a_nested_list_has_every_lead_in_above_it() -> None:
    text = "Refunds are for:\n\n- damaged items, namely\n  1. glass\n  2. cloth\n- late items\n\nAfter.\n"
    assert lead_ins(text) == {
        "Refunds are for:": (),
        "damaged items, namely": ("Refunds are for:",),
        "glass": ("Refunds are for:", "damaged items, namely"),
        "cloth": ("Refunds are for:", "damaged items, namely"),
        "late items": ("Refunds are for:",),
        "After.": (),
    }


def test_only_the_last_sentence_before_a_list_leads_it_in() -> None:
    text = "We sell glass. You may return:\n- cups\n"
    assert lead_ins(text)["cups"] == ("You may return:",)


@pytest.mark.parametrize(
    "between", ["> quote one\n", "| h |\n|---|\n| r |\n", "***\n", "```\ncode\n```\n", "# Heading\n"]
)
def test_a_paragraph_that_is_not_right_before_a_list_does_not_lead_it_in(between: str) -> None:
    assert lead_ins(f"A paragraph:\n\n{between}\n- item\n")["item"] == ()


def test_a_list_that_begins_a_text_has_no_lead_in() -> None:
    assert lead_ins("- one\n- two\n") == {"one": (), "two": ()}


def test_each_paragraph_of_an_item_is_a_passage_under_the_lists_lead_in() -> None:
    text = "Rules:\n\n1. First part.\n\n   Second part\n   goes on.\n\n       code one\n\n2. Next.\n"
    assert lead_ins(text) == {
        "Rules:": (),
        "First part.": ("Rules:",),
        "Second part\n   goes on.": ("Rules:",),
        "code one": ("Rules:",),
        "Next.": ("Rules:",),
    }


def test_a_line_that_lazily_continues_an_item_belongs_to_it() -> None:
    assert passages("- one\ntwo\n- three\n") == ["one\ntwo", "three"]


def test_lists_twelve_deep_lose_no_item() -> None:
    text = "\n".join("  " * depth + f"- item{depth}" for depth in range(12))
    assert passages(text) == [f"item{depth}" for depth in range(12)]


def test_a_table_row_is_a_passage_and_the_header_leads_it_in() -> None:
    text = "Fees:\n\n| Item | Fee |\n|------|----:|\n| Cup | $5 |\n| Plate | $7 \\| $8 |\n\nAfter.\n"
    assert lead_ins(text) == {
        "Fees:": (),
        "| Cup | $5 |": ("| Item | Fee |",),
        "| Plate | $7 \\| $8 |": ("| Item | Fee |",),
        "After.": (),
    }


def test_a_table_in_a_list_keeps_the_lists_lead_in() -> None:
    text = "Rules:\n\n- Fees are\n\n  | Item |\n  |---|\n  | Cup |\n"
    assert lead_ins(text)["| Cup |"] == ("Rules:", "| Item |")


def test_a_quote_gives_its_words_without_the_first_marker() -> None:
    assert passages("> Quoted words\n> go on.\n>\n> - item\n> > deeper\n") == [
        "Quoted words\n> go on.",
        "item",
        "deeper",
    ]


def test_a_fence_is_one_passage_and_its_content_is_not_markdown() -> None:
    text = "Before.\n\n```text\n# not a heading\n\n- not an item\n```\n\nAfter.\n"
    assert passages(text) == ["Before.", "```text\n# not a heading\n\n- not an item\n```", "After."]
    assert headings(text) == [(), (), ()]


def test_a_fence_without_an_end_reaches_to_the_end_of_the_text() -> None:
    assert passages("```\ncode\n\nmore") == ["```\ncode\n\nmore"]


def test_html_comments_and_bare_tags_are_no_passages() -> None:
    assert passages("<!-- hidden\n\nwords -->\n\n<div class='x'>\n\nShown.\n\n</div>\n") == ["Shown."]


def test_html_with_words_is_a_passage() -> None:
    assert passages("<div>\n<b>Shown</b>\n</div>\n\nAfter.\n") == ["<div>\n<b>Shown</b>\n</div>", "After."]


def test_many_comments_before_a_word_take_no_longer_than_their_length() -> None:
    text = "<!-- a -->" * 60 + "word"
    assert passages(text, limit=1000) == ["word"]


# Headings


def test_headings_are_a_path_of_spans_and_no_passages() -> None:
    text = "# A\n\none\n\n## B\n\ntwo\n\n### C\n\nthree\n\n## D\n\nfour\n\n# E\n\nfive\n"
    assert passages(text) == ["one", "two", "three", "four", "five"]
    assert headings(text) == [("A",), ("A", "B"), ("A", "B", "C"), ("A", "D"), ("E",)]


def test_a_skipped_level_of_headings_leaves_no_gap_in_the_path() -> None:
    assert headings("### A\n\none\n\n## B\n\ntwo\n") == [("A",), ("B",)]


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("## Refunds ##", "Refunds"),
        ("#   Refunds   #####  ", "Refunds"),
        ("# C# and F#", "C# and F#"),
        ("  # # 1 #", "# 1"),
        ("Refunds\n=======", "Refunds"),
        ("Refunds\n---", "Refunds"),
        ("Refunds and\n  exchanges \n===", "Refunds and\n  exchanges"),
        ("#\tTabbed", "Tabbed"),
    ],
)
def test_a_headings_span_holds_its_words_only(heading: str, words: str) -> None:
    assert headings(f"{heading}\n\nbody\n") == [(words,)]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("# A\n\n- ## B\n\n  in the item\n\nafter the list\n", [("A", "B"), ("A",)]),
        ("# A\n\n## B\n\n> # C\n> in the quote\n\nafter the quote\n", [("A", "B", "C"), ("A", "B")]),
        ("1. # 1 #\n\nbody\n", [()]),
        ("- a\n  - ### B\n    deep\n  - c\n- d\n", [(), ("B",), (), ()]),
    ],
)
def test_a_heading_inside_an_item_or_a_quote_ends_with_it(text: str, sections: list[tuple[str, ...]]) -> None:
    assert headings(text) == sections


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Paid within 30 days. <!-- 60 from May -->\n", ["Paid within 30 days."]),
        ("<!-- draft -->Paid within 30 days.\n", ["Paid within 30 days."]),
        ("Paid <!-- not yet --> within 30 days.\n", ["Paid <!-- not yet --> within 30 days."]),
        ("- Managers decide. <!-- except Smith -->\n", ["Managers decide."]),
        ("> Managers decide. <!-- except\n> Smith -->\n", ["Managers decide."]),
        ("Write `<!-- so -->`\n", ["Write `<!-- so -->`"]),
        ("Not closed <!-- here\n", ["Not closed <!-- here"]),
        ("<!-- a --> Shown\n", ["Shown"]),
        ("<p>Shown</p> <!-- gone\n", ["<p>Shown</p>"]),
        ("```\n<!-- code -->\n```\n", ["```\n<!-- code -->\n```"]),
        ("<!-- one --> <!-- two -->\n", []),
    ],
)
def test_comments_beside_words_are_no_part_of_their_passage(text: str, found: list[str]) -> None:
    assert passages(text) == found


def test_no_piece_of_a_long_paragraph_begins_or_ends_in_a_comment() -> None:
    hidden = "<!-- " + "Nobody may see this. " * 20 + "-->"
    assert passages(f"One is shown. {hidden} Two is shown.", limit=6) == ["One is shown.", "Two is shown."]


def test_an_empty_heading_ends_the_section_before_it() -> None:
    assert headings("## A\n\none\n\n##\n\ntwo\n") == [("A",), ()]


def test_a_hash_without_a_space_is_a_paragraph() -> None:
    assert passages("#5 is a number\n") == ["#5 is a number"]


# Front matter, line ends and characters


def test_front_matter_is_skipped_and_spans_count_it() -> None:
    text = "---\npolicy: P-7\ntitle: Damaged items\n---\n# Damaged\n\nWords.\n"
    (span,) = splitter().split(text)
    assert (span.start, span.end, span.headings) == (52, 58, ((43, 50),))
    assert text[52:58] == "Words."
    assert text[43:50] == "Damaged"


def test_foreign_front_matter_is_skipped_too() -> None:
    assert passages("---\nlayout: page\ntags: [a, b]\n---\n\nWords.\n") == ["Words."]


def test_a_byte_order_mark_hides_no_heading() -> None:
    text = "\ufeff# Title\n\nWords.\n"
    assert splitter().split(text) == [Span(10, 16, ((3, 8),))]


def test_carriage_returns_are_line_ends_where_a_line_feed_follows() -> None:
    text = "# Title\r\n\r\nOne line\r\nand two.\r\n\r\nList:\r\n- a\r\n- b\r\n"
    assert passages(text) == ["One line\r\nand two.", "List:", "a", "b"]
    assert headings(text)[0] == ("Title",)
    assert lead_ins(text)["b"] == ("List:",)


def test_a_lone_carriage_return_is_white_space_and_shifts_nothing() -> None:
    assert passages("- a\rb\n- c\n\n# T\rU\n\nd\r\re\n") == ["a\rb", "c", "d\r\re"]
    assert headings("# T\rU\n\nd\n") == [("T\rU",)]


def test_tabs_indent_and_separate_as_markdown_has_it() -> None:
    assert passages("-\tone\n\n\ttwo\n\n1.\tthree\tfour\n") == ["one", "two", "three\tfour"]


def test_a_unicode_line_separator_ends_no_line() -> None:
    assert passages("- one\u2028- still one\n- two\n") == ["one\u2028- still one", "two"]


@pytest.mark.parametrize("blank", ["\u00a0", "\u2028", "\x0c", "\u3000 "])
def test_words_below_a_line_of_odd_white_space_are_kept(blank: str) -> None:
    assert passages(f"{blank}\nRefunds take\nten days.\n{blank}\n\n- {blank}\n  item\n") == [
        "Refunds take\nten days.",
        "item",
    ]


def test_characters_beyond_the_basic_plane_count_as_one() -> None:
    assert splitter().split("🙂🙂\n\n𝔸 word 🙂\n\nnext") == [Span(4, 12), Span(14, 18)]


def test_sentences_after_an_emoji_are_cut_where_they_begin() -> None:
    assert passages("😀 One two three. Four five six.", limit=5) == ["😀 One two three.", "Four five six."]


def test_a_nul_is_a_character_like_another() -> None:
    assert passages("- a\x00b\n- c\n") == ["a\x00b", "c"]


# The limit


def test_a_block_at_the_limit_is_whole() -> None:
    text = " ".join(["word"] * TOKEN_LIMIT)
    assert passages(text) == [text]


def test_a_longer_block_is_cut_between_sentences_as_late_as_fits() -> None:
    # With its full stop a sentence has 5, 5 and 3 tokens.
    text = "One two three four. Five six seven eight. Nine ten."
    assert passages(text, limit=10) == ["One two three four. Five six seven eight.", "Nine ten."]
    assert passages(text, limit=9) == ["One two three four.", "Five six seven eight. Nine ten."]


def test_a_full_stop_of_an_abbreviation_ends_no_sentence() -> None:
    # 10 tokens and 5.
    text = "The rule follows U.S. Federal law. Other words stand here."
    assert passages(text, limit=12) == ["The rule follows U.S. Federal law.", "Other words stand here."]


def test_only_a_sentence_that_is_too_long_by_itself_is_cut_between_words() -> None:
    text = "Short one. a b c d e f g h i j"
    assert passages(text, limit=4) == ["Short one.", "a b c d", "e f g h", "i j"]


def test_what_is_left_of_a_cut_sentence_shares_a_passage_with_the_next_one() -> None:
    assert passages("a b c d e f. Next one.", limit=6) == ["a b c d e", "f. Next one."]


def test_a_word_longer_than_the_limit_is_cut_inside() -> None:
    made = Splitter(four_letters_a_token, DIGEST, limit=4)
    text = "x" * 40
    assert [(span.start, span.end) for span in made.split(text)] == [(0, 16), (16, 32), (32, 40)]


def test_a_sentence_without_spaces_is_cut_at_its_marks() -> None:
    made = Splitter(four_letters_a_token, DIGEST, limit=4)
    # Tokens: aaaa, a, -, bbbb, b: four of them, but the cut goes before the mark or after it, never inside a word.
    assert [(span.start, span.end) for span in made.split("aaaaa-bbbbb")] == [(0, 6), (6, 11)]


def test_a_character_of_several_tokens_is_never_cut() -> None:
    made = Splitter(lambda text: [(at, at + 1) for at in range(len(text)) for _ in range(3)], DIGEST, limit=4)
    assert [(span.start, span.end) for span in made.split("가나다")] == [(0, 1), (1, 2), (2, 3)]


def test_a_short_text_of_many_tokens_is_cut_too(encoder: Encoder) -> None:
    text = "각 " * 90  # three tokens a syllable: 270 in 180 characters
    spans = Splitter(encoder.token_offsets, encoder.tokenizer_digest).split(text)
    assert [len(encoder.token_offsets(text[s.start : s.end])) for s in spans] == [198, 72]


def test_the_models_tokenizer_sets_the_limit(encoder: Encoder) -> None:
    sentence = "An item that is late is paid back in full within thirty days of its order. "
    text = sentence * 30
    assert len(encoder.token_offsets(sentence)) == 17  # 16 words and a full stop
    spans = Splitter(encoder.token_offsets, encoder.tokenizer_digest).split(text)
    assert [text[s.start : s.end].count("An item") for s in spans] == [11, 11, 8]


def test_pieces_of_a_block_share_its_headings_and_lead_ins() -> None:
    text = "# H\n\nList:\n- One two three. Four five six.\n"
    spans = splitter(limit=5).split(text)
    assert [text[s.start : s.end] for s in spans] == ["List:", "One two three.", "Four five six."]
    assert spans[1].headings == spans[2].headings == ((2, 3),)
    assert spans[1].lead_ins == spans[2].lead_ins == ((5, 10),)


def test_code_is_cut_between_lines() -> None:
    text = "    a = 1\n    b = 2\n    c. D = 3\n"
    assert passages(text, limit=6) == ["a = 1\n    b = 2", "c. D = 3"]


def test_two_paragraphs_are_never_one_passage_however_short() -> None:
    text = "\n\n".join(f"Word {number}." for number in range(50))
    assert passages(text) == [f"Word {number}." for number in range(50)]


def test_the_version_names_rules_limit_and_tokenizer() -> None:
    assert splitter().version == "markdown-2/200/70cabe000000"
    assert splitter(50).version == "markdown-2/50/70cabe000000"


# Bounds


def test_ten_quotes_stand_in_one_another_and_deeper_marks_are_words_of_their_paragraph() -> None:
    assert passages("> " * 10 + "Deep.\n") == ["Deep."]
    assert passages("> " * 12 + "Deep.\n\nAfter.\n") == ["> > Deep.", "After."]


def test_cells_that_rows_lack_are_filled_in_up_to_a_bound_for_all_tables_of_a_text() -> None:
    wide = "|a" * 50 + "|\n" + "|-" * 50 + "|\n" + "|b|\n" * 40 + "\n"
    found = splitter().split(wide * 100)
    assert [len(span.lead_ins) for span in found[:40]] == [1] * 40
    assert found[-1].lead_ins == ()
    whole = "|a" * 50 + "|\n" + "|-" * 50 + "|\n" + ("|b" * 50 + "|\n") * 40 + "\n"
    assert all(len(span.lead_ins) == 1 for span in splitter().split(whole * 20))
