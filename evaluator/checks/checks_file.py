"""Files of checks: JSON of `asof-eval citations`, `decisions` and `contract`, or JSON Lines of checks.

Routing, review and the gate read them here, so all three accept the same files. Earlier versions of the command wrote
records of citations with fewer fields; these are accepted too.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast, get_args

from evaluator.checks.check import NO_ANSWER, Check, Kind, Stale, Verdict
from evaluator.errors import BadFile, BadLine
from evaluator.files.json_lines import Line, read_content, read_lines
from policies.strict_json import parse_json

LISTS = ("records", "checks")
"""The fields in which a document keeps its checks. The first one present counts, since others may hold measures."""

WITHOUT_ANSWER = NO_ANSWER | {"not_asked"}
"""The reasons of checks that had no answer to judge, also where the model was not asked for one."""

STALE: dict[Stale, tuple[Verdict, str]] = {
    "unchanged": ("PASS", "it was not in force, and the words in force are the same"),
    "regoverned": ("UNKNOWN", "it was not in force, and the same words are in force under other governing words"),
    "still_supports": ("PASS", "it was not in force, and the words in force still say it"),
    "contradicted": ("FAIL", "the words in force say otherwise"),
    "unsure": ("UNKNOWN", "it was not in force, and nobody can tell whether the words in force still say it"),
    "nothing_in_force": ("PASS", "it was not in force, and nothing like it is"),
}
"""What the check `stale` says of each stale citation. Whether it supports its claim is left to `supported`."""

IN_EVIDENCE = {
    True: "was given to the model",
    False: "was not given to the model",
    None: "may or may not have been given to the model: the trace does not say",
}

SUPPORTED = {
    "supported": "supports what it is cited for",
    "support": "was not shown to support what it is cited for",
    "disagrees": "says otherwise than the claim",
    "quote_not_found": "does not hold the quotation",
    "not_in_evidence": "was not given to the model",
    "not_applicable": "does not apply to the facts",
    "unconfirmed": "may not apply: a fact that it needs is missing",
    "stale_contradicted": "was not in force, and the words in force say otherwise",
    "stale_unchanged": "was not in force; the words in force are the same",
    "stale_regoverned": "was not in force; the same words stand under others that govern them now",
    "stale_still_supports": "was not in force; the words in force are others and still say it",
    "stale_unsure": "was not in force, and nobody can tell whether the words in force still say it",
    "stale_nothing_in_force": "was not in force, and nothing like it is",
}
"""What decided the outcome of a citation, in words behind it."""

OF_CITATION_ALONE: dict[str, Verdict] = {"supported": "PASS", "not_supported": "FAIL", "cannot_tell": "UNKNOWN"}
"""The outcome of a record that gives none, by its verdict on the citation alone."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The code points that decided: `start` to `end` of the claim, and `place` in the evidence where it is known."""

    start: int
    end: int
    place: tuple[int, int, int] | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """How far a claim is supported; the score is None where it could not be scored."""

    score: float | None
    verdict: Verdict
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class CitationResult:
    """What was found of one citation of one claim; a field is None where nobody could check or tell."""

    where: str
    id: str
    citation: str
    outcome: Verdict
    why: str
    claim: str = ""
    detail: str = ""
    quote: str | None = None
    exists: bool | None = None
    in_evidence: bool | None = None
    in_force: bool | None = None
    applies: bool | None = None
    quoted: bool | None = None
    agrees: bool | None = None
    stale: Stale | None = None
    support: Scored | None = None
    trial: int | None = None

    def checks(self, case: str) -> Iterator[Check]:
        """Four checks of a case: does the citation exist, was it given as evidence, is it stale, does it support?"""
        given = IN_EVIDENCE[self.in_evidence]
        for name, verdict, reason, said in (
            ("exists", *_told(self.exists), f"{self.citation}: {self.detail}" if self.detail else self.citation),
            ("in_evidence", *_told(self.in_evidence), f"{self.citation} {given}"),
            ("stale", *self._stale()),
            ("supported", self.outcome, self.why, self._said()),
        ):
            yield Check(case, name, "citation", verdict, reason, said, trial=self.trial)

    def _said(self) -> str:
        """What decided the outcome, as a sentence."""
        said = SUPPORTED.get(self.why)
        if said is None:
            return f"{self.citation}: {self.detail}" if self.detail else f"{self.citation}: {self.why}"
        about = f", cited for {self.claim[:160]!r}" if self.claim else ""
        return f"{self.citation} {said}{about}"

    def _stale(self) -> tuple[Verdict, str, str]:
        stale = "contradicted" if self.stale is None and self.why == "stale_contradicted" else self.stale
        if stale is not None:
            verdict, said = STALE[stale]
            return verdict, stale, f"{self.citation}: {said}"
        if self.exists is False or self.in_force:
            return "PASS", "not_stale", f"{self.citation} is not stale"
        said = "it was not in force, or nobody can tell, and the record does not say what the words in force say"
        return "UNKNOWN", "cannot_tell", f"{self.citation}: {said}"


@dataclass(frozen=True, slots=True)
class Results:
    """The checks of one answer. Where a check says so, `group` names its paraphrases and `digest` its evidence."""

    checks: tuple[Check, ...] = ()
    citations: tuple[CitationResult, ...] = ()
    uncited: int = 0
    group: str | None = None
    digest: str | None = None

    def with_those_of(self, other: "Results") -> "Results":
        """Both together, with the group and digest of the one that has them."""
        return Results(
            self.checks + other.checks,
            self.citations + other.citations,
            self.uncited + other.uncited,
            self.group or other.group,
            self.digest or other.digest,
        )

    def of_trial(self, trial: int | None) -> "Results":
        """Without the checks of other trials of the same case."""
        return replace(self, checks=tuple(check for check in self.checks if check.trial in (None, trial)))

    def without_an_answer(self) -> bool:
        """Whether the checks only say that there was no answer."""
        return not self.citations and bool(self.checks) and all(check.reason in WITHOUT_ANSWER for check in self.checks)

    def verdicts(self, without: Kind | None = None) -> list[Verdict]:
        """The verdict of each check and of each citation; checks of the kind `without` are left out."""
        checks = [check.verdict for check in self.checks if check.kind != without]
        return checks + [record.outcome for record in self.citations]


@dataclass
class _Gathered:
    checks: dict[str, list[Check]] = field(default_factory=dict)
    citations: dict[str, list[CitationResult]] = field(default_factory=dict)
    uncited: Counter[str] = field(default_factory=Counter)
    groups: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        item = parse_checked(line)
        id = item.id
        if isinstance(item, Check):
            self.checks.setdefault(id, []).append(item)
        else:
            self.citations.setdefault(id, []).append(item)
        self.places.setdefault(id, line.where)
        for name, found in (("group", self.groups), ("evidence_digest", self.digests)):
            if line.has(name):
                found[id] = line.text(name)

    def results(self) -> dict[str, Results]:
        ids = dict.fromkeys([*self.checks, *self.citations, *self.uncited])
        return {
            id: Results(
                tuple(self.checks.get(id, ())),
                tuple(self.citations.get(id, ())),
                self.uncited[id],
                self.groups.get(id),
                self.digests.get(id),
            )
            for id in ids
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """The results of every answer in some files, by its id, and where each was first named."""

    results: Mapping[str, Results]
    places: Mapping[str, str]


def read_checked(paths: Sequence[Path]) -> Checked:
    """What all files together say of each answer; BadLine names file, line and field of the first thing wrong."""
    gathered = _Gathered()
    for path in paths:
        for line, uncited in read_items(path):
            if uncited:
                gathered.uncited[line.name("id")] += 1
                gathered.places.setdefault(line.name("id"), line.where)
            else:
                gathered.add(line)
    return Checked(gathered.results(), gathered.places)


def read_items(path: Path) -> Iterator[tuple[Line, bool]]:
    """The objects in a JSON document or JSON Lines. A flag for each says whether it is a claim that cites nothing."""
    for document in read_documents(path):
        yield from items_of(document)


def items_of(document: Line) -> Iterator[tuple[Line, bool]]:
    """The objects in a document, or the document as one. A flag says whether each is a claim that cites nothing."""
    holding = next((name for name in LISTS if name in document.fields), None)
    if holding is None:
        yield document, False
        return
    yield from ((item, False) for item in document.items(holding))
    if document.has("uncited"):
        yield from ((item, True) for item in document.items("uncited"))


def parse_checked(line: Line) -> Check | CitationResult:
    if is_citation(line):
        return parse_citation(line)
    if is_check(line):
        return parse_check(line)
    raise line.error("name", "is missing, and so is citation: this is neither a check nor a record of a citation")


def is_citation(line: Line) -> bool:
    return line.has("citation") or line.has("outcome")


def is_check(line: Line) -> bool:
    return line.has("name") or line.has("kind")


def parse_check(line: Line) -> Check:
    return Check(
        id=line.name("id"),
        name=line.text("name"),
        kind=cast(Kind, _choice(line, "kind", get_args(Kind))),
        verdict=_verdict(line, "verdict"),
        reason=_words(line, "reason") or "",
        detail=_words(line, "detail") or "",
        start=_offset(line, "start"),
        end=_offset(line, "end"),
        trial=_offset(line, "trial"),
    )


def parse_citation(line: Line) -> CitationResult:
    flags = {name: _flag(line, name) for name in ("exists", "in_evidence", "in_force", "applies", "quoted", "agrees")}
    support = line.inner("support")
    alone = line.has("verdict") and not line.has("outcome")
    return CitationResult(
        where=line.where,
        id=line.name("id"),
        citation=line.text("citation"),
        outcome=OF_CITATION_ALONE[_choice(line, "verdict", OF_CITATION_ALONE)] if alone else _verdict(line, "outcome"),
        why=line.text("why" if line.has("why") or not line.has("reason") else "reason"),
        claim=_words(line, "claim") or "",
        detail=_words(line, "detail") or "",
        quote=_words(line, "quote"),
        stale=cast(Stale, _choice(line, "stale", STALE)) if line.has("stale") else None,
        support=None if support is None else parse_score(support),
        **flags,
    )


def parse_score(line: Line) -> Scored:
    """The score and verdict in an object, with the places that its reasons name."""
    reasons = line.items("reasons") if line.has("reasons") else []
    return Scored(
        line.share("score", "give a number from 0 to 1"),
        _verdict(line, "verdict"),
        tuple(_mark(reason) for reason in reasons if reason.has("claim")),
    )


def read_documents(path: Path) -> list[Line]:
    """The document of a file, or each object of a list or of JSON Lines; BadFile where there is none."""
    documents = list(_documents(path, read_content(path)))
    if not documents:
        raise BadFile(f"{path} holds no checks; give what asof-eval citations, decisions or contract print with --json")
    return documents


def _documents(path: Path, content: bytes) -> Iterator[Line]:
    """Each object of a file; those of a list carry their place in it."""
    try:
        value = parse_json(content)
    except (ValueError, RecursionError) as error:
        if not _is_lines(content.strip()):
            raise BadFile(f"{path} is not JSON: {error}; write a document or one JSON object a line") from error
        yield from read_lines(path)
        return
    if isinstance(value, dict):
        whole = any(name in value for name in LISTS)
        yield Line(str(path) if whole else f"{path}, line 1", value)
        return
    if not isinstance(value, list):
        raise BadFile(f"{path} holds {str(value)[:40]!r}; write a document or a list of checks")
    for at, item in enumerate(value):
        if not isinstance(item, dict):
            raise BadLine(f"{path}, [{at}]", "is not a JSON object")
        yield Line(f"{path}, [{at}]", item)


def _is_lines(content: bytes) -> bool:
    """Whether the first line is the only one, or is JSON by itself. In a document over many lines it is neither."""
    first, *others = content.split(b"\n")
    try:
        json.loads(first)  # NaN is refused later, by the number of its line
    except (ValueError, RecursionError):
        return not others
    return True


def _told(value: bool | None) -> tuple[Verdict, str]:
    return ("UNKNOWN", "cannot_tell") if value is None else ("PASS", "yes") if value else ("FAIL", "no")


def _verdict(line: Line, field: str) -> Verdict:
    return cast(Verdict, _choice(line, field, get_args(Verdict)))


def _choice(line: Line, field: str, choices: Iterable[str]) -> str:
    value = line.required(field)
    if value not in choices:
        raise line.error(field, f"is {value!r}; write one of {', '.join(choices)}")
    return str(value)


def _flag(line: Line, field: str) -> bool | None:
    value = line.fields.get(field)
    if value is not None and not isinstance(value, bool):
        raise line.error(field, f"is {value!r}; write true, false or null")
    return value


def _words(line: Line, field: str) -> str | None:
    """Text, which may be empty; None where there is none."""
    value = line.fields.get(field)
    if value is not None and not isinstance(value, str):
        raise line.error(field, f"is {value!r}; write text")
    return value


def _offset(line: Line, field: str) -> int | None:
    value = line.fields.get(field)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise line.error(field, f"is {value!r}; give a whole number of code points")
    return value


def _mark(line: Line) -> Mark:
    start, end = _span(line, "claim", 2)
    text = _span(line, "evidence", 3) if line.has("evidence") else None
    return Mark(start, end, None if text is None else (text[0], text[1], text[2]), _words(line, "detail") or "")


def _span(line: Line, field: str, count: int) -> list[int]:
    value = line.required(field)
    if not isinstance(value, list) or len(value) != count or not all(type(it) is int and it >= 0 for it in value):
        raise line.error(field, f"is {value!r}; give {count} whole numbers")
    return value
