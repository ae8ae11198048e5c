"""Documents that are not Markdown: under a front matter the lint finds them, without one no command takes them."""

from pathlib import Path

import pytest

from policies.errors import DraftError
from policies.sources.draft import read_draft
from policies.sources.foreign import foreign_text
from tests.policies.lint.pages import found, places


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<!DOCTYPE html>\n<html><body>Hi</body></html>", "HTML"),
        ('<?xml version="1.0"?>\n<policy>Hi</policy>', "XML"),
        ("{\\rtf1\\ansi Damaged items}", "RTF"),
        ('{"policy": "P-7", "rules": ["**x**"]}', "JSON"),
        ("\\documentclass{article}\nDamaged items", "LaTeX"),
        ("%PDF-1.7 ...", "a PDF"),
        ("\x01\x02\x03\x04\x05\x06 items", "binary"),
    ],
)
def test_a_body_that_is_no_markdown_is_the_only_finding(body: str, kind: str) -> None:
    [finding] = found(body)
    assert (finding.line, finding.rule) == (6, "not-markdown")
    assert finding.reason == f"What stands under the front matter is {kind}, not Markdown"


def test_a_page_that_is_nearly_all_html_is_found_and_one_with_a_table_of_html_is_not() -> None:
    table = "<table>" + "<tr><td>Damaged items</td></tr>" * 20 + "</table>"
    assert places(table) == [(1, "not-markdown")]
    assert places(table + "\n\n" + "Damaged items are eligible. " * 20) == []


@pytest.mark.parametrize(
    "body", ["[x]: https://example.com\n\nSee [x].", "{% note %} Damaged {% endnote %}", "% of items"]
)
def test_markdown_that_begins_like_something_else_is_markdown(body: str) -> None:
    assert places(body) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00\xff\xfe", "a Word, Excel or OpenDocument file"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a Word file of the old kind"),
        (b"\xff\xfe-\x00-\x00", "UTF-16"),
        (b"<html><body>Hi</body></html>", "HTML"),
        (b'{"a": 1}', "JSON"),
    ],
)
def test_a_file_under_a_false_name_is_refused_with_what_it_is(content: bytes, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "p7.md"
    path.write_bytes(content)
    with pytest.raises(DraftError, match=f"p7.md: is {kind}.*pandoc"):
        read_draft(path)


@pytest.mark.parametrize(("deep", "what"), [(200, "JSON"), (201, None), (990, None), (100_000, None)])
def test_what_nests_deeper_than_people_write_is_no_json_on_any_interpreter(deep: int, what: str | None) -> None:
    assert foreign_text("[" * deep + "]" * deep) == what
