"""What editors and converters leave behind: tracked changes, reviewers' comments, comments of HTML."""

import re
from collections.abc import Iterator

from policies.lint.finding import Found, Rule, quoted
from policies.lint.page import Block, Page

_TRACKED = re.compile(
    r"\{\+\+[^{}]*\+\+\}|\{--[^{}]*--\}|\{~~[^{}~]*~>[^{}~]*~~\}"  # CriticMarkup
    r"|(?:\[[^\[\]\n]{0,200})?\]\{\.(?:paragraph-)?(?:insertion|deletion)\b[^{}\n]*\}"  # pandoc --track-changes=all
)
_TRACKED_TAG = re.compile(
    r"<(?:ins|del)\b[^<>]*>|<span\b[^<>]*\bclass=[\"'](?:paragraph-)?(?:insertion|deletion)\b", re.I
)
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?")
_REMARK = re.compile(
    r"\{>>[^{}]*<<\}"  # CriticMarkup
    r"|(?:\[[^\[\]\n]{0,200})?\]\{\.comment-start\b[^{}\n]*\}"  # pandoc --track-changes=all
    r"|\bComment(?:ed)?[ \xa0]\[[A-Z]{1,4}\d{1,4}\]:?"  # the margin of Word
    r"|\[(?:comment|reviewer(?: comment| note)?|editor'?s note|author'?s? note|query)\b[^\[\]\n]{0,200}\]",
    re.I,
)
_INITIALS = re.compile(r"\[[A-Z]{1,4}\d{1,4}\]")
_REMARK_TAG = re.compile(r"<span\b[^<>]*\bclass=[\"']comment-start\b", re.I)
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.S)
_DIRECTIVE = re.compile(
    r"\s*(?:more|toc|/?no-?toc|end-?toc|markdownlint-\S.*|prettier-\S.*|vale\b.*|textlint-\S.*|cspell:.*|lint\b.*"
    r"|alex\b.*|spdx-\S.*|omit in toc|begin_toc|end_toc|\[\[\[[\s\S]*)\s*",
    re.I,
)
"""Comments that are for programs, and hold no words of the policy."""


MOST_DIRECTIVE = 200
"""How many characters such a comment has at most."""


def _searched(page: Page, words: re.Pattern[str], tags: re.Pattern[str]) -> Iterator[tuple[Block, int, str]]:
    """Where words or tags stand: block, line, and what was found."""
    for block in page.blocks:
        if block.kind in ("code", "break"):
            continue
        for match in words.finditer(block.words):
            yield block, block.line_at(match.start()), match[0]
        for line, html in block.html:
            if html.startswith("<!--"):
                continue
            for match in tags.finditer(html):
                yield block, line + html.count("\n", 0, match.start()), match[0]


def _tracked(page: Page) -> Iterator[Found]:
    for _, line, found in _searched(page, _TRACKED, _TRACKED_TAG):
        yield line, f"{quoted(found)} is a change that was proposed and neither taken nor refused"
    code = {line for block in page.blocks if block.kind == "code" for line in range(block.line, block.last)}
    for number, text in enumerate(page.lines, page.first_line):
        if text.startswith(("<<<<<<<", ">>>>>>>", "|||||||")) and number not in code and _CONFLICT.fullmatch(text):
            yield number, f"{quoted(text)} marks a merge that was not resolved: two wordings stand in the text"


def _remarks(page: Page) -> Iterator[Found]:
    for _, line, found in _searched(page, _REMARK, _REMARK_TAG):
        if found.startswith("Comment") and _INITIALS.search(found) is None:
            continue
        yield line, f"{quoted(found)} is a reviewer's remark; it would be quoted as the policy's words"


def _comments(page: Page) -> Iterator[Found]:
    for block in page.blocks:
        for line, html in block.html:
            for match in _COMMENT.finditer(html):
                if any(map(str.isalnum, match[1])) and not _is_directive(match[1]):
                    at = line + html.count("\n", 0, match.start())
                    yield at, f"The comment {quoted(match[1])} is shown to nobody, and stays in the recorded source"


def _is_directive(comment: str) -> bool:
    return len(comment) <= MOST_DIRECTIVE and _DIRECTIVE.fullmatch(comment) is not None


RULES = (
    Rule(
        "tracked-change",
        "tracked changes: CriticMarkup, `<ins>` and `<del>`, pandoc's spans, marks of a merge",
        "Take or refuse the change in the editor, and convert again",
        "Damaged items within 30{++ or 45++} days are eligible.",
        "Write `{++45++}` to propose a change.",
        _tracked,
    ),
    Rule(
        "reviewer-comment",
        'remarks of reviewers: `{>> <<}`, `[comment: ...]`, "Commented [AB1]:"',
        "Settle the remark, and remove it",
        "Damaged items are eligible. Commented [AB1]: is this still so?",
        "Customers may comment [in the forum](https://example.com/forum).",
        _remarks,
    ),
    Rule(
        "html-comment",
        "comments of HTML that hold words",
        "Remove it, or say it in the text; who may read a policy is set by audience",
        "Damaged items are eligible.\n\n<!-- legal has not agreed yet -->",
        "<!-- markdownlint-disable MD013 -->\n\nDamaged items are eligible.",
        _comments,
    ),
)
