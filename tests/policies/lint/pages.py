"""Pages for tests of the lint: a body under a front matter of five lines, so that its first line is line 6."""

import re

from indexer.text.split import Splitter
from policies.instant import parse_instant
from policies.lint.finding import Finding
from policies.lint.page import Page
from policies.lint.rules import lint
from policies.sources.draft import parse_draft

POLICIES = {"P-7": True, "P-8": True, "P-9": False}
"""The policies that are known, and whether each is in force."""

FIRST_LINE = 6


SPLITTER = Splitter(lambda text: [match.span() for match in re.finditer(r"\S+", text)], "0" * 64)
"""Cuts passages after 200 words."""


def page(body: str, effective: str | None = "2025-03-01") -> Page:
    """A page of policy P-7; without `effective` it begins at the 15th of June 2025, 09:00 UTC."""
    line = f"effective: {effective}" if effective else "owner: returns"
    draft = parse_draft(f"---\npolicy: P-7\ntitle: Damaged items\n{line}\n---\n{body}", "p7.md")
    start = parse_instant("2025-06-15T09:00:00Z") if draft.valid_from is None else draft.valid_from
    return Page(draft, start, SPLITTER.split(draft.text), lambda: POLICIES)


def found(body: str, effective: str | None = "2025-03-01") -> list[Finding]:
    return lint(page(body, effective))


def places(body: str, effective: str | None = "2025-03-01") -> list[tuple[int, str]]:
    """Each finding as its line in the body, from 1, and its rule."""
    return [(finding.line - FIRST_LINE + 1, finding.rule) for finding in found(body, effective)]
