"""References to policies, sections and headings that are not there."""

import pytest

from tests.policies.lint.pages import found, places

NUMBERED = "## 1. Gifts\n\nA.\n\n### 1.1 Small gifts\n\nB.\n\n## 2. Refunds\n\n1. By card.\n2. By bank.\n\n{}"


def test_a_policy_that_is_not_known_is_found_once() -> None:
    [finding] = found("As P-12 says,\nand P-12 again.")
    assert (finding.line, finding.rule, finding.reason) == (6, "unknown-policy", "There is no policy P-12")


def test_a_policy_that_is_not_in_force_at_the_start_is_found() -> None:
    [finding] = found("As P-9 says.")
    assert finding.reason == "P-9 is not in force on 2025-03-01"


@pytest.mark.parametrize(
    "words", ["P-7", "P-8.", "COVID-19", "`P-12`", "x/P-12", "[it](P-12.md)", "P-12b", "GP-12", "P-8@2#3", "ISO-9001"]
)
def test_names_of_other_shapes_and_known_policies_are_none(words: str) -> None:
    assert places(f"As {words} says") == []


@pytest.mark.parametrize("words", ["section 3", "Section 1.2", "§ 4", "Sections 1 and 3", "section 2.3"])
def test_a_section_that_is_not_there_is_found(words: str) -> None:
    assert places(NUMBERED.format(f"See {words}.")) == [(14, "unknown-section")]


@pytest.mark.parametrize(
    "words",
    [
        "section 1",
        "Section 1.1",
        "sections 1 and 2",
        "section 2.2",
        "section 2(b)",
        "section 512 of the DMCA",
        "section 4.2 of the Terms",
        "DMCA section 5",
        "17 U.S.C. § 12",
        "[section 9](https://example.com)",
        "section 230 CDA",
        "this section and 9 more",
    ],
)
def test_sections_that_are_there_and_those_of_something_else_are_none(words: str) -> None:
    assert places(NUMBERED.format(f"See {words}.")) == []


def test_without_numbered_headings_nothing_is_said_of_sections() -> None:
    assert places("## Gifts\n\nSee section 4.2.\n\n## Refunds\n\nA.") == []


def test_headings_that_say_section_and_letters_are_read() -> None:
    body = "# SECTION A: TERMS\n\n## 1. Fees\n\nX.\n\n# SECTION B: RULES\n\nSee Section A.1 and Section {}."
    assert places(body.format("B")) == []
    assert places(body.format("C")) == [(9, "unknown-section")]


def test_a_link_to_a_heading_that_is_not_there_is_found() -> None:
    body = "See [gifts](#gifts) and [fees](#fees-and-costs).\n\n## Gifts\n\nA."
    [finding] = found(body)
    assert finding.reason == 'The link "fees" leads to #fees-and-costs, and no heading has that name'


@pytest.mark.parametrize("name", ["late", "list", "law", "l", "topic", "fnord", "cite", "tops", "line12"])
def test_a_link_is_not_passed_over_for_how_its_name_begins(name: str) -> None:
    assert places(f"See [it](#{name}).") == [(1, "unknown-section")]


@pytest.mark.parametrize(
    "name",
    [
        "top",
        "L12",
        "L12-L14",
        "l3c2-l4c5",
        "fn1",
        "fn:note",
        "fnref-1",
        "user-content-fn-1",
        "cite_note-3",
        ":~:text=A",
    ],
)
def test_places_that_readers_of_markdown_make_themselves_are_there(name: str) -> None:
    assert places(f"See [it](#{name}).") == []


@pytest.mark.parametrize(
    "there",
    [
        "## Fees & costs",
        "## 3. Fees / costs",
        '<a id="fees--costs"></a>',
        "## Money {#fees--costs}",
        "<h2>Fees & costs</h2>",
        "## Fees &amp; costs",
    ],
)
def test_a_heading_is_found_under_the_names_that_renderers_give_it(there: str) -> None:
    assert places(f"See [fees](#fees--costs).\n\n{there}\n\nA.") == []


@pytest.mark.parametrize("there", ["## Fees & costs", "## 3. Fees &amp; costs", "<h2>Fees &amp; costs</h2>"])
def test_an_ampersand_in_a_heading_may_be_a_word_in_its_name(there: str) -> None:
    assert places(f"See [fees](#fees-and-costs).\n\n{there}\n\nA.") == []
