"""Where sentences begin and end, by sentencex's rules for English."""

from bisect import bisect_left

STRETCH = 4096
"""How many code points are looked at at once: the library takes time that grows with the square of quotation marks."""


def sentences(text: str) -> list[tuple[int, int]]:
    """The code points of each sentence of a text, without a gap: white space belongs to the one before it."""
    import sentencex

    found, at = {0}, 0
    while at < len(text):
        end = min(at + STRETCH, len(text))
        paragraph = text.rfind("\n\n", at + 1, end) if end < len(text) else -1
        end = paragraph if paragraph > 0 else end
        starts = sorted(start["start_index"] for start in sentencex.get_sentence_boundaries("en", text[at:end]))
        found.update(at + start for start in starts if start)
        if paragraph > 0:
            found.add(end)
        elif end < len(text) and starts and starts[-1] > STRETCH // 2:
            end = at + starts[-1]  # what begins there may go on past the stretch
        at = end
    starts = sorted(found)
    starts = starts[: bisect_left(starts, len(text))]
    if not starts:
        return []
    return list(zip(starts, [*starts[1:], len(text)], strict=True))
