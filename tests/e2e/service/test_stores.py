"""A service whose home cannot take what it would keep: it answers, and says what it cannot keep."""

import json
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.command import COMMAND, Run
from tests.e2e.serving import free_port, problem, served, wait_until_ready
from tests.root import ROOT
from tests.unwritable import HELD_TO_MODES, needs_modes, unwritable_folder

EARLIER = {
    "traces.db": "pragma user_version = 0",
    "receipts.db": "drop trigger receipt_kept; drop trigger receipt_gone; drop table sizes",
}
"""What makes files as an earlier version left them: they are brought up to date, but not where nothing is written."""

QUESTION = {"query": "Within how many days?"}
TRACE = {"id": "t1", "answer": "Yes.", "evidence": ["P-7@1#1"]}


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    (tmp_path / "P-7.md").write_text("---\npolicy: P-7\ntitle: Returns\neffective: 2024-01-01\n---\nWithin 7 days.\n")
    run("publish", tmp_path / "P-7.md", "--home", tmp_path / "home")
    return tmp_path / "home"


def lines(log: str, begin: str) -> list[dict[str, Any]]:
    """The lines of a log whose event begins with these words."""
    found = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in found if line["event"].startswith(begin)]


def test_it_starts_though_receipts_and_traces_cannot_be_kept(home: Path, environment: dict[str, str]) -> None:
    for name in ("receipts.db", "traces.db"):
        (home / name).write_text("not a database at all, " * 50)
    with served(home, environment) as service:
        answer = service.client.post("/v1/retrieve", json=QUESTION)
        assert answer.status_code == 200
        problem(service.client.post("/v1/traces", json=TRACE), 503, "store_unusable")
        time.sleep(1)
        assert [line["level"] for line in lines(service.text(), "No receipts are kept for now")] == ["error"]
        for name in ("receipts.db", "traces.db"):
            (home / name).unlink()
        assert service.client.post("/v1/traces", json=TRACE).status_code == 201
        id = answer.json()["receipt"]["id"]
        deadline = time.monotonic() + 10
        while not (home / "receipts.db").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert service.client.get(f"/v1/receipts/{id}").status_code == 200


class TestReadOnly:
    """Nothing can be written into the home: its folder and files are not this process's to write."""

    @pytest.fixture
    def used(self, home: Path, environment: dict[str, str]) -> Path:
        """The home once a service has kept a trace and a receipt in it."""
        with served(home, environment) as service:
            service.client.post("/v1/traces", json=TRACE).raise_for_status()
            service.client.post("/v1/retrieve", json=QUESTION).raise_for_status()
            assert service.client.get("/v1/traces").status_code == 200
        return home

    @contextmanager
    def serving(self, home: Path, environment: dict[str, str], log: Path) -> Iterator[httpx.Client]:
        """A client of a service over the home, which can write nothing into it."""
        port = free_port()
        command = [*HELD_TO_MODES, *COMMAND, "serve", "--port", str(port), "--home", str(home)]
        with (
            unwritable_folder(home),
            log.open("wb") as output,
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
        ):
            try:
                wait_until_ready(client, lambda: process.poll() is None, log.read_text)
                yield client
            finally:
                process.terminate()

    @needs_modes
    def test_a_service_answers_reads_and_refuses_writes(
        self, used: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        for name, statements in EARLIER.items():
            with closing(sqlite3.connect(used / name)) as file:
                file.executescript(statements)
        before = {path.name: path.stat().st_size for path in used.iterdir()}
        log = tmp_path / "log"
        with self.serving(used, environment, log) as client:
            answers = [client.post("/v1/retrieve", json=QUESTION).json() for _ in range(2)]
            assert [item["citation"] for item in answers[0]["evidence"]] == ["P-7@1#1"]
            for path in ("/v1/policies", "/v1/policies/P-7", "/v1/policies/P-7/revisions/1", "/metrics"):
                assert client.get(path).status_code == 200, path
            assert [trace["id"] for trace in client.get("/v1/traces").json()["traces"]] == ["t1"]
            content = "---\npolicy: P-7\ntitle: Returns\neffective: 2025-01-01\n---\nWithin 30 days.\n"
            refused = client.post("/v1/policies/P-7/revisions", json={"file": content})
            assert "cannot be written" in problem(refused, 503, "read_only")["detail"]
            problem(client.post("/v1/traces", json={**TRACE, "id": "t2"}), 503, "store_unusable")
            receipt = answers[0]["receipt"]
            problem(client.get(f"/v1/receipts/{receipt['id']}"), 404, "unknown_receipt")
            replayed = client.post("/v1/receipts/replay", json={"receipt": receipt}).json()
            assert replayed["verdict"] == "same"
        assert {path.name: path.stat().st_size for path in used.iterdir()} == before
        [said] = lines(log.read_text(), "The home folder")
        assert (said["level"], "no traces and no audit lines are kept" in said["event"]) == ("warning", True)
        assert lines(log.read_text(), "An audit line is lost") == []
        assert lines(log.read_text(), "No receipts are kept") == []

    @needs_modes
    def test_no_trace_is_acknowledged_where_there_is_no_file_of_them_and_none_can_be_made(
        self, home: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        with self.serving(home, environment, tmp_path / "log") as client:
            for _ in range(2):
                problem(client.post("/v1/traces", json=TRACE), 503, "store_unusable")
            assert client.get("/v1/traces").json()["traces"] == []
        assert not (home / "traces.db").exists()

    @needs_modes
    def test_an_index_that_lies_behind_is_said_and_the_old_rule_is_not_answered(
        self, home: Path, environment: dict[str, str], tmp_path: Path, run: Run
    ) -> None:
        (home / "index").rename(tmp_path / "before")
        shutil.copytree(tmp_path / "before", home / "index")
        file = tmp_path / "P-7.md"
        file.write_text(file.read_text().replace("2024-01-01", "2024-06-01").replace("7 days", "30 days"))
        run("publish", file, "--home", home)
        shutil.rmtree(home / "index")
        (tmp_path / "before").rename(home / "index")
        command = [*HELD_TO_MODES, *COMMAND, "retrieve", QUESTION["query"], "--home", str(home)]
        with unwritable_folder(home):
            asked = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        assert (asked.returncode, asked.stdout) == (1, "")
        assert "The index covers transaction 1, the ledger holds 2" in asked.stderr

    @needs_modes
    def test_a_ledger_that_alone_cannot_be_written_is_told_from_one_without_room(
        self, home: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        (home / "ledger.db").chmod(0o400)
        command = [*HELD_TO_MODES, *COMMAND, "withdraw", "P-7", "--from", "2030-01-01", "--home", str(home)]
        refused = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "cannot be written by this process, so nothing was recorded" in refused.stderr

    @needs_modes
    def test_commands_answer_and_status_says_what_is_not_kept(
        self, used: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        def asof(*arguments: object) -> "subprocess.CompletedProcess[str]":
            command = [*HELD_TO_MODES, *COMMAND, *map(str, arguments), "--home", str(used)]
            return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)

        with unwritable_folder(used):
            answer: dict[str, Any] = json.loads(asof("retrieve", QUESTION["query"], "--json").stdout)
            assert [item["citation"] for item in answer["evidence"]] == ["P-7@1#1"]
            [lacking] = json.loads(asof("status", "--json").stdout)["problems"]
            assert "No receipts, no traces and no audit lines are kept" in lacking
            assert asof("verify").returncode == 0
            published = asof("publish", tmp_path / "P-7.md")
            withdrawn = asof("withdraw", "P-7", "--from", "2030-01-01")
            erased = asof("erase", "P-7@1", "--yes", "--reason", "a court order")
        for refused in (published, withdrawn, erased):
            assert (refused.returncode, refused.stdout) == (1, "")
            assert "cannot be written by this process, so nothing was recorded" in refused.stderr
            assert "Traceback" not in refused.stderr
