"""Is a citation true: does it exist, was it in force, and are these its words? If not, what is said instead."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, Protocol, TypeGuard

from indexer.text.tokenizer import terms
from indexer.text.whole_words import holds_whole
from policies.errors import RevisionErased
from policies.instant import Instant, format_end, format_instant
from policies.normal_form import normalised
from policies.revision import POLICY_ID, Revision, VersionId
from policies.timeline import InForce, Timeline
from retriever.asking.eligible import may_read
from retriever.errors import BadCitation
from retriever.evidence.evidence import GovernedBy
from retriever.evidence.governing_words import Structures, derived_anew, governing_words

Verdict = Literal["supported", "not_supported", "cannot_tell"]

_HANDLE = re.compile(rf"({POLICY_ID.pattern})@([1-9]\d{{0,8}})#([1-9]\d{{0,5}})(?:-([1-9]\d{{0,5}}))?", re.ASCII)
PLAIN_MARKS: dict[int, str] = str.maketrans(
    {**dict.fromkeys("‘’‚‛′ʼ`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—−", "-")}
)
"""Typographic quotation marks and dashes, by code point, with the plain one that each counts as."""

COMPARED = 250
"""How many index terms at most tell which passage is most similar: comparing takes the product of both numbers."""


@dataclass(frozen=True, slots=True)
class Handle:
    """A citation handle: `P-7@3#2`, or `P-7@3#2-3` for merged neighbours."""

    version: VersionId
    first: int
    last: int

    def __str__(self) -> str:
        tail = f"-{self.last}" if self.last != self.first else ""
        return f"{self.version}#{self.first}{tail}"

    def covers(self, other: "Handle") -> bool:
        """Whether it names every passage that the other names."""
        return self.version == other.version and self.first <= other.first <= other.last <= self.last

    def overlaps(self, other: "Handle") -> bool:
        """Whether some passage is named by both."""
        return self.version == other.version and self.first <= other.last and other.first <= self.last

    def words(self, revision: Revision) -> str | None:
        """The text that it names, from the first to the last passage; None if the revision has fewer passages."""
        spans = revision.spans[self.first - 1 : self.last]
        return revision.text[spans[0].start : spans[-1].end] if self.last <= len(revision.spans) else None

    @classmethod
    def parse(cls, text: str) -> "Handle":
        bare = text.strip()
        if bare[:1] == "[" and bare[-1:] == "]":
            bare = bare[1:-1]
        match = _HANDLE.fullmatch(bare)
        if not match or (match[4] and int(match[4]) <= int(match[3])):
            raise BadCitation(f"{text!r} is not a citation; write policy@revision#passage, such as P-7@3#2")
        first = int(match[3])
        return cls(VersionId(match[1], int(match[2])), first, int(match[4] or first))


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome. Each of the three checks is true, false, or None if it could not be made.

    `governed_by` are the words outside the text that decide how it is meant, the outermost first.
    """

    citation: str
    verdict: Verdict
    reason: str
    detail: str
    exists: bool | None
    in_force: bool | None
    quoted: bool | None
    as_of: Instant
    text: str | None = None
    valid: InForce | None = None
    instead: "Instead | None" = None
    governed_by: tuple[GovernedBy, ...] = ()

    def content(self) -> dict[str, Any]:
        """The JSON values of a check."""
        return {
            "citation": self.citation,
            "verdict": self.verdict,
            "reason": self.reason,
            "detail": self.detail,
            "checks": {"exists": self.exists, "in_force": self.in_force, "quote": self.quoted},
            "as_of": format_instant(self.as_of),
            "text": self.text,
            "governed_by": [item.content() for item in self.governed_by],
            "in_force_instead": None if self.instead is None else self.instead.content(),
        }


@dataclass(frozen=True, slots=True)
class Instead:
    """What is in force at the date instead: the passage most similar to what was cited, or the revision alone."""

    citation: str
    text: str | None
    valid: InForce
    governed_by: tuple[GovernedBy, ...] = ()

    def content(self) -> dict[str, Any]:
        return {
            "citation": self.citation,
            "text": self.text,
            "governed_by": [item.content() for item in self.governed_by],
            "valid_from": format_instant(self.valid.valid.start),
            "valid_to": format_end(self.valid.valid.end),
        }


def folded(text: str) -> str:
    """The text with Unicode form, white space, quotation marks and dashes made alike."""
    return " ".join(normalised("NFKC", text.translate(PLAIN_MARKS)).translate(PLAIN_MARKS).split())


class Revisions(Protocol):
    """Gives the words of revisions: a ledger, or a cache of one."""

    def revision(self, version: VersionId, timeline: Timeline) -> Revision: ...


def check_citation(
    ledger: Revisions,
    timeline: Timeline,
    handle: Handle,
    as_of: Instant,
    known_at: Instant,
    audience: Sequence[str],
    quote: str | None = None,
    structures: Structures = derived_anew,
) -> Check:
    """Whether the citation exists, was in force at `as_of` as known at `known_at`, and holds the quote.

    `structures` says how the passages of a revision stand.
    """
    checked = _Checked(ledger, timeline, handle, as_of, known_at, tuple(audience), structures)
    return checked.verdict(quote)


@dataclass(frozen=True, slots=True)
class _Checked:
    ledger: Revisions
    timeline: Timeline
    handle: Handle
    as_of: Instant
    known_at: Instant
    audience: tuple[str, ...]
    structures: Structures

    def verdict(self, quote: str | None) -> Check:
        version = self.handle.version
        event = self.timeline.publishes.get(version)
        if event is None or event.recorded_at > self.known_at or not may_read(self.timeline, version, self.audience):
            return self._check("not_supported", "unknown_version", f"There is no revision {version}", exists=False)
        said = self._said()
        in_force = said is not None and said.revision == version.number
        try:
            revision = self.ledger.revision(version, self.timeline)
        except RevisionErased:
            detail = f"The words of {version} were erased: nobody can tell what they were"
            return self._check("cannot_tell", "erased", detail, exists=None, in_force=in_force)
        text = self.handle.words(revision)
        if text is None:
            detail = f"{version} has passages 1 to {len(revision.spans)}, and no {self.handle.last}"
            return self._check("not_supported", "unknown_passage", detail, exists=False, in_force=in_force)
        quoted = None if quote is None else self._quoted(quote, text)
        instead = None if in_force else self._instead(said, [*([quote] if quote else []), text])
        reason, detail = self._reason(in_force, quoted, said, instead)
        verdict: Verdict = "supported" if in_force and quoted is not False else "not_supported"
        governed_by = self._governed_by(revision, self.handle.first, self.handle.last)
        return self._check(verdict, reason, detail, True, in_force, quoted, text, said, instead, governed_by)

    def _check(
        self,
        verdict: Verdict,
        reason: str,
        detail: str,
        exists: bool | None,
        in_force: bool | None = None,
        quoted: bool | None = None,
        text: str | None = None,
        said: InForce | None = None,
        instead: Instead | None = None,
        governed_by: tuple[GovernedBy, ...] = (),
    ) -> Check:
        name = str(self.handle)
        return Check(
            name, verdict, reason, detail, exists, in_force, quoted, self.as_of, text, said, instead, governed_by
        )

    def _governed_by(self, revision: Revision, first: int, last: int) -> tuple[GovernedBy, ...]:
        return governing_words(self.structures(revision), revision, first, last)

    def _said(self) -> InForce | None:
        policy = self.timeline.policies[self.handle.version.policy_id]
        return policy.in_force(self.as_of, self.known_at)

    @staticmethod
    def _quoted(quote: str, text: str) -> bool:
        """Whether the quote's words stand in the text, whole: "7 days" is not in "within 27 days"."""
        return holds_whole(folded(quote), folded(text))

    def _reason(
        self, in_force: bool, quoted: bool | None, said: InForce | None, instead: Instead | None
    ) -> tuple[str, str]:
        version, on = self.handle.version, format_instant(self.as_of)
        words = "" if quoted is not False else " The quote is not among its words either."
        if in_force and quoted is False:
            return (
                "quote_not_found",
                f"{version} was in force on {on}, but passage {self.handle} does not say this",
            )
        if in_force:
            assert said is not None
            return "supported", f"{version} was in force on {on}" + (" and says this" if quoted else "")
        if instead is not None:
            return (
                "not_in_force",
                f"{version} was not in force on {on}.{words} In force then: {instead.citation.split('#')[0]}"
                + (f", which says: {instead.text}" if instead.text else ", which says nothing like it"),
            )
        if said is not None and said.revision is None:
            return "not_in_force", f"{version.policy_id} was withdrawn on {on}.{words}"
        if said is not None and self._readable(said.revision):
            now = VersionId(version.policy_id, said.revision)
            return (
                "not_in_force",
                f"{version} was not in force on {on}.{words} In force then: {now}, words erased since",
            )
        starts = self._next_start()
        later = "" if starts is None else f"; {version.policy_id} next comes into force on {format_instant(starts)}"
        return "not_in_force", f"{version} was not in force on {on}{later}.{words}"

    def _next_start(self) -> Instant | None:
        """When the next revision that this audience may read comes into force."""
        policy, at = self.timeline.policies[self.handle.version.policy_id], self.as_of
        while (upcoming := policy.next_revision(at, self.known_at)) is not None:
            if self._readable(upcoming.revision):
                return upcoming.valid.start
            at = upcoming.valid.start
        return None

    def _readable(self, revision: int | None) -> TypeGuard[int]:
        if revision is None:
            return False
        return may_read(self.timeline, VersionId(self.handle.version.policy_id, revision), self.audience)

    def _instead(self, said: InForce | None, wanted: Sequence[str]) -> Instead | None:
        if said is None or said.revision is None:
            return None
        version = VersionId(self.handle.version.policy_id, said.revision)
        if version in self.timeline.erased or not may_read(self.timeline, version, self.audience):
            return None
        revision = self.ledger.revision(version, self.timeline)
        passages = list(enumerate(revision.passages, start=1))
        for asked in map(terms, wanted):
            score, number, text = max(
                ((similarity(asked, terms(text)), -n, text) for n, text in passages), default=(0, 0, "")
            )
            if score > 0:
                return Instead(f"{version}#{-number}", text, said, self._governed_by(revision, -number, -number))
        return Instead(str(version), None, said)


def similarity(left: list[str], right: list[str]) -> float:
    """Shared index terms over all (Jaccard), then how much of the terms' order is shared; in [0, 2]."""
    left, right = left[:COMPARED], right[:COMPARED]
    union = set(left) | set(right)
    shared = len(set(left) & set(right)) / len(union) if union else 0.0
    return shared + (SequenceMatcher(None, left, right, autojunk=False).ratio() if shared else 0.0)
