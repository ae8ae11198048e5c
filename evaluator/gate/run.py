"""A run: what the checks found of one candidate or baseline, by case. docs/gate.md describes its files."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from evaluator.checks.check import Check
from evaluator.checks.checks_file import CitationResult, items_of, parse_checked, read_documents
from evaluator.errors import BadFile, BrokenRun
from evaluator.files.json_lines import Line, read_lines, read_object
from evaluator.gate.rules import Part
from evaluator.traces.trace import case_of, recorded
from retriever.traces.trace import Trace

FILES = {
    "traces": "traces.jsonl",
    "decisions": "decisions.json",
    "citations": "citations.json",
    "contract": "contract.json",
}
"""The files of a run by what they hold. In a JSON document of a whole run these names are its fields."""

GROUPED = {"decisions": "by_case", "contract": "by_row"}

Checks = dict[str, list[Check]]
Answers = dict[str, tuple[str, int | None]]
"""The case and the trial of each trace, by its id."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read, by its name and the SHA-256 of its bytes."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Run:
    """The checks of each part by case, in the order of the file, and each case's group and answers.

    A case may have several answers, its trials. Its checks are those of all of them. `expected` says what is expected
    of a case, where its decisions say so, and `citations` holds the records of citations by trace.
    """

    where: str
    sources: tuple[Source, ...] = ()
    checks: dict[Part, Checks] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[Trace]] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    citations: dict[str, list[CitationResult]] = field(default_factory=dict)

    @property
    def cases(self) -> set[str]:
        """Every case that anything is known of."""
        return set(self.answers).union(*self.checks.values())

    @property
    def traces(self) -> dict[str, Trace]:
        """The first answer to each case."""
        return {case: answers[0] for case, answers in self.answers.items()}

    @property
    def first_tokens(self) -> dict[str, float | None]:
        """The milliseconds to the first token of each case, the most of its trials; None where one has none."""
        times = {case: [trace.timings.first_token_ms for trace in of] for case, of in self.answers.items()}
        return {
            case: None if None in of else max(time for time in of if time is not None) for case, of in times.items()
        }

    @property
    def trials(self) -> int:
        """How often each case was asked: a case that lacks one of these answers failed it."""
        return max(1, len({trace.trial for of in self.answers.values() for trace in of}))

    def named(self, field: str) -> list[str]:
        """What the answers say of `checkpoint`, `prompt` or `release`, each once."""
        said = (getattr(trace, field) for of in self.answers.values() for trace in of)
        return list(dict.fromkeys(name for name in said if name))


def read_run(paths: Sequence[Path]) -> Run:
    """The run in a folder, in files, or in one JSON document; the error names file, line and field of what is wrong."""
    where = ", ".join(map(str, paths))
    parts: dict[str, tuple[Path, list[Line]]] = {}
    sources = []
    for path in _files(paths):
        sources.append(Source(path.name, hashlib.sha256(_bytes(path)).hexdigest()))
        for name, content in _read(path):
            if name in parts:
                raise BadFile(f"{path} holds {name}, which another file of the run holds too; name one of them")
            parts[name] = path, content
    if not parts:
        raise BrokenRun(f"{where} holds none of {', '.join(FILES.values())}: nothing was measured")
    run = Run(where, tuple(sources))
    ids, groups = _take_traces(run, parts["traces"][1] if "traces" in parts else ())
    for part in get_args(Part):
        if part in parts:
            run.checks[part] = _part(run, part, *parts[part], ids)
    for case, group in groups.items():
        run.groups.setdefault(case, group)  # a group named with the case is more reliable than one named with an answer
    return run


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (path / name for name in FILES.values() if (path / name).exists())
        else:
            yield path


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}; docs/gate.md says what a run holds") from error


def _read(path: Path) -> Iterator[tuple[str, list[Line]]]:
    """What a file holds, by part: the part that its name says, or all parts of a document of a whole run."""
    if path.name.startswith("traces"):
        yield "traces", list(read_lines(path))
        return
    named = next((part for part in get_args(Part) if path.name.startswith(part)), None)
    if named is not None:
        yield named, read_documents(path)
        return
    document = read_object(path)
    if unknown := [name for name in document.fields if name not in FILES]:
        raise document.error(unknown[0], f"is no part of a run; there are {', '.join(FILES)}")
    for name in document.fields:
        if name == "traces":
            yield name, document.items(name)
        elif (part := document.inner(name)) is not None:
            yield name, [part]


def _take_traces(run: Run, lines: Sequence[Line]) -> tuple[Answers, dict[str, str]]:
    """Adds the traces to the run by their case; gives case and trial of each trace's id, and the groups they name."""
    ids: dict[str, tuple[str, int | None]] = {}
    groups: dict[str, str] = {}
    for line in lines:
        trace = recorded(line)
        case = case_of(line, trace)
        if any(None in (it.trial, trace.trial) or it.trial == trace.trial for it in run.answers.get(case, ())):
            problem = f"is {case!r}, which an earlier trace has; number several answers to a case in the field trial"
            raise line.error("case" if line.has("case") else "id", problem)
        if trace.id in ids:
            raise line.error("id", f"is {trace.id!r}, which an earlier trace has; give every trace its own")
        run.answers.setdefault(case, []).append(trace)
        ids[trace.id] = case, trace.trial
        if line.has("group"):
            groups[case] = line.name("group")
    return ids, groups


def _part(run: Run, part: Part, path: Path, documents: Sequence[Line], ids: Answers) -> Checks:
    checks: Checks = {}
    for line in (item for document in documents for item, uncited in items_of(document) if not uncited):
        item = parse_checked(line)
        if isinstance(item, Check) == (part == "citations"):
            raise line.error("citation" if part == "citations" else "name", f"is missing; each has to be one of {part}")
        if isinstance(item, Check):
            checks.setdefault(item.id, []).append(item)
        else:
            if ids and item.id not in ids:
                raise BrokenRun(
                    f"{line.where}: id is {item.id!r}, which no trace of the run has: {path} was made of other "
                    "answers; run `asof-eval citations` on these traces"
                )
            case, trial = ids.get(item.id, (item.id, None))
            checks.setdefault(case, []).extend(replace(item, trial=trial).checks(case))
            run.citations.setdefault(item.id, []).append(item)
    for document in documents:
        _take_groups(run, part, document)
        if part == "decisions" and document.has("traces") and ids:
            _check_traces(path, document.texts("traces"), ids)
    if part == "citations":
        _check_answers(run, path, documents[0].fields.get("answers"), checks)
    judged = {(case, check.trial) for case, of in checks.items() for check in of}
    traces = [(case, trace) for case, of in run.answers.items() for trace in of]
    unjudged = [case for case, trace in traces if not {(case, trace.trial), (case, None)} & judged]
    if part == "decisions" and unjudged:
        raise BrokenRun(
            f"{path} says nothing about {len(unjudged)} of the run's {len(traces)} traces; the first is "
            f"{unjudged[0]}; run `asof-eval decisions` on all of them"
        )
    return checks


def _check_traces(path: Path, judged: Sequence[str], ids: Answers) -> None:
    """BrokenRun where decisions were made of other answers than the run's."""
    if other := next((id for id in judged if id not in ids), None):
        raise BrokenRun(
            f"{path} was made of other answers: it judged the trace {other!r}, which the run does not hold; run "
            "`asof-eval decisions` on these traces"
        )


def _take_groups(run: Run, part: Part, document: Line) -> None:
    """Adds to the run the groups that a document names for its cases or rows."""
    if part not in GROUPED or (grouped := document.inner(GROUPED[part])) is None:
        return
    for case in grouped.fields:
        if (inner := grouped.inner(case)) is None:
            raise grouped.error(case, "is null; it is an object with a group")
        run.groups.setdefault(case, inner.name("group"))
        if inner.has("expected"):
            run.expected[case] = inner.text("expected")


def _check_answers(run: Run, path: Path, given: object, checks: Checks) -> None:
    """BrokenRun where citations were looked for in fewer answers than there are traces: the others were not judged."""
    traces = [(case, trace) for case, of in run.answers.items() for trace in of]
    answers = sum(trace.id in run.citations for _, trace in traces) if given is None else given
    if traces and answers != len(traces):
        raise BrokenRun(
            f"{path} is about {answers} answers, but the run has {len(traces)} traces; "
            "run `asof-eval citations` on all of them"
        )
