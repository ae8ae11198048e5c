"""What a browser shows, waited for: after a click, a page may still be on its way, or half of it there."""

import re
from typing import Any

ARRIVES = 30_000
"""Milliseconds for which a text is waited for."""


def sees(page: Any, where: str, what: str | re.Pattern[str], *, whole: bool = False) -> None:
    """Fails where the first element of a selector does not come to show a text. `whole`: that text and no other."""
    from playwright.sync_api import expect

    shown = expect(page.locator(where).first)
    (shown.to_have_text if whole else shown.to_contain_text)(what, use_inner_text=True, timeout=ARRIVES)


def holds(page: Any, field: str, what: str | re.Pattern[str]) -> None:
    """Fails where a field of a form does not come to hold a value, or one that a pattern finds something in."""
    from playwright.sync_api import expect

    expect(page.locator(field)).to_have_value(what, timeout=ARRIVES)


def counts(page: Any, where: str, many: int) -> None:
    """Fails where a selector does not come to find so many elements."""
    from playwright.sync_api import expect

    expect(page.locator(where)).to_have_count(many, timeout=ARRIVES)
