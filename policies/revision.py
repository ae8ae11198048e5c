"""A revision: the immutable words of a policy, and the names by which they are called."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import rfc8785

from policies.calendar import UTC_CALENDAR, Calendar
from policies.errors import UnknownRevision
from policies.instant import Instant

POLICY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII)
PUBLIC = ("public",)
Titled = tuple[str, str | None]
"""The title and the note of a revision."""

_VERSION_ID = re.compile(rf"({POLICY_ID.pattern})@([1-9][0-9]{{0,8}})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class VersionId:
    """One revision of one policy, written `P-7@3`."""

    policy_id: str
    number: int

    def __str__(self) -> str:
        return f"{self.policy_id}@{self.number}"

    @classmethod
    def parse(cls, text: str) -> "VersionId":
        match = _VERSION_ID.fullmatch(text.strip())
        if not match:
            raise UnknownRevision(f"{text!r} is not a version id; write policy@revision, such as P-7@3")
        return cls(match[1], int(match[2]))


@dataclass(frozen=True, slots=True)
class Span:
    """Where one passage stands in its revision's text, in Unicode code points.

    `headings` are the spans of the headings above it, outermost first; `lead_ins` the spans of the words
    that introduce it (a list's lead-in, a table's header). A span holds no words itself.
    """

    start: int
    end: int
    headings: tuple[tuple[int, int], ...] = ()
    lead_ins: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Words and metadata that an author wants in force; parsed and validated, not yet recorded.

    `calendar` is the one by which its dates were read, and are told.
    """

    policy_id: str
    title: str
    text: str
    where: str
    valid_from: Instant | None = None
    valid_to: Instant | None = None
    owner: str | None = None
    note: str | None = None
    author: str | None = None
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    audience: tuple[str, ...] = PUBLIC
    review_by: Instant | None = None
    calendar: Calendar = UTC_CALENDAR

    def digest(self) -> str:
        """SHA-256 of everything in the draft but its period and where it came from."""
        content: dict[str, Any] = {
            "title": self.title,
            "text": self.text,
            "owner": self.owner,
            "note": self.note,
            "applies_to": {facet: list(values) for facet, values in self.applies_to.items()},
            "audience": list(self.audience),
        }
        if self.review_by is not None:  # a draft without one has the digest that it had before there were review dates
            content["review_by"] = str(self.review_by)
        return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class Revision:
    """Recorded words with what was recorded about them. `audience` is today's, whatever it once was."""

    version: VersionId
    tx: int
    recorded_at: Instant
    title: str
    text: str
    owner: str | None
    note: str | None
    author: str | None
    applies_to: Mapping[str, tuple[str, ...]]
    audience: tuple[str, ...]
    splitter: str
    spans: tuple[Span, ...]
    review_by: Instant | None = None

    @property
    def passages(self) -> list[str]:
        """The words of each passage, in order."""
        return [self.text[span.start : span.end] for span in self.spans]
