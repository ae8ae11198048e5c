"""Revisions files: JSON Lines, read whole or not at all."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from policies.errors import DraftError
from policies.instant import parse_instant
from policies.sources.draft import MAX_BYTES
from policies.sources.revisions_file import Row, load_changes, read_revisions

FIRST = {
    "policy_id": "P-7",
    "revision": 1,
    "effective_from": "2024-01-01",
    "effective_to": "2025-03-01",
    "withdrawn": False,
    "title": "Damaged items",
    "text": "Seven days.",
}
SECOND = FIRST | {"revision": 2, "effective_from": "2025-03-01", "effective_to": None, "text": "Thirty days."}


def written(tmp_path: Path, *rows: dict[str, Any] | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path = tmp_path / "revisions.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    """What the reader says, after the file's name."""
    with pytest.raises(DraftError) as caught:
        read_revisions(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def test_row_is_read_field_by_field(tmp_path: Path) -> None:
    row = FIRST | {
        "withdrawn": True,
        "recorded_at": "2023-12-15T10:00:00Z",
        "applies_to": {"region": ["US", "CA"]},
        "audience": ["staff"],
        "owner": "returns-team",
        "note": "from\nthe handbook",
        "author": "ada",
        "sha": "ignored",
    }
    [read] = read_revisions(written(tmp_path, row))
    assert read.number == 1
    assert read.withdrawn is True
    assert read.recorded_at == parse_instant("2023-12-15T10:00:00Z")
    assert read.draft.policy_id == "P-7"
    assert read.draft.title == "Damaged items"
    assert read.draft.text == "Seven days."
    assert read.draft.valid_from == parse_instant("2024-01-01")
    assert read.draft.valid_to == parse_instant("2025-03-01")
    assert read.draft.applies_to == {"region": ("CA", "US")}
    assert read.draft.audience == ("staff",)
    assert (read.draft.owner, read.draft.note, read.draft.author) == ("returns-team", "from the handbook", "ada")


def test_row_may_hold_only_a_policy_a_start_and_a_text(tmp_path: Path) -> None:
    [read] = read_revisions(written(tmp_path, {"policy_id": "P-7", "effective_from": "2024-01-01", "text": "Words."}))
    assert (read.number, read.withdrawn, read.recorded_at) == (1, False, None)
    assert (read.draft.title, read.draft.valid_to, read.draft.audience) == ("P-7", None, ("public",))


def test_null_stands_for_absent_where_a_field_is_optional(tmp_path: Path) -> None:
    fields = ("effective_to", "title", "owner", "note", "applies_to", "audience", "recorded_at", "revision")
    [read] = read_revisions(written(tmp_path, FIRST | dict.fromkeys(fields)))
    assert (read.draft.title, read.draft.applies_to, read.draft.audience) == ("P-7", {}, ("public",))


def test_rows_are_numbered_by_their_order_within_each_policy(tmp_path: Path) -> None:
    unnumbered = [{key: value for key, value in row.items() if key != "revision"} for row in (FIRST, SECOND)]
    other = unnumbered[0] | {"policy_id": "P-8"}
    rows = read_revisions(written(tmp_path, unnumbered[0], other, unnumbered[1]))
    assert [(row.draft.policy_id, row.number) for row in rows] == [("P-7", 1), ("P-8", 1), ("P-7", 2)]


def test_blank_lines_count_as_lines_and_hold_no_rows(tmp_path: Path) -> None:
    assert len(read_revisions(written(tmp_path, "", FIRST, "  ", SECOND, ""))) == 2
    assert refusal(written(tmp_path, "", FIRST, "", "{")).startswith(", line 4: is not a JSON object")


def test_last_line_needs_no_newline(tmp_path: Path) -> None:
    path = tmp_path / "revisions.jsonl"
    path.write_text(json.dumps(FIRST) + "\n" + json.dumps(SECOND))
    assert [row.number for row in read_revisions(path)] == [1, 2]


def test_text_keeps_its_line_ends_and_every_character(tmp_path: Path) -> None:
    text = "\ufeffGröße 📦\r\n\u2028 end\n"
    [read] = read_revisions(written(tmp_path, FIRST | {"text": text}))
    assert read.draft.text == text


# gzip


def test_gzip_is_known_by_its_bytes_not_its_name(tmp_path: Path) -> None:
    plain = written(tmp_path, FIRST, SECOND)
    zipped = tmp_path / "zipped-without-a-name"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    misnamed = tmp_path / "plain.jsonl.gz"
    misnamed.write_bytes(plain.read_bytes())
    assert [row.draft.text for row in read_revisions(zipped)] == ["Seven days.", "Thirty days."]
    assert [row.draft.text for row in read_revisions(misnamed)] == ["Seven days.", "Thirty days."]


@pytest.mark.parametrize("cut", [3, 12, 60, -1])
def test_truncated_gzip_is_refused_and_nothing_is_returned(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "revisions.jsonl.gz"
    path.write_bytes(gzip.compress(written(tmp_path, FIRST, SECOND).read_bytes())[:cut])
    assert refusal(path).startswith(": cannot be read: ")


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "revisions.jsonl.gz"
    content = bytearray(gzip.compress(written(tmp_path, FIRST, SECOND).read_bytes()))
    content[-6] ^= 0xFF  # in the checksum
    path.write_bytes(content)
    assert refusal(path).startswith(": cannot be read: ")


# Refused, by line


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("{", "is not a JSON object"),
        ('{"policy_id": "P-7"} {}', "is not a JSON object"),
        ("[]", "is not a JSON object"),
        ("null", "is not a JSON object"),
        ("[" * 100_000, "is not a JSON object"),
        (FIRST | {"policy_id": None}, "lacks 'policy_id'"),
        ({key: FIRST[key] for key in FIRST if key != "text"}, "lacks 'text'"),
        ({key: FIRST[key] for key in FIRST if key != "effective_from"}, "lacks 'effective_from'"),
        (SECOND | {"policy_id": "../x"}, "policy_id is '../x'"),
        (SECOND | {"policy_id": 7}, "policy_id is 7"),
        (SECOND | {"effective_from": "soon"}, "effective_from: 'soon'"),
        (SECOND | {"effective_from": 20240101}, "effective_from is 20240101"),
        (SECOND | {"effective_from": "2024-01-01T00:00:00"}, "effective_from: '2024-01-01T00:00:00' has no time zone"),
        (SECOND | {"effective_to": "2025-02-30"}, "effective_to: '2025-02-30'"),
        (SECOND | {"effective_to": "2025-03-01"}, "effective_to is not after effective_from"),
        (SECOND | {"recorded_at": "x"}, "recorded_at: 'x'"),
        (SECOND | {"withdrawn": "yes"}, "withdrawn is 'yes'"),
        (SECOND | {"withdrawn": 1}, "withdrawn is 1"),
        (SECOND | {"withdrawn": True}, "is withdrawn but has no effective_to"),
        (SECOND | {"text": 3}, "text is not a string"),
        (SECOND | {"text": " \n "}, "text has no words"),
        (SECOND | {"text": "---\npolicy: P-7\n---\n\n"}, "text has no words"),
        (SECOND | {"title": 3}, "title is 3"),
        (SECOND | {"owner": ["a"]}, "owner is ['a']"),
        (SECOND | {"applies_to": "US"}, "applies_to is 'US'"),
        (SECOND | {"applies_to": []}, "applies_to is []"),
        (SECOND | {"applies_to": {"region": [1]}}, "applies_to.region is 1"),
        (SECOND | {"audience": []}, "audience is empty"),
        (SECOND | {"audience": ""}, "audience is ''"),
        (SECOND | {"audience": False}, "audience is False"),
        (SECOND | {"revision": 3}, "revision is 3, but by its order this is revision 2 of P-7"),
        (SECOND | {"revision": 1}, "revision is 1, but by its order this is revision 2 of P-7"),
        (SECOND | {"revision": "2"}, "revision is '2'"),
        (SECOND | {"revision": 2.0}, "revision is 2.0"),
        (SECOND | {"revision": True}, "revision is True"),
    ],
)
def test_one_bad_line_in_the_middle_is_named_and_nothing_is_returned(
    tmp_path: Path, bad: dict[str, Any] | str, named: str
) -> None:
    message = refusal(written(tmp_path, FIRST, bad, FIRST | {"policy_id": "P-9"}))
    assert message.startswith(f", line 2: {named}")


def test_key_given_twice_is_refused(tmp_path: Path) -> None:
    line = json.dumps(FIRST)[:-1] + ', "text": "Other words."}'
    assert refusal(written(tmp_path, line)) == ", line 1: is not a JSON object: the key 'text' is given twice"


def test_key_given_twice_deep_inside_is_refused(tmp_path: Path) -> None:
    line = json.dumps(FIRST)[:-1] + ', "applies_to": {"region": "US", "region": "CA"}}'
    assert "the key 'region' is given twice" in refusal(written(tmp_path, line))


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_number_that_json_does_not_have_is_refused(tmp_path: Path, constant: str) -> None:
    line = json.dumps(FIRST)[:-1] + f', "score": {constant}}}'
    assert refusal(written(tmp_path, FIRST, line)) == f", line 2: is not a JSON object: {constant} is not JSON"


@pytest.mark.parametrize("number", ["1e400", "9" * 5_000])
def test_number_too_large_for_a_revision_is_refused(tmp_path: Path, number: str) -> None:
    line = json.dumps(FIRST).replace('"revision": 1', f'"revision": {number}')
    assert refusal(written(tmp_path, line)).startswith(", line 1: ")


@pytest.mark.parametrize(
    "field", ["text", "title", "owner", "note", "author", "policy_id", "effective_from", "audience", "applies_to"]
)
@pytest.mark.parametrize("escape", ["\\ud800", "\\udfff", "\\u0000", "\\u0301" * 31])
def test_lone_surrogate_nul_or_marks_without_end_are_refused_wherever_it_stands(
    tmp_path: Path, field: str, escape: str
) -> None:
    value: Any = {"region": ["ESCAPE"]} if field == "applies_to" else "a ESCAPE"
    line = json.dumps(FIRST | {field: value}).replace("ESCAPE", escape)
    assert refusal(written(tmp_path, line)).startswith(", line 1")


def test_escaped_surrogate_pair_is_the_character_it_stands_for(tmp_path: Path) -> None:
    line = json.dumps(FIRST).replace("Seven days.", "\\ud83d\\udce6")
    assert read_revisions(written(tmp_path, line))[0].draft.text == "📦"


def test_byte_that_is_not_utf_8_names_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST)
    with path.open("ab") as file:
        file.write(json.dumps(SECOND, ensure_ascii=False).replace("days", "d\x80ys").encode("latin-1") + b"\n")
    assert refusal(path) == ", line 2: byte 0x80 is not UTF-8; save the file as UTF-8"


def test_text_over_the_limit_is_refused(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, FIRST | {"text": "x" * (MAX_BYTES + 1)})).startswith(", line 1: text is over")


@pytest.mark.parametrize("content", ["", "\n\n  \n"])
def test_file_without_rows_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "revisions.jsonl"
    path.write_text(content)
    assert refusal(path).startswith(": holds no rows")


def test_missing_file_and_folder_are_refused_by_name(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent.jsonl") == ": cannot be read: No such file or directory"
    assert refusal(tmp_path) == ": cannot be read: Is a directory"


# As changes


def rows_of(tmp_path: Path, *rows: dict[str, Any]) -> list[Row]:
    return read_revisions(written(tmp_path, *rows))


def test_each_change_knows_when_the_next_revision_of_its_policy_starts(tmp_path: Path) -> None:
    other = FIRST | {"policy_id": "P-8", "effective_from": "2020-01-01"}
    changes = load_changes(rows_of(tmp_path, FIRST, other, SECOND))
    assert [(change.draft.policy_id, change.number) for change in changes] == [("P-7", 1), ("P-8", 1), ("P-7", 2)]
    assert [change.successor for change in changes] == [parse_instant("2025-03-01"), None, None]


@pytest.mark.parametrize(
    ("ends", "withdrawn", "next_starts", "expected"),
    [
        (None, False, None, True),
        ("2025-01-01", False, None, False),
        ("2025-01-01", False, "2025-01-01", True),
        ("2025-01-01", False, "2025-02-01", False),
        ("2025-01-01", True, None, True),
        ("2025-01-01", True, "2025-02-01", True),
    ],
)
def test_rule_is_open_ended_unless_its_period_ends_for_no_reason_given(
    tmp_path: Path, ends: str | None, withdrawn: bool, next_starts: str | None, expected: bool
) -> None:
    rows = [FIRST | {"effective_to": ends, "withdrawn": withdrawn}]
    if next_starts:
        rows.append(SECOND | {"effective_from": next_starts})
    assert load_changes(rows_of(tmp_path, *rows))[0].open_ended is expected
