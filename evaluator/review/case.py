"""A case for review: a claim beside its evidence, or a check of an answer, with the opinions of scorers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from evaluator.checks.check import Check, Verdict
from evaluator.checks.checks_file import (
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
from evaluator.traces.case_trace import CaseTrace

SUPPORT = "support"
"""The scorer of a line that does not say who scored."""

NOT_AT_HAND = "The answer is not at hand; give the file that holds it with --traces."

CLAIM_ASKED = "Does the evidence say what the claim says?"


@dataclass(frozen=True, slots=True)
class Opinion:
    """The result of one scorer or judge for a case."""

    by: str
    scored: Scored


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """What a person is asked. `evidence` holds words where they were given; else `citation` says where they are.

    `context` are the words that govern the evidence given. Of a citation they are where its words are.
    Labels are compared with the first opinion. `conflicts` says which checks disagree.
    """

    id: str
    asked: str
    claim: str
    evidence: tuple[str, ...] = ()
    citation: str | None = None
    opinions: tuple[Opinion, ...] = ()
    conflicts: tuple[str, ...] = ()
    context: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of what is judged: a label holds for these words, and not for other words under the same id."""
        parts = (self.asked, self.claim, self.citation or "", *self.evidence, *(f"\x1e{it}" for it in self.context))
        return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def first(self) -> Scored | None:
        return self.opinions[0].scored if self.opinions else None

    def marks(self) -> list[Mark]:
        """Every place that decided an opinion. Marks on the whole claim tell little: they count only without others."""
        found = list(dict.fromkeys(mark for opinion in self.opinions for mark in opinion.scored.marks))
        parts = [mark for mark in found if (mark.start, mark.end) != (0, len(self.claim))]
        return parts or found


@dataclass
class _Reading:
    """Cases in the making: opinions and checks of a case may come in later files."""

    traced: InitVar[Sequence[CaseTrace]]
    answers: dict[str, str | Mapping[str, Any]] = field(default_factory=dict)
    case_of: dict[str, str] = field(default_factory=dict)
    made: dict[str, ReviewCase] = field(default_factory=dict)
    opinions: dict[str, list[tuple[Line, Opinion]]] = field(default_factory=dict)
    seen: dict[tuple[str, str, str], str] = field(default_factory=dict)
    records: dict[str, list[tuple[str, CitationResult]]] = field(default_factory=dict)
    decisions: dict[str, list[Check]] = field(default_factory=dict)

    def __post_init__(self, traced: Sequence[CaseTrace]) -> None:
        """Checks name the case of an answer, citations its trace."""
        self.answers = {id: it.trace.answer for it in traced for id in (it.id, it.case)}
        self.case_of = {it.id: it.case for it in traced}

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
        opinions = () if record.support is None else (Opinion(SUPPORT, record.support),)
        self._new(record.where, ReviewCase(id, CLAIM_ASKED, record.claim, (), record.citation, opinions))

    def _check(self, check: Check) -> None:
        if check.kind == "decision":
            self.decisions.setdefault(check.id, []).append(check)
        number, id = 1, f"{check.id}/{check.name}"
        while id in self.made:
            number += 1
            id = f"{check.id}/{check.name}-{number}"
        answer = self.answers.get(check.id)
        placed = isinstance(answer, str) and check.start is not None and check.end is not None
        marks = (Mark(check.start or 0, check.end or 0),) if placed else ()
        asked = f"Does the answer satisfy {check.name!r}, which is about its {check.kind.replace('_', ' ')}?"
        claim = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=2)
        claim = NOT_AT_HAND if answer is None else claim
        self._new(
            check.id, ReviewCase(id, asked, claim, (), None, (Opinion(check.name, Scored(None, check.verdict, marks)),))
        )

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
        for case in self.made.values():
            opinions = (*case.opinions, *(opinion for _, opinion in self.opinions.get(case.id, ())))
            differing = (*conflicts.get(case.id, ()), *_differing(opinions))
            yield replace(case, opinions=opinions, conflicts=differing)

    def _conflicts(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """For each citation: which of its checks and of the decision checks of its answer disagree."""
        for trace, records in self.records.items():
            verdicts = {check.verdict for check in self.decisions.get(self.case_of.get(trace, trace), ())}
            for id, record in records:
                yield id, tuple(_within(record, verdicts, all(it.outcome == "PASS" for _, it in records)))


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


def read_review_cases(paths: Sequence[Path], traced: Sequence[CaseTrace] = ()) -> list[ReviewCase]:
    """Every case of the files, in order; `traced` holds the answers that checks are about."""
    reading = _Reading(traced)
    for path in paths:
        for line, uncited in read_items(path):
            if not uncited:
                reading.add(line)
    cases = list(reading.cases())
    if not cases:
        raise BadFile(f"{', '.join(map(str, paths))}: nothing to review; give pairs with scores, or what was checked")
    return cases
