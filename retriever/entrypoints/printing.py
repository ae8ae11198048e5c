"""What commands print: JSON, tables and evidence. Policy text can never control the terminal."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policies.calendar import UTC_CALENDAR, recorded_in_utc
from policies.instant import FOREVER, Instant, parse_instant
from retriever.quoting.untrusted import inert as inert
from retriever.quoting.untrusted import inert_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from indexer.encoding.embedding import Progress
    from policies.calendar import Calendar
    from policies.lint.finding import Finding


def print_json(content: Any, *, indent: int | None = 2) -> None:
    """Prints readable JSON, with control characters as escapes."""
    print(inert_json(json.dumps(content, ensure_ascii=False, indent=indent)))


def json_lines_in(content: Mapping[str, Any], *long: str) -> str:
    """Readable JSON with one line for each item of the `long` lists. It is short, and quick to make."""
    lines = []
    for name, value in content.items():
        if name in long and value:
            items = ",\n    ".join(json.dumps(item, ensure_ascii=False) for item in value)
            lines.append(f"  {json.dumps(name)}: [\n    {items}\n  ]")
        else:
            shown = json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")
            lines.append(f"  {json.dumps(name)}: {shown}")
    return inert_json("{\n" + ",\n".join(lines) + "\n}")


def console() -> "Console":
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)


def table(*columns: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


@dataclass(frozen=True)
class Dates:
    """The instants of JSON content in the words of people, by the calendar of a zone."""

    calendar: "Calendar"

    def at(self, instant: str) -> str:
        """A point of valid time."""
        return self.calendar.instant(parse_instant(instant))

    def period(self, start: str, end: str | None) -> str:
        """A period of valid time, whole."""
        return self.calendar.period(parse_instant(start), _end(end))

    def valid(self, content: Mapping[str, Any]) -> str:
        """The period that a content has as `valid_from` and `valid_to`."""
        return self.period(content["valid_from"], content["valid_to"])

    def end(self, end: str | None) -> str:
        """The end of a period whose start is told elsewhere."""
        return "no end set" if end is None else self.calendar.end(parse_instant(end))

    def recorded(self, instant: str) -> str:
        """A point of transaction time."""
        return self.calendar.recorded(parse_instant(instant))

    def known(self, start: str, end: str | None) -> str:
        """A period of transaction time."""
        return self.calendar.recorded_period(parse_instant(start), _end(end))

    def brief(self, instant: str) -> str:
        """A point of valid time in a table whose head names the zone."""
        return self.calendar.brief(parse_instant(instant))

    def brief_period(self, content: Mapping[str, Any]) -> str:
        """The period of a content in a table whose head names the zone."""
        return self.calendar.brief_period(parse_instant(content["valid_from"]), _end(content["valid_to"]))

    def brief_end(self, end: str | None) -> str:
        """The end of such a period whose start is told elsewhere."""
        return "no end set" if end is None else self.calendar.brief_end(parse_instant(end))

    def recorded_heading(self, name: str) -> str:
        """The head of a column of instants of recording: it names UTC where dates are those of another zone."""
        return name if self.calendar == UTC_CALENDAR else f"{name} (UTC)"

    def recorded_brief(self, instant: str) -> str:
        """A point of transaction time in such a column."""
        return recorded_in_utc(parse_instant(instant))

    def heading(self, name: str) -> str:
        """The head of a table's column of dates: it names the zone, where that is not UTC."""
        return name if self.calendar == UTC_CALENDAR else f"{name} ({self.calendar.name})"

    def cell(self, told: str) -> str:
        """A date in such a column: on lines of their own, what clocks show there, and UTC."""
        return told.replace(f" {self.calendar.name} = ", "\n= ")


def _end(end: str | None) -> Instant:
    return FOREVER if end is None else parse_instant(end)


def print_findings(findings: "Sequence[Finding]") -> None:
    """Prints what the lint found, on standard error."""
    for finding in findings:
        print(f"LINT: {inert(str(finding))}", file=sys.stderr)


def print_warnings(warnings: "Sequence[str]") -> None:
    """Prints what a write would hide, cut short or leave open, on standard error."""
    for warning in warnings:
        print(f"WARNING: {inert(warning)}", file=sys.stderr)


@contextmanager
def progress(what: str, total: int) -> Iterator["Progress"]:
    """A bar on the terminal while long work runs; nothing in a pipe, and nothing for a few quick steps."""
    if total < 20 or not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(what, total=total)
        yield lambda count: bars.advance(task, count)
