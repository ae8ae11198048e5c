"""Where sentences begin and end, by sentencex's rules for English."""

from bisect import bisect_left


def sentences(text: str) -> list[tuple[int, int]]:
    """The code points of each sentence of a text, without a gap: white space belongs to the one before it."""
    import sentencex

    starts = sorted({0, *(boundary["start_index"] for boundary in sentencex.get_sentence_boundaries("en", text))})
    starts = starts[: bisect_left(starts, len(text))]
    if not starts:
        return []
    return list(zip(starts, [*starts[1:], len(text)], strict=True))
