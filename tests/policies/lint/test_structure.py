"""How a page is built: tables of contents, bold lines, images, sentences that are cut."""

import pytest

from tests.policies.lint.pages import found, places

HEADINGS = "\n\n## Gifts\n\nA.\n\n## Fees\n\nB.\n\n## Tax\n\nC."


@pytest.mark.parametrize(
    "contents",
    [
        "- [Gifts](#gifts)\n- [Fees](#fees)\n- [Tax](#tax)",
        "1. [Gifts](#gifts)\n2. [Fees](#fees)\n3. [Tax](#tax)",
        "- [Gifts](#gifts)\n  - [Fees](#fees)\n    - [Tax](#tax)",
        "[Gifts](#gifts)\n\n[Fees](#fees)\n\n[Tax](#tax)",
        "[1. Gifts](#gifts) | [2. Fees](#fees) | [3. Tax](#tax)",
        "[TOC]",
        "Gifts ........ 2\nFees ........ 3\nTax ........ 5",
    ],
)
def test_a_table_of_contents_is_found(contents: str) -> None:
    assert places(contents + HEADINGS) == [(1, "table-of-contents")]


def test_a_table_of_contents_without_links_is_known_by_its_title() -> None:
    assert places("**Contents**\n\n- Gifts\n- Fees\n- Tax" + HEADINGS) == [(3, "table-of-contents")]
    assert places("We handle:\n\n- Gifts\n- Fees\n- Tax" + HEADINGS) == []


@pytest.mark.parametrize(
    ("lead_in", "is_contents"),
    [
        ("A return goes through these phases:", False),
        ("Three outcomes decide on a refund:", False),
        ("We refund in the following ways:", False),
        ("This page has the following sections:", True),
        ("Read more about each of them:", True),
        ("Please see:", True),
        ("We take these items back.", True),
    ],
)
def test_a_list_that_its_lead_in_needs_is_no_table_of_contents(lead_in: str, is_contents: bool) -> None:
    links = "- [Gifts](#gifts)\n- [Fees](#fees)\n- [Tax](#tax)"
    assert places(f"{lead_in}\n\n{links}{HEADINGS}") == ([(3, "table-of-contents")] if is_contents else [])


def test_a_table_whose_rows_lead_to_headings_is_a_table_of_contents() -> None:
    rows = "".join(f"| [{name}](#{name.lower()}) | About {name} |\n" for name in ("Gifts", "Fees", "Tax"))
    assert places(f"| Section | About |\n|---|---|\n{rows}{HEADINGS}") == [(3, "table-of-contents")]


def test_links_inside_sentences_are_no_table_of_contents() -> None:
    body = "- Return [gifts](#gifts) within 30 days.\n- Pay [fees](#fees) first.\n- Add [tax](#tax) to it."
    assert places(body + HEADINGS) == []


@pytest.mark.parametrize("line", ["**Damaged items**", "**1. Scope**", "__Who may return?__", "***Gifts***"])
def test_a_bold_line_over_a_paragraph_is_found(line: str) -> None:
    assert places(f"{line}\n\nWithin 30 days they are eligible.") == [(1, "bold-heading")]


def test_the_fix_of_a_bold_line_is_that_line_as_a_heading_beneath_the_one_above_it() -> None:
    body = (
        "**1. What\nwe take**\n\nDamaged items within 30 days.\n\n### Gifts\n\n**Who pays?**\n\nThe shop pays for them."
    )
    assert [finding.fix for finding in found(body)] == [
        "Write it as a heading: ## 1. What we take",
        "Write it as a heading: #### Who pays?",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "**Damaged items are eligible.**",
        "**You may return:**",
        "**Note: gifts**",
        "**Damaged** items",
        "**Last updated March 2025**",
        "- **Damaged items**",
        "> **Damaged items**",
        "**Signed as a deed**",
    ],
)
def test_a_bold_line_that_heads_nothing_is_none(line: str) -> None:
    assert places(f"{line}\n\nWithin 30 days they are eligible.") == []


def test_a_bold_name_behind_a_lead_in_or_over_an_address_is_no_heading() -> None:
    assert places("Write to:\n\n**Returns team**\n\nWithin 30 days of the day of delivery.") == []
    assert places("**Returns team**\n\n1 High Street\n\nLondon") == []


@pytest.mark.parametrize("image", ["![](a.png)", "![image1](a.png)", "![flow.png](a.png)", '<img src="a.png">'])
def test_an_image_without_words_is_found(image: str) -> None:
    assert places(f"Eligible.\n\n{image}") == [(3, "image-without-words")]


@pytest.mark.parametrize(
    "image", ["![A torn box](a.png)", '<img src="a.png" alt="">', '<img alt="A torn box" src="a.png">']
)
def test_an_image_with_words_or_declared_to_need_none_is_none(image: str) -> None:
    assert places(f"Eligible.\n\n{image}") == []


def test_a_sentence_longer_than_a_passage_is_found_where_it_is_cut() -> None:
    body = "Short.\n\n" + "word " * 150 + "\n" + "last " * 149 + "end."
    [finding] = found(body)
    assert (finding.rule, finding.line) == ("cut-passage", 6 + 3)
    assert finding.reason.endswith('so it is cut behind "last last last last last last last last"')


def test_a_long_row_is_cut_too_and_a_long_block_of_code_is_cut_between_its_lines() -> None:
    assert places("| a | b |\n|---|---|\n| " + "word " * 300 + "| x |") == [(3, "cut-passage")]
    assert places("```\n" + "word word word\n" * 100 + "```") == []
