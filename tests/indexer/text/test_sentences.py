"""Sentences: without a gap, and in stretches where a text is long."""

from itertools import pairwise

import pytest

from indexer.text.sentences import STRETCH, sentences


@pytest.mark.parametrize("end", [" ", "\n", "\n\n", ""])
def test_sentences_of_a_long_text_cover_it_without_a_gap(end: str) -> None:
    text = f"Refunds are due within 7 days.{end}" * 500
    found = sentences(text)
    assert found[0][0] == 0
    assert found[-1][1] == len(text)
    assert all(before[1] == after[0] for before, after in pairwise(found))


def test_paragraphs_of_a_long_text_have_the_sentences_that_they_have_alone() -> None:
    paragraph = "Refunds are due within 7 days. They are paid by the U.S. bank.\n\n"
    text = paragraph * (3 * STRETCH // len(paragraph))
    said = [text[start:end].strip() for start, end in sentences(text) if text[start:end].strip()]
    assert set(said) == {"Refunds are due within 7 days.", "They are paid by the U.S. bank."}
    assert len(said) == 2 * (3 * STRETCH // len(paragraph))
