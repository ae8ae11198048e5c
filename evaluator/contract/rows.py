"""Rows of a contract, and the answers to them: one JSON object a line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.contract.check_outcome import Source
from evaluator.contract.checks import Asked, parse_checks
from evaluator.errors import UnmatchedAnswer
from evaluator.files.json_lines import Line, read_lines, read_unique

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote, or why it could not be asked; exactly one of them is given."""

    where: str
    text: str | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One wording of one case. The rows of a group are the same case in other words."""

    where: str
    id: str
    group: str
    task: str
    source: Source
    checks: tuple[Asked, ...]
    answer: Answer | None


def read_rows(path: Path) -> list[Row]:
    """Every row of the file, in order; BadLine names the line and field of the first thing wrong."""
    rows: dict[str, Row] = {}
    lines: dict[str, Line] = {}

    def parse(line: Line) -> Row:
        row, whole = _row(line, rows, lines)
        rows[row.id], lines[row.id] = row, whole
        return row

    return read_unique(path, parse, "row")


def _row(line: Line, rows: Mapping[str, Row], lines: Mapping[str, Line]) -> tuple[Row, Line]:
    """The row and its line. A row that rewords another takes group, task, input and checks from that row."""
    of = line.name("paraphrase_of") if line.has("paraphrase_of") else None
    if of is not None and of not in rows:
        raise line.error("paraphrase_of", f"is {of!r}, which no earlier line has as its id")
    taken = {} if of is None else {name: lines[of].fields.get(name) for name in ("group", "task", "input", "checks")}
    own = {name: readable(value) for name, value in line.fields.items() if value is not None}
    whole = Line(line.where, {**taken, **own}, line.path)
    given = whole.fields.get("input") or ""
    if not isinstance(given, str):
        raise line.error("input", f"is {given!r}; write text")
    group, source = whole.name("group"), Source(whole.text("instruction"), given)
    if of is not None and group != rows[of].group:
        raise line.error("group", f"is {group!r}, but {of!r}, which it rewords, is in {rows[of].group!r}")
    row = Row(
        where=line.where,
        id=whole.name("id"),
        group=group,
        task=whole.text("task"),
        source=source,
        checks=parse_checks(whole, source),
        answer=_answer(line),
    )
    return row, whole


def readable(value: Any) -> Any:
    """The JSON value with U+FFFD for each lone surrogate, which is no character and breaks libraries."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [readable(item) for item in value]
    return {readable(name): readable(item) for name, item in value.items()} if isinstance(value, dict) else value


def _answer(line: Line) -> Answer | None:
    """The answer in a line; None where it is null and no `error` says why."""
    error = line.text("error") if line.has("error") else None
    text = line.fields.get("answer")
    if text is not None and not isinstance(text, str):
        raise line.error("answer", f"is {text!r}; write text, JSON too")
    if text is not None and error is not None:
        raise line.error("error", "is given beside an answer; keep one of them")
    return None if text is None and error is None else Answer(line.where, readable(text), error)


def read_answers(path: Path, rows: Sequence[Row]) -> list[Answer | None]:
    """The answer to each row: its own, or the one of the same id in the file; None where there is none.

    UnmatchedAnswer names an answer that belongs to no row, or to a row that is already answered.
    """
    found = {row.id: row.answer for row in rows}
    for line in read_lines(path):
        name, answer = line.name("id"), _answer(line)
        if name not in found:
            raise UnmatchedAnswer(f"{line.where}: id {name!r} belongs to no row")
        if (earlier := found[name]) is not None:
            raise UnmatchedAnswer(f"{line.where}: id {name!r} is already answered at {earlier.where}")
        found[name] = answer
    return [found[row.id] for row in rows]
