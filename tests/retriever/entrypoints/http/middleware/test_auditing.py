"""What the audit log tells of, and that refusals cannot fill a disk with it."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from retriever.access.audit import AuditLog
from retriever.access.permissions import Action
from retriever.entrypoints.http.middleware.auditing import MOST_OTHERS_A_SECOND, Audited
from tests.retriever.homes import Clock


def answering(status: int, action: Action | None) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["state"]["action"] = action
            await send({"type": "http.response.start", "status": status, "headers": []})

    return app


def audited(folder: Path, status: int, action: Action | None, times: int, method: str = "POST") -> list[dict[str, Any]]:
    """The lines written for requests that are answered so."""
    sent: list[int] = []

    async def send(message: Any) -> None:
        sent.append(message["status"])

    async def ask() -> None:
        app = Audited(answering(status, action), AuditLog(folder, Clock("2025-01-01")))
        for number in range(times):
            state = {"request_id": f"r-{number}"}
            await app({"type": "http", "method": method, "path": "/v1/retrieve", "state": state}, None, send)  # type: ignore[arg-type]
        await app({"type": "lifespan"}, None, send)  # type: ignore[arg-type]

    asyncio.run(ask())
    assert sent == [status] * times
    file = folder / "audit.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.mark.parametrize("status", [408, 413, 429])
def test_refusals_before_a_route_get_a_line_and_then_their_count(tmp_path: Path, status: int) -> None:
    first, rest = audited(tmp_path, status, None, 300)
    assert (first["action"], first["request_id"], first["status"]) == ("none", "r-0", status)
    assert (rest["status"], rest["count"]) == (status, 299)


def test_wrong_keys_get_lines_of_their_own_up_to_so_many_a_second(tmp_path: Path) -> None:
    *own, rest = audited(tmp_path, 401, Action.WRITE, MOST_OTHERS_A_SECOND + 7)
    assert Counter(line["action"] for line in own) == {"write": MOST_OTHERS_A_SECOND}
    assert rest["count"] == 7


@pytest.mark.parametrize(("status", "action"), [(201, Action.WRITE), (504, Action.WRITE), (409, Action.WRITE)])
def test_every_write_has_a_line_whatever_came_of_it(tmp_path: Path, status: int, action: Action) -> None:
    assert len(audited(tmp_path, status, action, 120)) == 120


@pytest.mark.parametrize(("status", "action"), [(200, Action.ASK), (404, None), (422, Action.READ), (503, Action.ASK)])
def test_what_is_no_write_and_no_refusal_has_none(tmp_path: Path, status: int, action: Action | None) -> None:
    assert audited(tmp_path, status, action, 3) == []


def test_an_operator_who_changes_something_has_a_line_and_one_who_looks_has_none(tmp_path: Path) -> None:
    assert audited(tmp_path, 200, Action.OPERATE, 3, "GET") == []
    assert len(audited(tmp_path, 303, Action.OPERATE, 3)) == 3


def test_answer_goes_out_where_its_line_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    with pytest.raises(IsADirectoryError):
        audited(tmp_path, 201, Action.WRITE, 1)  # raised by the test's own reading: the answer was sent before
    assert "An audit line is lost: write, key None, status 201, request r-0" in caplog.text
