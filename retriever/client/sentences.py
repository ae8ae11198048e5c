"""Sentences of a text that arrives in pieces: the same ones wherever it was cut.

A sentence ends where what follows cannot change that any more. The rule never looks past the text that is there: if it
reaches the end, it waits. So the sentences depend on the text alone.
"""

import codecs
import re
from collections.abc import Sequence

from retriever.citation_forms import alike, citation_forms
from retriever.client.block_quotes import begins_block, may_begin_block
from retriever.client.quoted_words import CLOSING, LONGEST_QUOTATION, NeedMore, closing_mark
from retriever.short_forms import goes_on

LONGEST_BRACKET = 300
"""A bracket that is longer is no citation."""

MOST_CITATIONS = 50
"""So many citations behind one another belong to one sentence, and no more."""

_WIDE_STOPS = "。！？"
_STOPS = ".!?…" + _WIDE_STOPS
_CLOSERS = "\"”’»」』)]*_'"
_HANDLE_CHARACTER = re.compile(r"[A-Za-z0-9._\-@#,;:!?)]")
_DECIDING = re.compile(rf"[\n{_STOPS}{''.join(CLOSING)}]")
_MARKER = " \t\n*_#>•–-"
_LOOKED_BACK = 60


class Sentences:
    """Takes pieces, as text or as UTF-8, and gives sentences; each keeps the white space behind it.

    A line ends a sentence, unless the next one goes on in lower case. What stands in quotation marks or in a block
    quote stays together. A citation behind the full stop belongs to the sentence before it; so does a line that only
    cites. A block quote belongs to the citation that leads to it.
    """

    def __init__(self, evidence: Sequence[str] = ()) -> None:
        self._evidence = evidence
        self._text = self._plain = ""
        self._at = 0
        self._whole = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def fed(self, piece: str | bytes) -> list[str]:
        """The sentences that a piece completed."""
        return self._taken(self._decoder.decode(piece) if isinstance(piece, bytes) else piece)

    def ended(self) -> list[str]:
        """The sentences that the end of the text completed."""
        self._whole = True
        found = self._taken(self._decoder.decode(b"", final=True))
        return found + ([self._text] if self._text else [])

    @property
    def rest(self) -> str:
        """The words of a sentence that has not ended yet."""
        return self._text

    def _taken(self, text: str) -> list[str]:
        self._text += text
        self._plain += alike(text)
        found = []
        try:
            while (end := self._end()) is not None:
                found.append(self._text[:end])
                self._text, self._plain, self._at = self._text[end:], self._plain[end:], 0
        except NeedMore:
            pass
        return found

    def _end(self) -> int | None:
        """Where the first sentence ends; None where no place yet could be its end. Places before `_at` are none."""
        start = len(self._text) - len(self._text.lstrip())
        self._at = max(self._at, start)
        if self._at == start and (block := self._block(start)) is not None:
            self._at = block
        while (match := _DECIDING.search(self._text, self._at)) is not None:
            at, mark = match.start(), match[0]
            if mark in CLOSING:
                closing = closing_mark(self._text, at, self._whole)
                end, after = None, at + 1
                if closing is not None:
                    after = closing + 1
                    if self._text[closing - 1] in _STOPS:
                        end, after = self._end_at_stop(closing - 1, after)
            elif mark == "\n":
                end, after = self._end_at_line(at)
            else:
                end, after = self._end_at_stop(at, at + 1)
            if end is not None:
                return end
            self._at = after
        self._at = len(self._text)
        return None

    def _end_at_stop(self, stop: int, at: int) -> tuple[int | None, int]:
        """The end at a full stop, where one is, else from where to look on; the marks behind the stop begin at `at`."""
        while self._character(at) in _STOPS + _CLOSERS and self._character(at):
            at += 1
        wide = self._text[stop] in _WIDE_STOPS
        cited = self._citations_behind(at)
        if cited is None and not wide and self._character(at).strip():
            return None, at
        start = self._blanks(at if cited is None else cited)
        following = self._character(start)
        if following == "\n":
            return self._end_at_line(start)
        if following and cited is None and not wide:
            before = self._text[: stop + 1].lstrip(_MARKER)[-_LOOKED_BACK:]
            if following.islower() or goes_on(before, following):
                return None, at
        return start, start

    def _end_at_line(self, at: int) -> tuple[int | None, int]:
        """The end at a line, behind the lines below it that only cite; the same as for a full stop."""
        while True:
            start = at
            while self._character(start).isspace():
                start += 1
            following = self._character(start)
            if following and (cited := self._only_citations(start)) is not None:
                self._at = at = cited  # a place that decides, so that long lists are read once
                continue
            if following == ">" and self._leads(at) and (block := self._block(start)) is not None:
                self._at = at = block
                continue
            if following.islower() and self._text.count("\n", at, start) == 1:
                return None, start
            return start, start

    def _block(self, start: int) -> int | None:
        """Where the last line ends of the block quote that begins here; None where none does, or a longer one."""
        if not self._whole and may_begin_block(self._text[start:]):
            raise NeedMore
        if not begins_block(self._text[start : start + _LOOKED_BACK]):
            return None
        end = start
        while (end := self._text.find("\n", end)) >= 0 and end - start <= LONGEST_QUOTATION:
            following = self._blanks(end + 1)
            if self._character(following) != ">":
                return end
            end = following
        if end < 0 and len(self._text) - start <= LONGEST_QUOTATION:
            if not self._whole:
                raise NeedMore
            return len(self._text)
        return None

    def _leads(self, at: int) -> bool:
        """Whether the words so far lead to a block quote: they cite, and end in a colon or are citations alone."""
        said = self._text[:at]
        forms = citation_forms(said, self._evidence)
        if not forms or said.rstrip(" \t\r*_").endswith(":"):
            return bool(forms)
        for form in reversed(forms):
            said = said[: form.outer[0]] + said[form.outer[1] :]
        return not said.strip(" \t\r\n*_#.,;&")

    def _citations_behind(self, at: int) -> int | None:
        """Where the citations end that follow a sentence on its line; None where there are none, or others go on."""
        last, bare, place = None, True, at
        for _ in range(MOST_CITATIONS):
            start = self._blanks(place, " ,;&*_" if last else " *_")
            end = self._bracket(start)
            if end is None:
                end = self._handle(start) if bare and start > place else None
            else:
                bare = False
            if end is None:
                break
            last = place = end
        if last is None:
            return None
        stopped = last
        while self._character(stopped) in _STOPS + _CLOSERS and self._character(stopped):
            stopped += 1
        following = self._character(self._blanks(stopped))
        if following.islower() or following in tuple(",:;"):
            return None
        return None if bare and stopped == last and following not in ("", "\n") else stopped

    def _only_citations(self, at: int) -> int | None:
        """The end of a line that holds nothing but citations; None where it holds more."""
        cited = False
        at += self._text[at : at + 1] in ("—", "–", "―")
        for _ in range(MOST_CITATIONS):
            at = self._blanks(at, " ,;&.*_")
            if self._character(at) in ("", "\n"):
                return at if cited else None
            end = self._bracket(at)
            end = self._handle(at) if end is None else end
            if end is None:
                return None
            at, cited = end, True
        return None

    def _bracket(self, at: int) -> int | None:
        """The end of a bracket with a citation in it, and of the target of its link; None where there is none."""
        start, mark = at, self._character(at)
        if mark == "<":
            return self._raised(at)
        if mark == "\\":
            at += 1
        if self._character(at) not in ("[", "("):
            return None
        end = self._closed(at)
        if end is not None and self._plain[end - 1] == "]" and self._character(end) == "(":
            end = self._closed(end)
        if end is None or self._character(end) == ":" or not citation_forms(self._text[start:end], self._evidence):
            return None
        return end

    def _closed(self, at: int) -> int | None:
        depth = 0
        for place in range(at, at + LONGEST_BRACKET):
            character = self._character(place)
            if character in ("", "\n"):
                return None
            depth += (character in "[(") - (character in "])")
            if not depth:
                return place + 1
        return None

    def _raised(self, at: int) -> int | None:
        """The end of a raised number, `<sup>1</sup>`."""
        for place, expected in enumerate("<sup>"):
            if self._character(at + place).lower() != expected:
                return None
        for end in range(at, at + LONGEST_BRACKET):
            if self._character(end) in ("", "\n"):
                return None
            if self._plain[at : end + 1].lower().endswith("</sup>"):
                return end + 1 if citation_forms(self._text[at : end + 1], self._evidence) else None
        return None

    def _handle(self, at: int) -> int | None:
        """The end of a handle without brackets; None where there is another word."""
        end = at
        while (character := self._character(end)).strip():
            if not _HANDLE_CHARACTER.fullmatch(character) or end - at > LONGEST_BRACKET:
                return None
            end += 1
        word = self._plain[at:end].rstrip(".,;:!?)")
        forms = citation_forms(word, self._evidence)
        return at + len(word) if forms and (forms[0].outer[0], forms[-1].outer[1]) == (0, len(word)) else None

    def _blanks(self, at: int, among: str = " ") -> int:
        """The first place that is no white space of this line, and none of these marks."""
        while (character := self._character(at)) and character != "\n" and (character.isspace() or character in among):
            at += 1
        return at

    def _character(self, at: int) -> str:
        """The character at a place, in its plain form; empty past the end of the text. NeedMore if more may come."""
        if at < len(self._plain):
            return self._plain[at]
        if self._whole:
            return ""
        raise NeedMore
