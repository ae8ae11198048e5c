"""A revision's source by lines: where the parser's blocks stand in it, in code points of the untouched text."""

from functools import cached_property

from markdown_it.token import Token

from policies.sources.draft import front_matter_end


class Source:
    """A revision's text by lines; `markdown` is what the parser sees, of the same lines from `first_line` on."""

    @classmethod
    def of(cls, text: str) -> "Source":
        """The text of a revision, read from behind its front matter."""
        return cls(text, front_matter_end(text) or int(text.startswith("\ufeff")))

    def __init__(self, text: str, body: int) -> None:
        self.text = text
        self._body = body
        # The parser would turn \r into a line end of its own, and shift every line after it.
        self._parsed = text.replace("\r", " ").replace("\x00", "\ufffd")
        self.markdown = self._parsed[body:]

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [self._body], self.text.find("\n", self._body)
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def line(self, number: int) -> tuple[int, int]:
        """Where a line begins and ends, without its line end."""
        end = self._starts[number + 1] - 1 if number + 1 < len(self._starts) else len(self.text)
        return self._starts[number], end

    def lines(self, first: int, last: int) -> tuple[int, int] | None:
        """The lines `[first, last)`, trimmed; None where they are blank."""
        return trimmed_span(self.text, self.line(first)[0], self.line(min(last, len(self._starts)) - 1)[1])

    def inline(self, token: Token) -> tuple[int, int] | None:
        """Where an inline token's content stands: from after the markers of its containers to its last word."""
        assert token.map is not None
        if not token.content.strip():
            return None
        content = token.content.split("\n")
        head, tail = content[0].strip(), content[-1].strip()
        # The content may begin below its first line, since the parser strips a line of no-break spaces.
        start, number = next(
            (at, number) for number in range(*token.map) if (at := self._parsed.rfind(head, *self.line(number))) >= 0
        )
        last, end = self.line(number + len(content) - 1)
        end = self._parsed.rfind(tail, max(last, start), end) + len(tail)
        return trimmed_span(self.text, start, end)


def trimmed_span(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without white space at its ends; None where nothing is left."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return (start + left, start + right) if right > left else None
