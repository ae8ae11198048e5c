"""The record of one citation of one claim: where it stands, every check that can be made of it, and what decided."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from evaluator.checks.check import Stale, Verdict
from evaluator.citations.cited import Cited
from evaluator.citations.claims import Claim
from evaluator.citations.judged_words import JudgedWords, ReadOnce
from evaluator.support.facts.scoring import supported
from evaluator.support.governed_texts import GovernedTexts
from evaluator.support.lexical.copied_number import changed_numbers
from evaluator.support.lexical.score import Scorer, Support
from policies.instant import Instant
from policies.ledger import Ledger
from policies.timeline import Timeline
from retriever.asking.eligible import applies
from retriever.errors import BadCitation
from retriever.evidence import citations
from retriever.evidence.citations import Handle, check_citation
from retriever.evidence.evidence import GovernedBy
from retriever.evidence.quotations import Quotation

_WORD_OR_NAME = re.compile(r"\w+")
_REPORTING = frozenset(
    "a according and as by clause current document following here in is it page paragraph passage policies policy "
    "provides quote quoted reads rule rules said says section specifically stated states terms text that the their "
    "therein these this to under we which words writes written".split()
)


QUOTED = Support(1.0, "PASS", ())
"""The support of a claim that only says that the passage reads so, and quotes it: the quotation was compared before."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What was found of a citation of a claim: true, false, or None where nobody could check or tell."""

    exists: bool | None
    in_evidence: bool | None
    in_force: bool | None = None
    applies: bool | None = None
    quoted: bool | None = None
    agrees: bool | None = None
    stale: Stale | None = None
    support: Support | None = None

    def outcome(self, reason: str, quote: str | None) -> tuple[Verdict, str]:
        """The verdict and the check that decided it. Checks that show something come before scores."""
        failed = (
            (self.exists is False, reason),
            (self.in_evidence is False, "not_in_evidence"),
            (self.in_force is False, f"stale_{self.stale}"),
            (self.applies is False, "not_applicable"),
            (self.exists is not None and quote is not None and self.quoted is not True, "quote_not_found"),
            (self.agrees is False, "disagrees"),
        )
        if why := next((why for fails, why in failed if fails), None):
            return "FAIL", why
        if self.exists is None:
            return "UNKNOWN", reason
        if self.support is not None and self.support.verdict != "PASS":
            return self.support.verdict, "support"
        return ("UNKNOWN", "unconfirmed") if self.applies is None else ("PASS", "supported")


@dataclass(frozen=True, slots=True)
class Record:
    """One citation of one claim, and what was found.

    `verdict`, `reason` and `detail` are about the citation alone, as `asof cite` gives them. `outcome` is about the
    citation together with its claim, and `why` names the check that decided it. `governed_by` are the words outside the
    cited text that decide how it is meant; support was scored with them. `quotation` is where the quotation stands in
    the source, with the whole sentence and what it leaves out of it.
    """

    id: str
    claim: Claim
    cited: Cited
    checks: Checks
    verdict: citations.Verdict
    reason: str
    detail: str
    governed_by: tuple[GovernedBy, ...] = ()
    quotation: Quotation | None = None

    def content(self) -> dict[str, Any]:
        """The JSON values of a record: `start` and `end` are the citation's place in `field`, see `Claim`."""
        checks, support = self.checks, self.checks.support
        outcome, why = checks.outcome(self.reason, self.cited.quote)
        return {
            "id": self.id,
            "citation": self.cited.citation,
            "quote": self.cited.quote,
            "field": self.claim.field,
            "start": self.cited.start,
            "end": self.cited.end,
            "claim": self.claim.text,
            "claim_start": self.claim.start,
            "claim_end": self.claim.end,
            **{name: getattr(checks, name) for name in checks.__slots__ if name != "support"},
            "support": None if support is None else support.content(),
            "governed_by": [item.content() for item in self.governed_by],
            "outcome": outcome,
            "why": why,
            "verdict": self.verdict,
            "reason": self.reason,
            "detail": self.detail,
            "quotation": None if self.quotation is None else self.quotation.content(),
        }


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer's citations are checked against: its instants, its reader's labels, its evidence and facts."""

    id: str
    as_of: Instant
    known_at: Instant
    audience: tuple[str, ...]
    evidence: tuple[Handle, ...] | None
    facts: Mapping[str, str]


class Checker:
    """Checks citations against a ledger; a scorer says whether they support their claims.

    Words and scores that recur are looked up once. Without a scorer support is not asked for.
    """

    def __init__(self, ledger: Ledger, timeline: Timeline, scorer: Scorer | None) -> None:
        self._timeline = timeline
        self._scorer = scorer
        self.scores = scorer is not None
        self._read = ReadOnce(ledger)
        checked = partial(check_citation, self._read, timeline, structures=self._read.structure)
        self._check = lru_cache(maxsize=65_536)(checked)
        self._cited = lru_cache(maxsize=65_536)(lambda handle: self._read.cited(handle, timeline))
        self._support = lru_cache(maxsize=65_536)(self._supported)

    def record(self, claim: Claim, cited: Cited, answered: Answered) -> Record:
        try:
            handle = Handle.parse(cited.citation)
        except BadCitation as error:
            checks = Checks(exists=False, in_evidence=None if answered.evidence is None else False)
            return Record(answered.id, claim, cited, checks, "not_supported", "bad_citation", str(error))
        check = self._check(handle, answered.as_of, answered.known_at, answered.audience, cited.quote)
        event = self._timeline.publishes.get(handle.version) if check.exists is not False else None
        support = None
        if check.text is not None:
            words = self._cited(handle)
            support = self.support(claim.text, words, answered)
            support = support and replace(support, reasons=words.findings(support.reasons))
        if support is not None and check.quoted and cited.quote and only_quotes(claim.text, cited.quote):
            support = QUOTED
        checks = Checks(
            exists=check.exists,
            in_evidence=None if answered.evidence is None else in_evidence(handle, answered.evidence),
            in_force=check.in_force,
            applies=None if event is None else applies(event.applies_to, answered.facts),
            quoted=check.quoted,
            agrees=None if support is None else not any(it.against and it.decides for it in support.reasons),
            stale=self._stale(claim, check, answered)
            if check.in_force is False and check.exists is not False
            else None,
            support=support,
        )
        said = check.verdict, check.reason, check.detail
        return Record(answered.id, claim, cited, checks, *said, check.governed_by, check.quotation)

    def words(self, cited: Cited, answered: Answered) -> JudgedWords | None:
        """The words that a citation names, where the reader of the answer may read them."""
        if (handle := cited.handle) is None:
            return None
        check = self._check(handle, answered.as_of, answered.known_at, answered.audience, cited.quote)
        return None if check.text is None else self._cited(handle)

    def support(self, claim: str, words: JudgedWords, answered: Answered) -> Support | None:
        """How far the words support a claim, with the trusted facts; None where nothing is claimed or scored."""
        if not claim or not words.parts or self._scorer is None:
            return None
        return self._support(claim, words.texts, words.context, tuple(answered.facts.items()), words.policy_ids)

    def _supported(
        self,
        claim: str,
        texts: tuple[str, ...],
        context: tuple[tuple[str, ...], ...],
        facts: tuple[tuple[str, str], ...],
        policy_ids: frozenset[str],
    ) -> Support:
        """The scorer's result, unless the claim is a copy with another number: that alone decides."""
        assert self._scorer is not None
        found = supported(self._scorer, claim, texts, context, dict(facts), policy_ids)
        if found.verdict == "ERROR" or any(finding.kind in ("quoted", "facts") for finding in found.reasons):
            return found
        governed = GovernedTexts.of(texts, context)
        if not (changed := changed_numbers(claim, governed.texts)):
            return found
        return replace(found, verdict="FAIL", reasons=(*governed.findings(changed), *found.reasons))

    def _stale(self, claim: Claim, check: citations.Check, answered: Answered) -> Stale:
        """What the words in force say about a claim whose citation is not in force."""
        if check.text is None:
            return "unsure"  # its words were erased
        if check.instead is None or check.instead.text is None:
            return "nothing_in_force"
        if check.same_words:
            return "regoverned" if check.regoverned else "unchanged"
        now = self.support(claim.text, self._cited(Handle.parse(check.instead.citation)), answered)
        if now is None or now.verdict in ("UNKNOWN", "ERROR"):
            return "unsure"
        return "still_supports" if now.verdict == "PASS" else "contradicted"


def only_quotes(claim: str, quote: str) -> bool:
    """Whether a claim says only that something is said: `The policy says "..."`."""
    frame = claim.replace(quote, " ", 1) if quote in claim else ""
    return bool(frame) and all(word.lower() in _REPORTING for word in _WORD_OR_NAME.findall(frame))


def in_evidence(handle: Handle, evidence: Sequence[Handle]) -> bool:
    """Whether every passage that the handle names is among those of the evidence."""
    given = {
        ordinal
        for other in evidence
        if other.version == handle.version
        for ordinal in range(other.first, other.last + 1)
    }
    return given.issuperset(range(handle.first, handle.last + 1))
