"""Terms that are defined more than once."""

import pytest

from tests.policies.lint.pages import found, places


@pytest.mark.parametrize(
    "again",
    [
        'A "gift" shall mean a present.',
        "“Gift” refers to a present.",
        "**Gift** means a present.",
        "## Definitions\n\n- **Gift**: a present.",
        "## Glossary\n\n**Gift** — a present.",
    ],
)
def test_a_second_definition_is_found_whatever_its_form(again: str) -> None:
    [finding] = found(f'"Gift" means an item that was bought for somebody.\n\n{again}')
    assert finding.rule == "defined-twice"
    assert finding.reason.endswith("is defined here and on line 6")


@pytest.mark.parametrize(
    "again",
    [
        "A gift means a lot to many.",
        'For the purposes of this section, "gift" means a present.',
        '"Gift card" means a card.',
        "**Gift**: see below.",
        'Whoever says "gift" is asked for it.',
    ],
)
def test_another_term_another_scope_and_mere_uses_are_none(again: str) -> None:
    assert places(f'"Gift" means an item that was bought for somebody.\n\n{again}') == []
