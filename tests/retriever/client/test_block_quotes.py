"""Lines behind `>`: where a block ends, and which of its words are a quotation."""

import pytest

from retriever.client.block_quotes import block_words, blocks


def test_where_blocks_stand() -> None:
    text = "Rule:\n\n> Books are due.\n>\n> Tapes too.\n\n1. > Films\n   > as well.\nNot 3 > 2.\n"
    assert [text[start:end] for start, end in blocks(text)] == [
        "> Books are due.\n>\n> Tapes too.",
        "1. > Films\n   > as well.",
    ]


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("> Books are due.\n>\n> Tapes too.", "Books are due.\n\nTapes too."),
        ("- >> Books\n  >> are due.", "Books\nare due."),
        ("> **Books** are due.", "**Books** are due."),
        ("> Books: 14 days.", "Books: 14 days."),
        ("> [!NOTE]\n> Books are due.", None),
        ("> **Note:** Books are due.", None),
        ("> **Please note**: Books are due.", None),
        ("> ⚠️ Important: Books are due.", None),
        (">", None),
    ],
)
def test_a_note_of_the_writers_own_is_no_quotation(block: str, words: str | None) -> None:
    assert block_words(block) == words
