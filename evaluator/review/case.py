"""Reads the cases for review from files of pairs, scores and checks; opinions of one case may come in several files."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evaluator.checks.check import Check, Kind, Verdict
from evaluator.checks.checks_file import (
    WITHOUT_ANSWER,
    CitationResult,
    Mark,
    Scored,
    is_check,
    is_citation,
    parse_check,
    parse_citation,
    parse_score,
    read_items,
)
from evaluator.errors import BadFile, BadLine
from evaluator.files.json_lines import Line
from evaluator.review.material.background import Backgrounds
from evaluator.review.review_case import CLAIM_ASKED, Opinion, ReviewCase

SUPPORT = "support"
"""The scorer of a line that does not say who scored."""

NOT_AT_HAND = "The answer is not at hand; give the file that holds it with --traces."
NO_ANSWER = "There is no answer."

NOTHING_TO_JUDGE = WITHOUT_ANSWER | {"blank_answer", "erased"}
"""The reasons of checks that had no words to judge."""

FOREMOST: tuple[Kind, ...] = (
    "decision", "usefulness", "preservation", "citation", "format", "side_effect", "serving",
)  # fmt: skip
"""Which check stands for an answer that passed all of them: the first of the foremost kind that it has."""


@dataclass
class _Reading:
    """Cases in the making: opinions and checks of a case may come in later files."""

    backgrounds: Backgrounds
    made: dict[str, ReviewCase] = field(default_factory=dict)
    opinions: dict[str, list[tuple[Line, Opinion]]] = field(default_factory=dict)
    seen: dict[tuple[str, str, str], str] = field(default_factory=dict)
    records: dict[str, list[tuple[str, CitationResult]]] = field(default_factory=dict)
    checks: dict[tuple[str, int | None], list[tuple[str, Check]]] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        if line.has("outcome") or (is_citation(line) and not line.has("evidence")):
            self._citation(parse_citation(line))
        elif is_check(line):
            self._check(parse_check(line))
        elif line.has("claim"):
            self._pair(line)
        elif line.has("verdict"):
            self._opinion(line.name("id"), line)
        else:
            raise line.error(
                "claim", "is missing; a line is a claim with its evidence, a score of one, or what was checked"
            )

    def _citation(self, record: CitationResult) -> None:
        """Adds a case, once for each claim and citation. A citation that does not exist has no words to judge by."""
        key = (record.id, record.citation, record.claim)
        if record.exists is False or not record.claim or key in self.seen:
            return
        others = self.records.setdefault(record.id, [])
        id = self.seen[key] = f"{record.id}/{len(others) + 1}"
        others.append((id, record))
        found = (f"{record.outcome} ({record.why})" + (f": {record.detail}" if record.detail else ""),)
        opinions = () if record.support is None else (Opinion(SUPPORT, record.support),)
        background = self.backgrounds.of(record.id)
        case = ReviewCase(
            id, CLAIM_ASKED, record.claim, (), record.citation, opinions, background=background, found=found
        )
        self._new(record.where, case)

    def _check(self, check: Check) -> None:
        others = self.checks.setdefault((check.id, check.trial), [])
        named = f"{check.id}/{check.name}" if check.trial is None else f"{check.id}/{check.trial}/{check.name}"
        number, id = 1, named
        while id in self.made:
            number += 1
            id = f"{named}-{number}"
        background = self.backgrounds.of(check.id, check.name, number - 1, check.trial)
        answer = background.answer
        claim = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=2)
        if not answer:
            claim = NO_ANSWER if answer is not None or check.reason in NOTHING_TO_JUDGE else NOT_AT_HAND
        placed = isinstance(answer, str) and check.start is not None and check.end is not None
        marks = (Mark(check.start or 0, check.end or 0),) if placed else ()
        case = ReviewCase(
            id,
            f"Does the answer satisfy {check.name!r}, which is about its {check.kind.replace('_', ' ')}?",
            claim,
            opinions=(Opinion(check.name, Scored(None, check.verdict, marks), check.detail),),
            kind=check.kind,
            name=check.name,
            background=background,
            judged=background.judged(check.name, check.kind),
            alone=not background.complete(check.name),
        )
        self._new(check.id, case)
        others.append((id, check))

    def _pair(self, line: Line) -> None:
        evidence = line.required("evidence")
        texts = [evidence] if isinstance(evidence, str) else evidence
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise line.error("evidence", f"is {evidence!r}; write a list of texts")
        id = line.name("id")
        self._new(
            line.where,
            ReviewCase(id, CLAIM_ASKED, line.text("claim"), tuple(texts), context=tuple(line.texts("context"))),
        )
        if line.has("verdict"):
            self._opinion(id, line)

    def _opinion(self, id: str, line: Line) -> None:
        by = next((line.text(name) for name in ("scorer", "judge") if line.has(name)), SUPPORT)
        others = self.opinions.setdefault(id, [])
        if any(opinion.by == by for _, opinion in others):
            raise line.error("id", f"is {id!r}, which {by!r} has scored before; name who scored it as scorer")
        others.append((line, Opinion(by, parse_score(line))))

    def _new(self, where: str, case: ReviewCase) -> None:
        if case.id in self.made:
            raise BadLine(where, f"id is {case.id!r}, which an earlier case has; give every case its own")
        self.made[case.id] = case

    def cases(self) -> Iterator[ReviewCase]:
        for id, given in self.opinions.items():
            if id not in self.made:
                raise given[0][0].error(
                    "id", f"is {id!r}, which is scored but is no case; give its claim and evidence too"
                )
        conflicts = dict(self._conflicts())
        whole = {id for checks in self.checks.values() for id in _standing_for(checks)}
        for case in self.made.values():
            opinions = (*case.opinions, *(opinion for _, opinion in self.opinions.get(case.id, ())))
            differing = (*conflicts.get(case.id, ()), *_differing(opinions))
            yield replace(case, opinions=opinions, conflicts=differing, whole=case.id in whole)

    def _conflicts(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """For each citation: which of its checks and of the decision checks of its answer disagree."""
        for trace, records in self.records.items():
            traced = self.backgrounds.by_id.get((trace, None))
            checks = self.checks.get((trace, None), [])
            if traced is not None:
                checks = self.checks.get((traced.case, traced.trace.trial), checks)
            verdicts = {check.verdict for _, check in checks if check.kind == "decision"}
            for id, record in records:
                yield id, tuple(_within(record, verdicts, all(it.outcome == "PASS" for _, it in records)))


def _standing_for(checks: Sequence[tuple[str, Check]]) -> list[str]:
    """The one check that stands for an answer, where the answer passed all its checks."""
    if any(check.verdict != "PASS" for _, check in checks):
        return []
    return [min(checks, key=lambda item: FOREMOST.index(item[1].kind))[0]]


def _within(record: CitationResult, decisions: set[Verdict], all_pass: bool) -> Iterator[str]:
    support = None if record.support is None else record.support.verdict
    if support == "PASS" and record.agrees is False:
        yield "numbers or negations and the support score disagree"
    if support == "FAIL" and record.quoted:
        yield "the quotation is exact, and the support score disagrees"
    if decisions == {"PASS"} and record.why in ("support", "disagrees") and record.outcome == "FAIL":
        yield "decision and citation disagree"
    if "FAIL" in decisions and all_pass:
        yield "decision and citations disagree"


def _differing(opinions: Sequence[Opinion]) -> Iterator[str]:
    by = {opinion.by: opinion.scored.verdict for opinion in opinions if opinion.scored.verdict in ("PASS", "FAIL")}
    if len(set(by.values())) > 1:
        yield f"{' and '.join(by)} disagree"


def read_review_cases(paths: Sequence[Path], backgrounds: Backgrounds | None = None) -> list[ReviewCase]:
    """Every case of the files, in order; `backgrounds` hold the answers that checks are about, and what was asked."""
    reading = _Reading(backgrounds or Backgrounds())
    for path in paths:
        for line, uncited in read_items(path):
            if not uncited:
                reading.add(line)
    cases = list(reading.cases())
    if not cases:
        raise BadFile(f"{', '.join(map(str, paths))}: nothing to review; give pairs with scores, or what was checked")
    return cases
