"""Writers that wait for another process are in nobody's way: everybody else is answered meanwhile."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.e2e.command import Run
from tests.e2e.serving import served
from tests.root import ROOT

WRITERS = 40

HOLDER = """
import sys
from pathlib import Path
from policies.storage.writer_lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def file(policy: str) -> str:
    return f"---\npolicy: {policy}\ntitle: {policy}\neffective: 2024-01-01\n---\nDamaged items within 7 days.\n"


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writers")
    (folder / "P-7.md").write_text(file("P-7"))
    run("publish", folder / "P-7.md", "--home", folder / "home")
    return folder / "home"


def test_reads_health_and_measures_are_never_behind_waiting_writers(home: Path, environment: dict[str, str]) -> None:
    with served(home, environment) as service, ThreadPoolExecutor(WRITERS) as pool:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(home)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"

            def publish(number: int) -> httpx.Response:
                return httpx.post(
                    f"{service.client.base_url}/v1/policies/W-{number}/revisions",
                    json={"file": file(f"W-{number}")},
                    trust_env=False,
                    timeout=90,
                )

            sent = [pool.submit(publish, number) for number in range(WRITERS)]
            deadline = time.monotonic() + 20
            while sum(it.done() for it in sent) < 8 and time.monotonic() < deadline:
                time.sleep(0.05)
            began = time.monotonic()
            for _ in range(5):
                assert service.client.get("/livez").status_code == 200
                assert service.client.get("/readyz").status_code == 200
                measures = service.client.get("/metrics").text
                assert service.client.post("/v1/retrieve", json={"query": "Damaged items?"}).status_code == 200
                assert service.client.get("/v1/policies/P-7").status_code == 200
                assert service.client.get("/v1/traces").status_code == 200
            assert time.monotonic() - began < 8
            assert "asof_requests_in_flight 33.0" in measures
            holder.kill()
        answers = [it.result() for it in sent]
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(429)) == (32, 8)
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 429} == {"1"}
