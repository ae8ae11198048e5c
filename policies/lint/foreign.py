"""Documents that are not Markdown."""

import re
from collections.abc import Iterator

from policies.lint.finding import Found, Rule
from policies.lint.page import Page
from policies.sources.foreign import CONVERT, foreign_text

MOST_HTML = 0.8
"""The share of a page's characters that may stand in blocks of HTML."""

LEAST_CHARACTERS = 200

_PAGE_TAG = re.compile(r"<(?:p|div|table|h[1-6]|ul|ol|section|article)\b", re.I)


def _not_markdown(page: Page) -> Iterator[Found]:
    if (kind := foreign_text(page.source.markdown)) is not None:
        yield page.first_word, f"What stands under the front matter is {kind}, not Markdown"
        return
    html = [block.raw for block in page.blocks if block.kind == "html" and not block.raw.lstrip().startswith("<!--")]
    size = sum(map(len, html))
    if size > LEAST_CHARACTERS and size > MOST_HTML * len(page.source.markdown) and _PAGE_TAG.search("".join(html)):
        yield page.first_word, "Nearly all of it is HTML, not Markdown: headings, lists and items are not told apart"


RULE = Rule(
    "not-markdown",
    "a document that is not Markdown: HTML, RTF, JSON, LaTeX, binary",
    CONVERT,
    "<!DOCTYPE html>\n<html><body><p>Damaged items are eligible.</p></body></html>",
    "Damaged items are <b>eligible</b>.",
    _not_markdown,
)
