"""Dates in words that contradict the front matter."""

import pytest

from tests.policies.lint.pages import found, places


@pytest.mark.parametrize(
    "words",
    [
        "Effective January 1, 2024",
        "**Effective date:** 1 January 2024",
        "Effective: 2024-01-01",
        "Version effective date: Jan. 1st, 2024",
        "In force from 1st of January 2024.",
        "This policy takes effect on January 1, 2024.",
        "These Terms of Service are effective as of 01/02/2024.",
        "Effective January 1, 2024, torn items are damaged.",
    ],
)
def test_a_date_in_words_that_contradicts_effective_is_found(words: str) -> None:
    assert places(f"# Items\n\n{words}\n\nDamaged items are eligible.") == [(3, "other-date")]


@pytest.mark.parametrize(
    "words",
    [
        "Effective March 1, 2025",
        "Effective 01/03/2025",  # by one of its readings
        "Last updated January 1, 2024",
        "Effective January 32, 2024",
        "Items are eligible that were bought after January 1, 2024.",
        "The old policy was effective from January 1, 2024.",
        "A fee of $5 applies from January 1, 2026.",
    ],
)
def test_the_same_date_and_the_dates_of_rules_contradict_nothing(words: str) -> None:
    assert places(f"# Items\n\nDamaged items are eligible.\n\n{words}") == []


def test_a_start_at_an_hour_may_be_the_day_before_or_after_in_another_zone() -> None:
    assert places("Effective February 28, 2025", "2025-03-01T05:00:00Z") == []
    assert places("Effective February 28, 2025", "2025-03-01") == [(1, "other-date")]


def test_the_day_is_that_of_the_file_s_zone() -> None:
    zone = "\ntimezone: Asia/Kathmandu\nthrough: 2025-12-31"  # 2025-03-01 begins at 2025-02-28T18:15:00Z
    assert found("Effective March 1, 2025", "2025-03-01" + zone) == []
    [finding] = found("Effective February 28, 2025", "2025-03-01" + zone)
    assert finding.reason == '"Effective February 28, 2025" contradicts effective: 2025-03-01 in the front matter'
    assert found("Effective March 1, 2025", "2025-02-28T18:15:00Z" + zone) == []


def test_without_effective_the_words_contradict_the_start_now() -> None:
    [finding] = found("Effective January 1, 2024", None)
    assert finding.reason == (
        '"Effective January 1, 2024" contradicts the start now, 2025-06-15: the front matter has no effective'
    )
