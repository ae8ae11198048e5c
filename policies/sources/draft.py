"""Parses an authored file, Markdown with YAML front matter, into a Draft: the only validation there is."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import yaml

from policies.calendar import UTC_CALENDAR, Calendar
from policies.errors import DraftError
from policies.instant import Instant, parse_instant, parse_last_day
from policies.normal_form import MOST_MARKS, too_many_marks
from policies.revision import POLICY_ID, PUBLIC, Draft
from policies.sources.foreign import CONVERT, foreign_bytes, foreign_text
from policies.sources.mending import mended, unclosed, words_begin

MAX_BYTES = 4 * 1024 * 1024
MAX_FRONT_MATTER = 64 * 1024
MAX_DEPTH = 8
KEYS = (
    *("policy", "title", "effective", "until", "through", "timezone"),
    *("owner", "applies_to", "audience", "note", "review_by"),
)

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_GUARDED = re.compile(r"^[^\S\n]*(audience|applies_to)\s*:", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?\r?\n|)---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


def read_draft(path: Path, calendar: Calendar = UTC_CALENDAR) -> Draft:
    """The draft in a file; DraftError names the file, and the line or field, of the first thing wrong.

    Its days are those of `calendar`, where the file names no time zone of its own.
    """
    where = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DraftError(where, f"{size:,} bytes is over the limit of {MAX_BYTES:,}; split the policy into several")
        content = path.read_bytes()
    except OSError as error:
        raise DraftError(where, f"cannot be read: {error.strerror}") from error
    return parse_draft(decode(content, where), where, calendar)


def decode(content: bytes, where: str) -> str:
    """The text of UTF-8 bytes; DraftError names the line of the first byte that is not."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if (kind := foreign_bytes(content)) is not None:
            raise DraftError(where, f"is {kind}; a policy is Markdown. {CONVERT}") from error
        line = content.count(b"\n", 0, error.start) + 1
        raise DraftError(
            f"{where}, line {line}", f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error


def front_matter_end(text: str) -> int:
    """The offset, in code points, of the first character after a front matter; 0 where there is none."""
    match = _FRONT_MATTER.match(text)
    return match.end() if match else 0


def parse_draft(text: str, where: str, calendar: Calendar = UTC_CALENDAR) -> Draft:
    """The draft in the text of an authored file; `where` names it in errors.

    Its days are those of `calendar`, where the file names no time zone of its own.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise DraftError(where, f"is over the limit of {MAX_BYTES:,} bytes; split the policy into several")
    check_characters(text, where)
    match = _FRONT_MATTER.match(text)
    if not match:
        if (kind := foreign_text(text)) is not None:
            raise DraftError(where, f"is {kind}; a policy is Markdown with front matter. {CONVERT}")
        if (found := unclosed(text)) is not None:
            raise DraftError(f"{where}, line {found[0]}", found[1])
        raise DraftError(
            where,
            "has no front matter; begin the file with a line ---, then for example "
            "policy: P-7 and title: Damaged items, then a line ---",
        )
    fields = _fields(match[1], where)
    for key in fields:
        if key not in KEYS:
            raise DraftError(where, f"front matter has an unknown key {key!r}; known keys are {', '.join(KEYS)}")
    for key in ("policy", "title"):
        if key not in fields:
            raise DraftError(where, f"front matter lacks {key!r}")
    if not text[match.end() :].strip():
        raise DraftError(where, "has no words after its front matter")
    if "timezone" in fields:
        calendar = parse_calendar(fields["timezone"], "timezone", where)
    zone = calendar.zone
    valid_from = parse_field_instant(fields.get("effective"), "effective", where, zone)
    valid_to = _end(fields, where, zone)
    check_period(
        valid_from, valid_to, ("effective", "the day after through" if "through" in fields else "until"), where
    )
    return Draft(
        policy_id=check_policy_id(fields["policy"], "policy", where),
        title=one_line(fields["title"], "title", where),
        text=text,
        where=where,
        valid_from=valid_from,
        valid_to=valid_to,
        owner=one_line(fields["owner"], "owner", where) if "owner" in fields else None,
        note=one_line(fields["note"], "note", where) if "note" in fields else None,
        applies_to=parse_applies_to(fields.get("applies_to", {}), where),
        audience=parse_audience(fields.get("audience", list(PUBLIC)), where),
        review_by=parse_field_instant(fields.get("review_by"), "review_by", where, zone),
        calendar=calendar,
    )


def drafts_formerly(draft: Draft, calendars: Iterable[Calendar]) -> tuple[Draft, ...]:
    """What the text of a draft said by other calendars, where that is not the same."""
    said = []
    for calendar in calendars:
        if calendar == draft.calendar:
            continue
        try:
            read = parse_draft(draft.text, draft.where, calendar)
        except DraftError:  # no authored file, or dates past all years there
            continue
        start, end, due = read.valid_from, read.valid_to, read.review_by
        said.append(replace(draft, valid_from=start, valid_to=end, review_by=due, calendar=read.calendar))
    return tuple(other for other in said if other.calendar != draft.calendar)


def parse_calendar(value: Any, field: str, where: str) -> Calendar:
    """The calendar of a time zone by its name; DraftError names the nearest ones of an unknown one."""
    try:
        return Calendar.of(one_line(value, field, where))
    except ValueError as error:
        raise DraftError(where, f"{field}: {error}") from error


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a front matter of any origin says that Asof understands."""

    title: str | None = None
    owner: str | None = None
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    audience: tuple[str, ...] = PUBLIC


def front_matter_metadata(text: str, where: str) -> Metadata:
    """The metadata in a text's front matter, foreign keys ignored; none where there is no readable front matter.

    The keys `audience` and `applies_to` are never guessed: they are accepted in the form of an authored file, or
    refused.
    """
    match = _FRONT_MATTER.match(text)
    if not match:
        return Metadata()
    try:
        fields = _fields(match[1], where)
    except DraftError:
        if _GUARDED.search(match[1]):
            raise
        return Metadata()
    lines = {key: " ".join(value.split()) for key in ("title", "owner") if isinstance(value := fields.get(key), str)}
    for key, value in lines.items():
        if found := _unwanted(value):
            raise DraftError(where, f"{key} holds {found[1]}; remove it")
    return Metadata(
        title=lines.get("title") or None,
        owner=lines.get("owner") or None,
        applies_to=parse_applies_to(fields.get("applies_to", {}), where),
        audience=parse_audience(fields.get("audience", list(PUBLIC)), where),
    )


def check_characters(text: str, where: str) -> None:
    """Refuses what no policy means to say: NUL, lone surrogates, and combining marks without end."""
    if found := _unwanted(text):
        at, what = found
        line = text.count("\n", 0, at) + 1
        raise DraftError(f"{where}, line {line}", f"holds {what}; remove it")


def check_policy_id(value: Any, field: str, where: str) -> str:
    if not isinstance(value, str) or not POLICY_ID.fullmatch(value):
        raise DraftError(
            where,
            f"{field} is {value!r}; a policy id is at most 200 letters, digits, dots, underscores and hyphens, "
            "and begins with a letter or digit",
        )
    return value


def parse_field_instant(value: Any, field: str, where: str, zone: tzinfo = UTC) -> Instant | None:
    """An instant, or the start of a day in the zone."""
    return None if value is None else _dated(parse_instant, value, field, where, zone)


def _end(fields: Mapping[str, Any], where: str, zone: tzinfo) -> Instant | None:
    """When a period ends, by `until` or by its last day, `through`."""
    if "through" not in fields:
        return parse_field_instant(fields.get("until"), "until", where, zone)
    if "until" in fields:
        raise DraftError(where, "front matter has until and through; keep one: through is the last day, until the end")
    return _dated(parse_last_day, fields["through"], "through", where, zone)


def _dated(read: Callable[[str, tzinfo], Instant], value: Any, field: str, where: str, zone: tzinfo) -> Instant:
    if not isinstance(value, str):
        raise DraftError(where, f"{field} is {value!r}; write a date such as 2025-03-01")
    try:
        return read(value, zone)
    except ValueError as error:
        raise DraftError(where, f"{field}: {error}") from error


def check_period(start: Instant | None, end: Instant | None, fields: tuple[str, str], where: str) -> None:
    if start is not None and end is not None and end <= start:
        raise DraftError(where, f"{fields[1]} is not after {fields[0]}; a period ends after it begins")


def parse_applies_to(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    """Facets, each with the values a fact may have: `{"region": ("CA", "US")}`."""
    if not isinstance(value, dict):
        raise DraftError(where, f"applies_to is {value!r}; write facets with values, such as {{region: [US, CA]}}")
    return {
        one_line(facet, "a facet of applies_to", where): _strings(values, f"applies_to.{facet}", where)
        for facet, values in sorted(value.items())
    }


def parse_audience(value: Any, where: str) -> tuple[str, ...]:
    return _strings(value, "audience", where)


def _strings(value: Any, field: str, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise DraftError(where, f"{field} is empty; give at least one value or leave it out")
    return tuple(sorted({one_line(item, field, where) for item in values}))


def one_line(value: Any, field: str, where: str) -> str:
    """The text of one line; DraftError for anything else, and for what cannot be stored."""
    if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
        raise DraftError(where, f"{field} is {value!r}; write one line of text")
    if found := _unwanted(value):  # an escape in YAML or JSON brings what the file itself does not hold
        raise DraftError(where, f"{field} holds {found[1]}; remove it")
    return value.strip()


def _unwanted(text: str) -> tuple[int, str] | None:
    """Where the first thing stands that cannot be accepted, and what it is."""
    if match := _UNSTORABLE.search(text):
        lone = f"a lone surrogate (U+{ord(match[0]):04X})"
        return match.start(), "a NUL character" if match[0] == "\x00" else lone
    if (at := too_many_marks(text)) is not None:
        return at, f"more than {MOST_MARKS} combining marks in a row"
    return None


def _fields(front_matter: str, where: str) -> dict[str, Any]:
    if len(front_matter) > MAX_FRONT_MATTER:
        raise DraftError(where, f"front matter is over the limit of {MAX_FRONT_MATTER:,} characters")
    try:
        fields = yaml.load(front_matter, Loader=_StringsOnce)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 2 if mark else 1
        problem = f"front matter: {error.problem or error.context}"
        if mark and (better := mended(front_matter, mark.line, KEYS, _read)) is not None:
            line, problem = better[0] + 2, f"{problem}; write instead: {better[1]}"
        elif (begin := words_begin(front_matter)) is not None:
            line, problem = begin + 2, f"{problem}; if the policy's words begin here, write a line --- before this line"
        raise DraftError(f"{where}, line {line}", problem) from error
    except yaml.reader.ReaderError as error:
        line = front_matter.count("\n", 0, error.position) + 2
        raise DraftError(
            f"{where}, line {line}", f"front matter holds U+{ord(front_matter[error.position]):04X}; remove it"
        ) from error
    if not isinstance(fields, dict):
        raise DraftError(where, "front matter is not a set of `key: value` lines")
    return fields


def _read(lines: str) -> object:
    """What lines of YAML say; ValueError if they cannot be read."""
    try:
        return yaml.load(lines, Loader=_StringsOnce)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


class _StringsOnce(yaml.BaseLoader):
    """YAML whose scalars all stay strings (NO stays Norway, 1.10 keeps its zero), without aliases or repeated keys.

    It stops at a nesting that no field has, since the time to read grows with the square of the nesting.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not accepted; write the value out", event.start_mark
            )
        if self.depth == MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "is nested too deeply", mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is given twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=True)
