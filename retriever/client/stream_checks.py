"""The checks of a text that a model streams: each sentence with its citations, held back or marked where one fails."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, TypeAlias

from retriever.citation_forms import is_incomplete, is_unresolved_number, plain_handle
from retriever.client.answers import Answer
from retriever.client.calls import VerifyFields
from retriever.client.errors import ClientError, ProblemError
from retriever.client.quoted_words import Cited, cited
from retriever.client.sentences import Sentences

OnFault = Literal["hold", "mark"]
Code = Literal["unknown_handle", "not_in_evidence", "not_in_force", "wrong_quotation", "not_checked", "interrupted"]

Asked: TypeAlias = tuple[str, str | None]
"""A citation, and the words quoted beside it."""

_HANDLE = re.compile(r"([^@#]+@\d+)#(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a citation. `code` stays the same over releases; `reason` is the service's own code.

    `unknown_handle`: no such policy, revision or passage, none named, or a number that counts no block. `not_in_force`:
    not at the receipt's instant. `not_in_evidence`: in force then, and not shown. `wrong_quotation`: the passage does
    not hold the words. `not_checked`: nobody could tell. `interrupted`: the stream broke before the sentence was
    complete.
    """

    code: Code
    detail: str
    citation: str | None = None
    quote: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence with the white space behind it, what it cites, and what was found; nothing was found if all is well.

    `added_ms` is the time from the arrival of the piece that completed it until it was passed on.
    """

    text: str
    citations: tuple[str, ...]
    findings: tuple[Finding, ...]
    held: bool
    added_ms: float

    @property
    def shown(self) -> str:
        """What a reader may see: nothing of a sentence that is held, a mark behind one with findings."""
        if self.held or not self.findings:
            return "" if self.held else self.text
        words = self.text.rstrip()
        codes = ", ".join(dict.fromkeys(finding.code for finding in self.findings))
        return f"{words} [unverified: {codes}]{self.text[len(words) :]}"


class StreamChecks:
    """One stream: whoever drives it asks the service what `unasked` names, and hands the outcomes to `keep`.

    The same citation with the same words is asked once.
    """

    def __init__(self, answer: Answer, on_fault: OnFault) -> None:
        if on_fault not in ("hold", "mark"):
            raise ValueError(f'on_fault is {on_fault!r}; write "hold" or "mark"')
        self._evidence = [block.citation for block in answer.evidence]
        self._shown = _passages(self._evidence)
        self._spelled = {version.casefold(): version for version, _ in sorted(self._shown)}
        request = answer.receipt.request
        self.fields: VerifyFields = {
            "as_of": request.get("as_of"),
            "known_at": request.get("known_at"),
            "audience": request.get("audience") or (),
        }
        self._holds = on_fault == "hold"
        self._sentences = Sentences(self._evidence)
        self._outcomes: dict[Asked, Mapping[str, Any] | ClientError] = {}
        self._arrived = self._passed = time.perf_counter()

    def fed(self, piece: str | bytes | None) -> list[str]:
        """The sentences that a piece of the stream completed; None is an empty piece."""
        if not (piece is None or isinstance(piece, str | bytes)):
            raise TypeError(f"A piece is {piece!r}, of type {type(piece).__name__}; give text, UTF-8 bytes or None")
        self._arrived = time.perf_counter()
        return self._sentences.fed(piece or "")

    def ended(self) -> list[str]:
        """The sentences that the end of the stream completed."""
        self._arrived = time.perf_counter()
        return self._sentences.ended()

    def cited(self, sentence: str) -> list[Cited]:
        """What a sentence cites, with the words quoted beside it."""
        return cited(sentence, self._evidence)

    def unasked(self, items: list[Cited]) -> list[Asked]:
        """What the service can be asked about of what a sentence cites, and was not asked about yet."""
        wanted = dict.fromkeys((item.citation, item.quote) for item in items)
        return [
            asked
            for asked in wanted
            if asked not in self._outcomes and not (is_unresolved_number(asked[0]) or is_incomplete(asked[0]))
        ]

    def keep(self, asked: Asked, outcome: Mapping[str, Any] | ClientError) -> None:
        """Takes what the service said, or why it said nothing."""
        self._outcomes[asked] = outcome

    def checked(self, sentence: str, items: list[Cited]) -> CheckedSentence:
        """A sentence with its findings, once all that it cites was asked about."""
        findings = [finding for item in items for finding in self._findings(item)]
        findings += self._wrong_quotations(items)
        return self._made(sentence, tuple(item.citation for item in items), tuple(dict.fromkeys(findings)))

    def interrupted(self, error: Exception) -> CheckedSentence | None:
        """The words that were waiting for the end of their sentence when the stream broke; None if there are none."""
        self._arrived = time.perf_counter()
        rest = self._sentences.rest
        detail = f"The stream broke before the sentence was complete: {error or type(error).__name__}"
        return self._made(rest, (), (Finding("interrupted", detail),)) if rest else None

    def resumed(self) -> None:
        """Leaves out of the times what the reader of the stream took for a sentence."""
        self._arrived += time.perf_counter() - self._passed

    def _made(self, text: str, citations: tuple[str, ...], findings: tuple[Finding, ...]) -> CheckedSentence:
        self._passed = time.perf_counter()
        added = (self._passed - self._arrived) * 1e3
        return CheckedSentence(text, citations, findings, self._holds and bool(findings), added)

    def _findings(self, item: Cited) -> list[Finding]:
        """What is wrong with a citation, but for its quotation."""
        if is_unresolved_number(item.citation):
            detail = f"{item.citation} counts none of the {len(self._evidence)} blocks of evidence"
            return [Finding("unknown_handle", detail, item.citation, reason="unknown_number")]
        if is_incomplete(item.citation):
            detail = f"{item.citation} is no whole handle; write policy@revision#passage, as in P-7@2#1"
            return [Finding("unknown_handle", detail, item.citation, reason="incomplete_handle")]
        outcome = self._outcomes[item.citation, item.quote]
        if isinstance(outcome, ProblemError) and outcome.code == "invalid_citation":
            return [Finding("unknown_handle", outcome.detail, item.citation, reason=outcome.code)]
        if isinstance(outcome, ClientError):
            reason = outcome.code if isinstance(outcome, ProblemError) else None
            return [Finding("not_checked", str(outcome), item.citation, item.quote, reason)]
        checks, detail, reason = outcome["checks"], outcome["detail"], outcome["reason"]
        if checks["exists"] is False:
            return [
                Finding("unknown_handle", detail + self._other_spelling(item.citation), item.citation, reason=reason)
            ]
        found = []
        if checks["in_force"] is False:
            found.append(Finding("not_in_force", detail, item.citation, reason=reason))
        elif not _passages([item.citation]) <= self._shown:
            found.append(Finding("not_in_evidence", f"The answer does not show {item.citation}", item.citation))
        if not found and outcome["verdict"] != "supported" and checks["quote"] is not False:
            found.append(Finding("not_checked", detail, item.citation, item.quote, reason))
        return found

    def _other_spelling(self, citation: str) -> str:
        """The handle that was shown, where a citation is the same but for the case of its letters."""
        version, _, passages = citation.partition("#")
        meant = f"{self._spelled.get(version.casefold(), version)}#{passages}"
        return f"; did you mean {meant}?" if meant != citation and _passages([meant]) <= self._shown else ""

    def _wrong_quotations(self, items: list[Cited]) -> list[Finding]:
        """Quotations that one citation of their bracket does not hold, and none of the others does."""
        found = []
        for _, group in groupby(items, key=lambda item: item.group):
            outcomes = ((item, self._outcomes.get((item.citation, item.quote))) for item in group)
            said = [(item, outcome) for item, outcome in outcomes if isinstance(outcome, Mapping)]
            checks = [outcome["checks"]["quote"] for _, outcome in said]
            if False in checks and True not in checks:
                item, outcome = said[checks.index(False)]
                reason = "struck" if outcome["reason"] == "struck" else "quote_not_found"
                found.append(Finding("wrong_quotation", outcome["detail"], item.citation, item.quote, reason))
        return found


def _passages(citations: list[str]) -> frozenset[tuple[str, int]]:
    """Every passage that handles name, as version and ordinal."""
    found = (_HANDLE.fullmatch(plain_handle(citation)) for citation in citations)
    return frozenset(
        (match[1], ordinal)
        for match in found
        if match is not None
        for ordinal in range(int(match[2]), int(match[3] or match[2]) + 1)
    )
