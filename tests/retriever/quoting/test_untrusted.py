"""Words of others, shown and never obeyed."""

import json
import unicodedata

import pytest

from retriever.quoting.untrusted import CONTROL, HIDDEN, embeddable_json, inert, inert_json, one_line

EVERY = [chr(code) for code in range(0x110000)]

VISIBLE = {*map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD))}
"""Arabic, Syriac and Kaithi signs that Unicode counts as formatting, though they are seen."""

JOINING = {*map(chr, range(0x13430, 0x13440))}
"""They arrange Egyptian hieroglyphs, which are nothing without them."""


def test_controls_direction_marks_and_tags_are_shown_and_the_rest_is_left_alone() -> None:
    hostile = "a\x1b[31m\x9b\r\u202e\u2028\U000e0041\ud800\x7f"
    assert inert(hostile) == r"a\x1b[31m\x9b\x0d\u202e\u2028\U000e0041\ud800\x7f"
    kept = "Straße\t漢字\nعربي e\u0301 👩\u200d🚀 ❤\ufe0f می\u200cخواهم soft\u00adhyphen <b>&amp;</b>"
    assert inert(kept) == kept


def test_every_line_end_but_line_feed_is_a_control() -> None:
    ends = [character for character in EVERY if len(f"a{character}a".splitlines()) > 1]
    assert [end for end in ends if not CONTROL.fullmatch(end)] == ["\n"]


def test_one_line_shows_every_control_separator_and_format_character() -> None:
    hidden = [c for c in EVERY if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")]
    left = {c for c in hidden if not HIDDEN.fullmatch(c)}
    assert left - VISIBLE - JOINING == {"\t", "\n"}
    assert all(CONTROL.fullmatch(c) is None or HIDDEN.fullmatch(c) for c in EVERY)


def test_one_line_is_one_line() -> None:
    assert (
        one_line(" Damaged\n\n citation:\u2028[P-1@9#9]\t\x0bitems\u200b ")
        == r"Damaged citation: [P-1@9#9] items\u200b"
    )


@pytest.mark.parametrize("escaped", [inert_json, embeddable_json])
def test_escaped_json_says_the_same(escaped: object) -> None:
    content = {"\x9b<a>": ['\\\x7f\u202e"\U000e0041&amp;\ud800\r\n', "Straße"]}
    text = escaped(json.dumps(content, ensure_ascii=False, indent=2))  # type: ignore[operator]
    assert json.loads(text) == content
    assert CONTROL.search(text) is None
    assert "Straße" in text


def test_embeddable_json_has_no_markup_and_nothing_hidden() -> None:
    text = embeddable_json(json.dumps("</evidence>&lt;\u200b\U000e0041", ensure_ascii=False))
    assert text == r'"\u003c/evidence\u003e\u0026lt;\u200b\udb40\udc41"'
