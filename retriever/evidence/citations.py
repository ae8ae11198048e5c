"""Is a citation true: does it exist, was it in force, and are these its words? If not, what is said instead."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal, Protocol, TypeAlias, TypeGuard

from indexer.text.introducing import decides
from indexer.text.passage import shown_line
from indexer.text.tokenizer import terms
from policies.errors import RevisionErased
from policies.instant import Instant, format_end, format_instant
from policies.revision import POLICY_ID, Revision, VersionId
from policies.timeline import InForce, Timeline
from retriever.asking.eligible import may_read
from retriever.citation_forms import plain_handle
from retriever.errors import BadCitation
from retriever.evidence.evidence import GovernedBy
from retriever.evidence.governing_words import Structures, derived_anew, governing_words
from retriever.evidence.quotations import Quotation, folded, quotation
from retriever.governed_words import LABELS, OTHER, on_one_line

Verdict = Literal["supported", "not_supported", "cannot_tell"]

_HANDLE = re.compile(rf"({POLICY_ID.pattern})@([1-9]\d{{0,8}})#([1-9]\d{{0,5}})(?:-([1-9]\d{{0,5}}))?", re.ASCII)
PLACES = 64
"""In how many places of equal words it is looked for the ones under the same words, at most."""

Over: TypeAlias = tuple[tuple[str, ...], tuple[GovernedBy, ...]]
"""The headings over words, and the other words that govern them."""

NOTHING_OVER: Over = ((), ())

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
        match = _HANDLE.fullmatch(plain_handle(text))
        if not match or (match[4] and int(match[4]) <= int(match[3])):
            raise BadCitation(f"{text!r} is not a citation; write policy@revision#passage, such as P-7@3#2")
        first = int(match[3])
        return cls(VersionId(match[1], int(match[2])), first, int(match[4] or first))


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome. Each of the three checks is true, false, or None if it could not be made.

    `quotation` is where the quotation stands in the source, if one was given and is there. `section` are the headings
    above the text and `governed_by` the words outside it that decide how it is meant, the outermost first.
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
    section: tuple[str, ...] = ()
    governed_by: tuple[GovernedBy, ...] = ()
    quotation: Quotation | None = None

    @property
    def same_words(self) -> bool:
        """Whether the words in force instead are the same."""
        there = None if self.instead is None else self.instead.text
        return there is not None and self.text is not None and folded(there) == folded(self.text)

    @property
    def regoverned(self) -> bool:
        """Whether the words in force are the same, under other headings or governing words."""
        there = self.instead
        if there is None or not self.same_words:
            return False
        return _context(self.section, self.governed_by) != _context(there.section, there.governed_by)

    def content(self) -> dict[str, Any]:
        """The JSON values of a check."""
        return {
            "citation": self.citation,
            "verdict": self.verdict,
            "reason": self.reason,
            "detail": self.detail,
            "checks": {"exists": self.exists, "in_force": self.in_force, "quote": self.quoted},
            "as_of": format_instant(self.as_of),
            "quotation": None if self.quotation is None else self.quotation.content(),
            "text": self.text,
            "section": list(self.section),
            "governed_by": [item.content() for item in self.governed_by],
            "in_force_instead": None if self.instead is None else self.instead.content(),
        }


@dataclass(frozen=True, slots=True)
class Instead:
    """What is in force at the date instead: the same words, the passage most similar to them, or the revision alone."""

    citation: str
    text: str | None
    valid: InForce
    section: tuple[str, ...] = ()
    governed_by: tuple[GovernedBy, ...] = ()

    def content(self) -> dict[str, Any]:
        return {
            "citation": self.citation,
            "text": self.text,
            "section": list(self.section),
            "governed_by": [item.content() for item in self.governed_by],
            "valid_from": format_instant(self.valid.valid.start),
            "valid_to": format_end(self.valid.valid.end),
        }


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
        where = None if quote is None else self._quotation(revision, quote)
        quoted = None if quote is None else where is not None and not where.struck
        over = self._over(revision, self.handle.first, self.handle.last)
        instead = None if in_force else self._instead(said, revision, quote, over)
        verdict: Verdict = "supported" if in_force and quoted is not False else "not_supported"
        check = self._check(verdict, "", "", True, in_force, quoted, text, said, instead, over)
        check = replace(check, quotation=where)
        reason, detail = self._reason(check, said)
        return replace(check, reason=reason, detail=detail)

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
        over: Over = NOTHING_OVER,
    ) -> Check:
        name = str(self.handle)
        return Check(name, verdict, reason, detail, exists, in_force, quoted, self.as_of, text, said, instead, *over)

    def _over(self, revision: Revision, first: int, last: int) -> Over:
        """The headings and the governing words over a run of passages. A title that decides is the first heading."""
        headings = revision.spans[first - 1].headings
        section = tuple(shown_line(revision.text[start:end]) for start, end in headings)
        if decides(revision.title) and revision.title not in section:
            section = (revision.title, *section)
        return section, governing_words(self.structures(revision), revision, first, last)

    def _said(self) -> InForce | None:
        policy = self.timeline.policies[self.handle.version.policy_id]
        return policy.in_force(self.as_of, self.known_at)

    def _quotation(self, revision: Revision, quote: str) -> Quotation | None:
        """Where the quotation stands in the cited passages, as a reader of the page sees them."""
        spans = revision.spans[self.handle.first - 1 : self.handle.last]
        standings = self.structures(revision).standings[self.handle.first - 1 : self.handle.last]
        shown = [(it.start, it.end) for it, standing in zip(spans, standings, strict=True) if standing.words]
        return quotation(quote, revision.text, shown)

    def _reason(self, check: Check, said: InForce | None) -> tuple[str, str]:
        in_force, quoted, instead = check.in_force, check.quoted, check.instead
        version, on = self.handle.version, format_instant(self.as_of)
        words = "" if quoted is not False else " The quote is not among its words either."
        if check.quotation is not None and check.quotation.struck:
            words = " The quoted words are struck through."
        if in_force and check.quotation is not None and check.quotation.struck:
            return (
                "struck",
                f"{version} was in force on {on}, and these words of passage {self.handle} are struck through",
            )
        if in_force and quoted is False:
            return (
                "quote_not_found",
                f"{version} was in force on {on}, but passage {self.handle} does not say this",
            )
        if in_force:
            said_so = f"{version} was in force on {on}" + (" and says this" if quoted else "")
            if check.quotation is not None and check.quotation.cut_off.cut:
                left = ", ".join(f'a {kind} ("{what}")' for kind, what in check.quotation.cut_off.cut)
                said_so += f". The quotation leaves out {left}. The whole sentence: {check.quotation.cut_off.sentence}"
            return "supported", said_so
        if instead is not None:
            was, which = "", "which says"
            section: tuple[str, ...] = ()
            if check.regoverned:
                was = f" It said{_told(check.section, check.governed_by)}: {check.text}."
                section, which = instead.section, "which has the same words under others, and says"
            if instead.text is None:
                which += " nothing like it"
            else:
                which += f"{_told(section, instead.governed_by)}: {instead.text}"
            there = instead.citation.split("#")[0]
            return "not_in_force", f"{version} was not in force on {on}.{words}{was} In force then: {there}, {which}"
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

    def _instead(self, said: InForce | None, cited: Revision, quote: str | None, over: Over) -> Instead | None:
        """The cited words where they are in force still, best under what was over them; else the most similar ones."""
        if said is None or said.revision is None:
            return None
        version = VersionId(self.handle.version.policy_id, said.revision)
        if version in self.timeline.erased or not may_read(self.timeline, version, self.audience):
            return None
        revision = self.ledger.revision(version, self.timeline)
        first, last = self.handle.first, self.handle.last
        wanted = [" ".join(text.split()) for text in cited.passages[first - 1 : last]]
        passages = revision.passages
        if quote is None or self._quotation(cited, quote) is not None:
            texts = [" ".join(text.split()) for text in passages]
            same = [at for at in range(len(texts)) if texts[at : at + len(wanted)] == wanted]
            if same:
                return self._nearest(version, revision, said, [(at + 1, at + len(wanted)) for at in same], over)
        for asked in map(terms, [*([quote] if quote else []), "\n".join(cited.passages[first - 1 : last])]):
            scores = [similarity(asked, terms(text)) for text in passages]
            if (best := max(scores, default=0.0)) > 0:
                runs = [(n, n) for n, score in enumerate(scores, start=1) if score == best]
                return self._nearest(version, revision, said, runs, over)
        return Instead(str(version), None, said)

    def _nearest(
        self, version: VersionId, revision: Revision, said: InForce, runs: Sequence[tuple[int, int]], over: Over
    ) -> Instead:
        """The first of the runs of passages that stands under the same words; the first one where none does."""
        wanted = _context(*over)
        found = [Handle(version, *run) for run in runs]
        standing = {handle: self._over(revision, handle.first, handle.last) for handle in found[:PLACES]}
        handle = next((it for it in standing if _context(*standing[it]) == wanted), found[0])
        return Instead(str(handle), handle.words(revision), said, *standing[handle])


def _context(section: Sequence[str], governed_by: Sequence[GovernedBy]) -> list[str]:
    """All that stands over words, so that equal words under equal ones mean the same."""
    lines = (*section, *(on_one_line(it.kind, it.text) for it in governed_by))
    return list(dict.fromkeys(folded(line) for line in lines))


def _told(section: Sequence[str], governed_by: Sequence[GovernedBy]) -> str:
    """What stands over words, inside a sentence; empty where nothing does."""
    lines = [f'under "{" > ".join(section)}"'] if section else []
    lines += [
        f'{LABELS.get(it.kind, OTHER)} "{on_one_line(it.kind, it.text)}"'
        for it in governed_by
        if it.text not in section
    ]
    return f" ({'; '.join(lines)})" if lines else ""


def similarity(left: list[str], right: list[str]) -> float:
    """Shared index terms over all (Jaccard), then how much of the terms' order is shared; in [0, 2]."""
    left, right = left[:COMPARED], right[:COMPARED]
    union = set(left) | set(right)
    shared = len(set(left) & set(right)) / len(union) if union else 0.0
    return shared + (SequenceMatcher(None, left, right, autojunk=False).ratio() if shared else 0.0)
