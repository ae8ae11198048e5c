"""What to write in place of a front matter that cannot be read."""

import pytest
import yaml

from policies.sources.mending import mended, unclosed, words_begin

KEYS = ("policy", "title", "audience", "applies_to")


def read(lines: str) -> object:
    try:
        return yaml.load(lines, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def mending(*lines: str) -> tuple[int, str] | None:
    return mended("\n".join(lines) + "\n", len(lines), KEYS, read)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("title: Returns: damaged items", 'title: "Returns: damaged items"'),
        ("title: @shop", 'title: "@shop"'),
        ("title: *all* items", 'title: "*all* items"'),
        ("title: %50", 'title: "%50"'),
        ('title: "Torn', "title: Torn"),
        ('title: "Torn" items', "title: '\"Torn\" items'"),
        ("title: 'Torn' items: a's", "title: \"'Torn' items: a's\""),
        ("title: C:\\: x", "title: 'C:\\: x'"),
        ("title: [draft", 'title: "[draft"'),
        ("title Torn", "title: Torn"),
        ("title:Torn", "title: Torn"),
        ("\ttitle: Torn", "title: Torn"),
        ("audience: [a, b", "audience: [a, b]"),
        ("applies_to: {region: US", "applies_to: {region: US}"),
    ],
)
def test_a_field_is_written_so_that_it_can_be_read(line: str, instead: str) -> None:
    assert mending("policy: P-7", line) == (1, instead)
    assert isinstance(read(instead), dict)


def test_the_first_line_that_cannot_be_read_is_told_not_where_the_reader_stopped() -> None:
    assert mending("policy: P-7", 'title: "Torn', "audience: a", "applies_to: b: c") == (1, "title: Torn")


def test_a_line_that_is_indented_by_mistake_is_told_without_its_indent() -> None:
    assert mending("policy: P-7", " title: Torn") == (1, "title: Torn")
    assert mending("applies_to:", "  region: US", "title: a: b") == (2, 'title: "a: b"')


@pytest.mark.parametrize("line", ["other: a: b", "- a: b: c", "? [a", "title: " + "x: " * 2000])
def test_what_is_no_field_or_no_short_line_is_not_mended(line: str) -> None:
    assert mending("policy: P-7", line) is None


NOT_CLOSED = "the front matter that line 1 begins is not closed; write a line --- before this line"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\npolicy: P-7\ntitle: T\nWords.\n", 4),
        ("---\npolicy: P-7\n\n# Words: more\n", 3),
        ("---\npolicy: P-7\naudience:\n- a\n  # why\nWords: more\n\nEnd.", 7),
        ("---\npolicy: P-7", 3),
        ("\ufeff---\r\npolicy: P-7\r\nWords.\r\n", 3),
    ],
)
def test_front_matter_that_is_not_closed_is_told_where_it_should_be(text: str, line: int) -> None:
    assert unclosed(text) == (line, NOT_CLOSED)


@pytest.mark.parametrize("close", ["--", "----", "\u2014", "***", " ---"])
def test_what_was_meant_to_close_it_is_told(close: str) -> None:
    told = f'the front matter is not closed; write --- in place of "{close}"'
    assert unclosed(f"---\npolicy: P-7\n{close}\nWords.\n") == (3, told)


def test_words_are_told_from_fields() -> None:
    assert words_begin("policy: P-7\n\n# Gifts\n\nThey may be returned.\n\n") == 1
    assert words_begin("policy: P-7\nThey may be returned.\n") == 1
    assert words_begin("# why\npolicy: P-7\n  a\n- b\n") is None


def test_front_matter_below_something_else_is_told() -> None:
    assert unclosed("\n\n---\npolicy: P-7\n---\nWords.\n") == (
        3,
        "the front matter begins here; remove what stands before it, so that it begins on line 1",
    )


@pytest.mark.parametrize("text", ["", "\n", "# Words\n\n---\n\nMore.", "----\nWords.", "Words.\n---\n"])
def test_a_text_without_front_matter_has_none_that_is_open(text: str) -> None:
    assert unclosed(text) is None
