"""A passage: the words that are ranked and cited, under the context in which they were written."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import rfc8785

from indexer.text.comments import without_comments
from policies.revision import Span

CONTEXT = "context-4"
"""The rule by which context is encoded and posted; indexes of two rules are never mixed."""

BEFORE_COMMENTS = "context-3"
"""The rule before, under which the words of comments were encoded and posted too; all else is the same."""

CONTEXT_CHARACTERS = 160
"""How much of the headings is posted with a passage, and how much of the lead-ins is encoded with it. The encoder reads
256 tokens, and a passage takes up to 200 of them."""


@dataclass(frozen=True, slots=True)
class Passage:
    """`text` as it stands in the source; title, section and lead-ins are its context, never part of its words.

    The words of comments are neither encoded nor posted.
    """

    title: str
    section: tuple[str, ...]
    lead_ins: tuple[str, ...]
    text: str

    def key(self) -> bytes:
        """SHA-256 of words and context, 32 bytes: the same words under the same context are one passage."""
        return hashlib.sha256(rfc8785.dumps([self.title, list(self.section), list(self.lead_ins), self.text])).digest()

    def record(self) -> list[object]:
        """The JSON values from which `from_record` makes the same passage."""
        return [self.title, list(self.section), list(self.lead_ins), self.text]

    def stored(self) -> bytes:
        """The record as a segment holds it."""
        return json.dumps(self.record(), ensure_ascii=False).encode()

    @classmethod
    def from_stored(cls, stored: bytes) -> "Passage":
        """The passage that a segment holds so."""
        return cls.from_record(json.loads(stored))

    @classmethod
    def from_record(cls, record: Sequence[object]) -> "Passage":
        title, section, lead_ins, text = record
        return cls(title, tuple(section), tuple(lead_ins), text)  # type: ignore[arg-type]

    def without_comments_above(self) -> "Passage":
        """The passage without comments in what stands above it, which earlier versions left there."""
        section, lead_ins = (tuple(map(shown_line, above)) for above in (self.section, self.lead_ins))
        return Passage(self.title, section, lead_ins, self.text)

    def encoded(self) -> str:
        """What the vector is made from: the end of the lead-ins, then the words."""
        lead_in = " ".join(self.lead_ins)[-CONTEXT_CHARACTERS:]
        text = without_comments(self.text)
        return f"{lead_in}\n{text}" if lead_in else text

    def encoded_before(self) -> str:
        """What the vector was made from by the rule `BEFORE_COMMENTS`."""
        lead_in = " ".join(self.lead_ins)[-CONTEXT_CHARACTERS:]
        return f"{lead_in}\n{self.text}" if lead_in else self.text

    def posted(self) -> str:
        """What the index terms are made from: the innermost headings, then what is encoded.

        The title is not posted, since all passages of a policy share it: `retriever.answering.naming` uses it.
        """
        headings = " > ".join(name for name in self.section if name != self.title)
        return f"{headings[-CONTEXT_CHARACTERS:]}\n{self.encoded()}" if headings else self.encoded()


def passages_of(title: str, text: str, spans: Sequence[Span]) -> list[Passage]:
    """The passages that the spans cut from a revision's text, in their order."""
    return [
        Passage(
            title=title,
            section=tuple(shown_line(text[start:end]) for start, end in span.headings),
            lead_ins=tuple(shown_line(text[start:end]) for start, end in span.lead_ins),
            text=text[span.start : span.end],
        )
        for span in spans
    ]


def shown_line(words: str) -> str:
    """A heading or lead-in without comments, its words between single spaces."""
    return " ".join(without_comments(words).split())
