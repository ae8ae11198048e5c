"""Reads a revisions file, JSON Lines, gzip allowed: the history of many policies, one revision a row."""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from policies.change import Change, Load, Withdraw
from policies.errors import DraftError
from policies.instant import Instant
from policies.revision import PUBLIC, Draft
from policies.sources.draft import (
    MAX_BYTES,
    check_characters,
    check_period,
    check_policy_id,
    front_matter_end,
    parse_applies_to,
    parse_audience,
    parse_field_instant,
)
from policies.strict_json import parse_json

MAX_LINE_BYTES = 8 * MAX_BYTES
"""A longer line is cut here and then refused as broken JSON, so memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Row:
    """One revision of a history: in force over the draft's period, then withdrawn if `withdrawn`."""

    draft: Draft
    number: int
    withdrawn: bool
    recorded_at: Instant | None


def read_revisions(path: Path) -> list[Row]:
    """Every row of the file, in order; DraftError names the line and field of the first thing wrong."""
    rows: list[Row] = []
    counts: dict[str, int] = defaultdict(int)
    for line_number, line in enumerate(_lines(path), start=1):
        where = f"{path}, line {line_number}"
        text = _decode_line(line, where).strip()
        if not text:
            continue
        row = _row(text, where, counts)
        counts[row.draft.policy_id] = row.number
        rows.append(row)
    if not rows:
        raise DraftError(str(path), "holds no rows; each line is one revision as a JSON object")
    return rows


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES):
                yield line
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DraftError(str(path), f"cannot be read: {reason}") from error


def _decode_line(line: bytes, where: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DraftError(where, f"byte 0x{line[error.start]:02x} is not UTF-8; save the file as UTF-8") from error


def _row(line: str, where: str, counts: dict[str, int]) -> Row:
    try:
        fields = parse_json(line, _once)
    except (ValueError, RecursionError) as error:
        raise DraftError(where, f"is not a JSON object: {error}") from error
    if not isinstance(fields, dict):
        raise DraftError(where, "is not a JSON object; each line is one revision")
    for field in ("policy_id", "effective_from", "text"):
        if fields.get(field) is None:
            raise DraftError(where, f"lacks {field!r}")
    policy_id = check_policy_id(fields["policy_id"], "policy_id", where)
    text = _text(fields["text"], where)
    valid_from = parse_field_instant(fields["effective_from"], "effective_from", where)
    valid_to = parse_field_instant(fields.get("effective_to"), "effective_to", where)
    check_period(valid_from, valid_to, ("effective_from", "effective_to"), where)
    withdrawn = False if fields.get("withdrawn") is None else fields["withdrawn"]
    if not isinstance(withdrawn, bool):
        raise DraftError(where, f"withdrawn is {withdrawn!r}; write true or false")
    if withdrawn and valid_to is None:
        raise DraftError(where, "is withdrawn but has no effective_to; say when the policy was withdrawn")
    draft = Draft(
        policy_id=policy_id,
        title=_optional(fields, "title", where) or policy_id,
        text=text,
        where=where,
        valid_from=valid_from,
        valid_to=valid_to,
        owner=_optional(fields, "owner", where),
        note=_optional(fields, "note", where),
        author=_optional(fields, "author", where),
        applies_to=parse_applies_to(_given(fields, "applies_to", {}), where),
        audience=parse_audience(_given(fields, "audience", list(PUBLIC)), where),
        review_by=parse_field_instant(fields.get("review_by"), "review_by", where),
    )
    return Row(
        draft=draft,
        number=_number(fields.get("revision"), counts[policy_id] + 1, policy_id, where),
        withdrawn=withdrawn,
        recorded_at=parse_field_instant(fields.get("recorded_at"), "recorded_at", where),
    )


def _number(given: Any, expected: int, policy_id: str, where: str) -> int:
    if given is None:
        return expected
    if isinstance(given, bool) or not isinstance(given, int) or given != expected:
        raise DraftError(
            where,
            f"revision is {given!r}, but by its order this is revision {expected} of {policy_id}; "
            "list every revision of a policy, oldest first",
        )
    return expected


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise DraftError(where, "text is not a string")
    check_characters(value, where)
    if len(value.encode("utf-8")) > MAX_BYTES:
        raise DraftError(where, f"text is over the limit of {MAX_BYTES:,} bytes")
    if not value[front_matter_end(value) :].strip():
        raise DraftError(where, "text has no words")
    return value


def _optional(fields: dict[str, Any], field: str, where: str) -> str | None:
    value = fields.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise DraftError(where, f"{field} is {value!r}; write text")
    check_characters(value, where)
    return " ".join(value.split()) or None


def _given(fields: dict[str, Any], field: str, default: Any) -> Any:
    """The field, or `default` where it is absent or null. An empty audience is no way to say "public"."""
    value = fields.get(field)
    return default if value is None else value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise ValueError(f"the key {name!r} is given twice")
        fields[name] = value
    return fields


def load_changes(rows: list[Row]) -> list[Load]:
    """The rows as changes, each with the start of the next revision of its policy."""
    successors: dict[str, Instant | None] = {}
    changes = []
    for row in reversed(rows):
        policy_id = row.draft.policy_id
        changes.append(Load(row.draft, row.number, row.withdrawn, successors.get(policy_id)))
        successors[policy_id] = row.draft.valid_from
    return changes[::-1]


def recording_batches(rows: list[Row], now: Instant) -> list[tuple[Instant, list[Change]]]:
    """The rows as one list of changes for each instant at which their source recorded them, ascending.

    A row is open-ended, as known then, where only a later record explains its end. A withdrawal counts as recorded when
    it took effect. It counts as recorded with its row where the row is later, or where `now` is before it took effect.
    It lasts until the next row starts, if that row was recorded by then. DraftError names a row that cannot be placed.
    """
    following: dict[str, Row] = {}
    batches: dict[Instant, list[Change]] = defaultdict(list)
    for row, load in zip(reversed(rows), reversed(load_changes(rows)), strict=True):
        policy_id, at, end = row.draft.policy_id, row.recorded_at, row.draft.valid_to
        if at is None:
            raise DraftError(row.draft.where, "lacks 'recorded_at', which --recorded-from-source needs in every row")
        after = following.get(policy_id)
        if after is not None and after.recorded_at is not None and after.recorded_at < at:
            raise DraftError(after.draft.where, f"recorded_at is before that of the row of {policy_id} before it")
        following[policy_id] = row
        if row.withdrawn and end is not None:
            told = max(at, end) if end <= now else at
            withdrawal = _recorded_withdrawal(row.draft, end, after, told)
            batches[told] += [] if withdrawal is None else [withdrawal]
        known_later = after is not None and after.recorded_at != at
        if load.open_ended and (row.withdrawn or known_later):
            load = Load(replace(row.draft, valid_to=None), row.number, withdrawn=False, successor=None)
        batches[at].append(load)
    return [(at, changes[::-1]) for at, changes in sorted(batches.items())]


def _recorded_withdrawal(draft: Draft, start: Instant, after: Row | None, told: Instant) -> Withdraw | None:
    """The withdrawal of a row at its end, as known when it was told; None where the next row was in force there."""
    until = None
    if after is not None and after.recorded_at is not None and after.recorded_at <= told:
        begins, ends = after.draft.valid_from, after.draft.valid_to
        assert begins is not None
        if begins <= start and (ends is None or start < ends):
            return None
        until = begins if begins > start else None
    return Withdraw(draft.policy_id, start, until, None, draft.author)
