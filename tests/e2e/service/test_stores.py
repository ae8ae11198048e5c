"""A service whose home cannot take what it would keep: it answers, and says what it cannot keep."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.command import COMMAND, Run
from tests.e2e.serving import free_port, problem, served, wait_until_ready
from tests.root import ROOT
from tests.unwritable import HELD_TO_MODES, needs_modes, unwritable_folder

QUESTION = {"query": "Are damaged items eligible?"}
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

    @needs_modes
    def test_a_service_answers_reads_and_refuses_writes(
        self, used: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        before = {path.name: path.stat().st_size for path in used.iterdir()}
        port, log = free_port(), tmp_path / "log"
        command = [*HELD_TO_MODES, *COMMAND, "serve", "--port", str(port), "--home", str(used)]
        with (
            unwritable_folder(used),
            log.open("wb") as output,
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
        ):
            try:
                wait_until_ready(client, lambda: process.poll() is None, log.read_text)
                answers = [client.post("/v1/retrieve", json=QUESTION).json() for _ in range(2)]
                assert [item["citation"] for item in answers[0]["evidence"]] == ["P-7@1#1"]
                for path in ("/v1/policies", "/v1/policies/P-7", "/v1/policies/P-7/revisions/1", "/metrics"):
                    assert client.get(path).status_code == 200, path
                assert [trace["id"] for trace in client.get("/v1/traces").json()["traces"]] == ["t1"]
                file = "---\npolicy: P-7\ntitle: Returns\neffective: 2025-01-01\n---\nWithin 30 days.\n"
                refused = client.post("/v1/policies/P-7/revisions", json={"file": file})
                assert "cannot be written" in problem(refused, 503, "read_only")["detail"]
                problem(client.post("/v1/traces", json={**TRACE, "id": "t2"}), 503, "store_unusable")
                receipt = answers[0]["receipt"]
                problem(client.get(f"/v1/receipts/{receipt['id']}"), 404, "unknown_receipt")
                replayed = client.post("/v1/receipts/replay", json={"receipt": receipt}).json()
                assert replayed["verdict"] == "same"
            finally:
                process.terminate()
        assert {path.name: path.stat().st_size for path in used.iterdir()} == before
        [said] = lines(log.read_text(), "The home folder")
        assert (said["level"], "no traces and no audit lines are kept" in said["event"]) == ("warning", True)
        assert lines(log.read_text(), "An audit line is lost") == []

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
            erased = asof("erase", "P-7@1", "--reason", "a court order")
        for refused in (published, withdrawn, erased):
            assert (refused.returncode, refused.stdout) == (1, "")
            assert "cannot be written by this process, so nothing was recorded" in refused.stderr
            assert "Traceback" not in refused.stderr
