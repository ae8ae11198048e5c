"""What editors and converters leave behind, each in the form that they give it."""

import pytest

from tests.policies.lint.pages import found, places


@pytest.mark.parametrize(
    "left",
    [
        "{++45++}",
        "{--30--}",
        "{~~30~>45~~}",
        "<ins>45</ins>",
        "<del>30</del>",
        '[45]{.insertion author="Ann" date="2025-01-02T10:00:00Z"}',
        '[30]{.deletion author="Ann"}',
        '<span class="insertion" data-author="Ann">45</span>',
    ],
)
def test_a_tracked_change_is_found_on_its_line(left: str) -> None:
    assert places(f"# Items\n\nDamaged items are eligible\nwithin {left} days.") == [(4, "tracked-change")]


@pytest.mark.parametrize("tag", ["<insert>", "`<ins>`", "a {+ b +} c", "x--y", "~~30~~", '<span class="inserted">'])
def test_what_only_looks_like_a_tracked_change_is_none(tag: str) -> None:
    assert places(f"Damaged items {tag} are eligible.") == []


def test_an_example_in_a_block_of_code_is_no_tracked_change() -> None:
    assert places("Write:\n\n```\n{++new++}\n<<<<<<< HEAD\n```\n\n    {--old--}") == []


def test_both_marks_of_a_merge_are_found() -> None:
    body = "Eligible:\n\n<<<<<<< HEAD\n30 days.\n>>>>>>> main"
    assert places(body) == [(3, "tracked-change"), (5, "tracked-change")]


@pytest.mark.parametrize(
    "left",
    [
        "{>> is this so? <<}",
        "Commented [AB1]: is this so?",
        "Comment [XY12]: is this so?",
        "[comment]",
        "[Comment: is this so?]",
        "[Reviewer note: is this so?]",
        '[is this so?]{.comment-start id="0" author="Ann"}the words[]{.comment-end id="0"}',
    ],
)
def test_a_remark_is_found(left: str) -> None:
    assert places(f"Damaged items are eligible. {left}") == [(1, "reviewer-comment")]


@pytest.mark.parametrize(
    "words", ["Commented [here](https://example.com)", "Comment [1] on the draft", "[query](q.md)"]
)
def test_what_only_looks_like_a_remark_is_none(words: str) -> None:
    assert places(f"{words} is welcome.") == []


def test_a_comment_of_html_is_found_with_its_words_wherever_it_stands() -> None:
    body = "Damaged <!-- torn? --> items.\n\n<!--\nlegal has not agreed\n-->\n\nEligible."
    assert places(body) == [(1, "html-comment"), (3, "html-comment")]
    assert found(body)[1].reason.startswith('The comment "legal has not agreed" is shown to nobody')


@pytest.mark.parametrize(
    "comment",
    ["<!-- toc -->", "<!-- [[[cog\nimport glob\n-->", "<!-- prettier-ignore -->", "<!-- -->", "<!-- vale off -->"],
)
def test_a_comment_for_a_program_is_none(comment: str) -> None:
    assert places(f"{comment}\n\nEligible.") == []
