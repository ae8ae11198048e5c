"""Words as a reader of the rendered page sees them."""

import pytest

from indexer.text.rendered import MOST_CHARACTERS
from indexer.text.rendering import code_words, html_words, inline_words, row_words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("**Never** _ever_ `x` ~~old~~", "Never ever x ~~old~~"),
        ('see [the *form*](https://x.example "hidden")', "see the form"),
        ("![a stop sign](stop.png) here", "a stop sign here"),
        ("<https://x.example>", "https://x.example"),
        ("30&nbsp;days &amp; 1 \\* 2", "30 days & 1 * 2"),
        ("within <!-- 60 --> 30 days", "within 30 days"),
        ("one  \ntwo\nthree", "one\ntwo three"),
        ("one<br/>two", "one\ntwo"),
        ("~~one~~ two", "~~one~~ two"),
        ("one <del>two</del> <!-- ~~a~~ --> three", "one ~~two~~ three"),
        ("H<sub>2</sub>O", "H2O"),
        ("[no target][here]", "[no target][here]"),
    ],
)
def test_inline(content: str, words: str) -> None:
    assert inline_words(content, {}) == words


def test_link_by_reference_is_its_text() -> None:
    references = {"HERE": {"href": "https://x.example", "title": "", "map": [0, 1]}}
    assert inline_words("[the form][here]", references) == "the form"


def test_long_paragraph_keeps_its_marks_and_loses_its_comments() -> None:
    assert inline_words("**a** <!-- b -->" + "c" * MOST_CHARACTERS, {}).startswith("**a** ccc")


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<ul><li>a <b>b</b></li><li>c<!-- d --></li></ul>", "a b\nc"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 | 2"),
        ("<p title='60 days'>30 days</p><script>60</script>", "30 days"),
        ("<!-- 60 days", ""),
        ("<p>Within <del>60</del> <b>30</b> days</p>", "Within ~~60~~ 30 days"),
        ("<p>" + "x <b>" * MOST_CHARACTERS, "x " * (MOST_CHARACTERS - 1) + "x"),
    ],
)
def test_html(html: str, words: str) -> None:
    assert html_words(html) == words


def test_code_is_shown_without_its_fence() -> None:
    assert code_words("```sh\nasof status\n\n  x\n```") == "asof status\n\n  x"


def test_row_names_its_columns() -> None:
    assert row_words(["Item", ""], ["Gift cards", "none", "more"]) == "Item: Gift cards; none; more"
    assert row_words(["Item", "Window"], ["", "30 days"]) == "Window: 30 days"
