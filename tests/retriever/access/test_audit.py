"""The audit log: what a line holds, and what it never does."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.instant import parse_instant
from retriever.access.audit import AuditLog
from retriever.access.keys import Key
from retriever.access.permissions import Action, Role
from tests.retriever.homes import Clock
from tests.root import ROOT

KEY = Key("1a2b3c4d", Role.AUTHOR, ("public",), parse_instant("2025-01-01"), note="the handbook's build")
TEXT = "asof_1a2b3c4d_" + "s3cr3t-_" * 5 + "abc"

APPENDER = """
import sys
from pathlib import Path
from policies import instant
from retriever.access.audit import AuditLog
log = AuditLog(Path(sys.argv[1]), instant.now)
for number in range(300):
    log.record("write", None, "POST", "/v1/" + sys.argv[2] * 100, 201, str(number))
"""

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path, Clock("2025-01-01T12:00:00Z"))


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_bytes().split(b"\n")[:-1]]


def test_line_says_when_what_by_which_key_where_and_with_what_outcome(log: AuditLog, tmp_path: Path) -> None:
    log.record(Action.WRITE, KEY, "POST", "/v1/policies/P-7/revisions", 201, "r-1")
    log.record("ask", None, "POST", "/v1/retrieve", 401, "r-2")
    assert (tmp_path / "audit.jsonl").read_text() == (
        '{"time": "2025-01-01T12:00:00Z", "action": "write", "key": "1a2b3c4d", "method": "POST", '
        '"path": "/v1/policies/P-7/revisions", "status": 201, "request_id": "r-1"}\n'
        '{"time": "2025-01-01T12:00:00Z", "action": "ask", "key": null, "method": "POST", '
        '"path": "/v1/retrieve", "status": 401, "request_id": "r-2"}\n'
    )


def test_line_of_a_request_that_made_a_key_names_that_key(log: AuditLog, tmp_path: Path) -> None:
    log.record(Action.OPERATE, KEY, "POST", "/keys/new", 201, "r-1", made_key="2b3c4d5e")
    log.record(Action.OPERATE, KEY, "POST", "/keys/2b3c4d5e/revoke", 303, "r-2")
    assert [line.get("made_key") for line in lines(tmp_path)] == ["2b3c4d5e", None]


def test_file_is_its_owners_alone(log: AuditLog, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        log.record("ask", None, "GET", "/", 401, "r")
    finally:
        os.umask(before)
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_question_after_the_path_is_left_out(log: AuditLog, tmp_path: Path) -> None:
    log.record("ask", None, "GET", "/v1/retrieve?query=Is+Ann+dismissed", 401, "r")
    assert lines(tmp_path)[0]["path"] == "/v1/retrieve"
    assert b"Ann" not in (tmp_path / "audit.jsonl").read_bytes()


@pytest.mark.parametrize(
    "text", [TEXT, TEXT[:-9], TEXT.upper(), TEXT.replace("_", "%5F"), TEXT.replace("_", "%255f"), f"{TEXT}{'x' * 500}"]
)
def test_key_that_a_caller_puts_elsewhere_is_masked(log: AuditLog, tmp_path: Path, text: str) -> None:
    log.record(f"ask {text}", KEY, text, f"/v1/{'p' * 180}{text}/x", 401, text)
    [line] = lines(tmp_path)
    assert line["action"] == "ask asof_***"
    assert (line["method"], line["request_id"]) == ("asof_***", "asof_***")
    assert line["path"].startswith("/v1/ppp")
    assert b"s3cr3t" not in (tmp_path / "audit.jsonl").read_bytes().lower()


def test_id_of_a_receipt_which_is_a_digest_of_its_evidence_is_left_out(log: AuditLog, tmp_path: Path) -> None:
    log.record("ask", None, "GET", f"/v1/receipts/{'5eaF' * 16}", 403, "r-1")
    assert [line["path"] for line in lines(tmp_path)] == ["/v1/receipts/***"]


def test_values_are_cut_to_a_length(log: AuditLog, tmp_path: Path) -> None:
    log.record("a" * 10_000, None, "m" * 10_000, "/" * 10_000, 400, "\U0001f600" * 10_000)
    [line] = lines(tmp_path)
    assert (line["path"], line["request_id"]) == ("/" * 200 + "…", "\U0001f600" * 64 + "…")
    assert (line["action"], line["method"]) == ("a" * 64 + "…", "m" * 64 + "…")


@settings(deadline=None, max_examples=100)
@given(action=ANY_TEXT, method=ANY_TEXT, path=ANY_TEXT, request_id=ANY_TEXT)
def test_any_values_are_one_line_of_plain_characters(
    tmp_path_factory: pytest.TempPathFactory, action: str, method: str, path: str, request_id: str
) -> None:
    folder = tmp_path_factory.mktemp("audit")
    AuditLog(folder, Clock("2025-01-01")).record(action, None, method, path, 400, request_id)
    content = (folder / "audit.jsonl").read_bytes()
    assert content.count(b"\n") == 1
    assert all(0x20 <= byte < 0x7F for byte in content[:-1])
    assert json.loads(content)["status"] == 400


def test_lines_of_several_processes_and_threads_do_not_mix(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, Clock("2025-01-01"))
    others = [
        subprocess.Popen([sys.executable, "-c", APPENDER, str(tmp_path), letter], cwd=ROOT) for letter in ("a", "b")
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: log.record("write", KEY, "POST", "/v1/" + "c" * 100, 201, str(n)), range(300)))
    assert [process.wait(timeout=60) for process in others] == [0, 0]
    found: dict[str, list[int]] = {letter: [] for letter in "abc"}
    for line in lines(tmp_path):
        letter = line["path"][-1]
        assert line["path"] == "/v1/" + letter * 100
        found[letter].append(int(line["request_id"]))
    assert (found["a"], found["b"], sorted(found["c"])) == (list(range(300)),) * 3


def test_log_that_is_rotated_by_renaming_is_begun_anew(log: AuditLog, tmp_path: Path) -> None:
    log.record("ask", None, "GET", "/1", 401, "r")
    (tmp_path / "audit.jsonl").rename(tmp_path / "audit.jsonl.1")
    log.record("ask", None, "GET", "/2", 401, "r")
    assert [line["path"] for line in lines(tmp_path)] == ["/2"]


def test_line_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        AuditLog(tmp_path / "none", Clock("2025-01-01")).record("ask", None, "GET", "/", 401, "r")
    assert not (tmp_path / "none").exists()


def test_link_in_its_place_is_not_followed(log: AuditLog, tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        log.record("ask", None, "GET", "/", 401, "r")
    assert not (tmp_path / "elsewhere").exists()
