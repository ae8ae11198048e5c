"""HTML comments in Markdown: words of the source that no reader of the page sees."""

from bisect import bisect_left
from collections.abc import Sequence

from policies.markdown.source import trimmed_span

Span = tuple[int, int]

_OPEN, _CLOSE = "<!--", "-->"


def comment_spans(text: str, start: int, end: int, *, html: bool = False) -> list[Span]:
    """Where comments stand in a block, `[start, end)` of a text. One inside a span of code is shown as it is.

    In a block of `html` a comment that is not closed hides the rest of the block; in a paragraph it is no comment.
    """
    found: list[Span] = []
    at, ticks = start, 0
    while (opens := text.find(_OPEN, at, end)) >= 0:
        ticks += text.count("`", at, opens)
        closes = text.find(_CLOSE, opens + 2, end)
        if closes < 0:
            return [*found, (opens, end)] if html else found
        if html or ticks % 2 == 0:
            found.append((opens, closes + len(_CLOSE)))
            at = closes + len(_CLOSE)
        else:
            at = opens + len(_OPEN)
    return found


def masked(text: str, spans: Sequence[Span]) -> str:
    """The text with tabs in place of spans, which ascend: everything else stays where it was.

    Unlike spaces, tabs at the end of a line break no line.
    """
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], "\t" * (end - start)]
        at = end
    return "".join([*parts, text[at:]]) if spans else text


def without_comments(text: str) -> str:
    """A paragraph without comments; without all that stands behind the beginning of one that was cut off."""
    if _OPEN not in text:
        return text
    spans = comment_spans(text, 0, len(text))
    last = text.rfind(_OPEN)
    if _CLOSE not in text[last:] and text.count("`", spans[-1][1] if spans else 0, last) % 2 == 0:
        spans.append((last, len(text)))
    parts, at = [], 0
    for start, end in spans:
        apart = text[start - 1 : start].isspace() or text[end : end + 1].isspace()
        parts += [text[at:start], "" if apart else " "]
        at = end
    return "".join([*parts, text[at:]])


def shown_span(text: str, start: int, end: int, comments: Sequence[Span]) -> Span | None:
    """A span without comments, or parts of them, and white space at its ends; None where nothing is left.

    `comments` are those of the text around it, ascending.
    """
    ends = [last for _, last in comments]
    while (trimmed := trimmed_span(text, start, end)) is not None:
        start, end = trimmed
        first = bisect_left(ends, start + 1)
        if first < len(comments) and comments[first][0] <= start:
            start = min(ends[first], end)
            continue
        last = bisect_left(ends, end)
        if last < len(comments) and comments[last][0] < end:
            end = max(comments[last][0], start)
            continue
        return trimmed
    return None
