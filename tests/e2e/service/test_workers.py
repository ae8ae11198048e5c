"""Several workers on one port: real processes, one of them killed, all of them ended, their supervisor lost."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import httpx
import pytest

from indexer.encoding.onnx_graph import exported_model
from tests.e2e.command import COMMAND, Run
from tests.e2e.serving import Served, free_port, served, served_on, wait_until_ready
from tests.root import ROOT

QUESTION = {"query": "Within how many days are damaged items returned?"}


def file(policy: str, words: str) -> str:
    return f"---\npolicy: {policy}\ntitle: {policy}\neffective: 2024-01-01\n---\n{words}\n"


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workers")
    (folder / "P-7.md").write_text(file("P-7", "Damaged items are returned within 7 days."))
    run("publish", folder / "P-7.md", "--home", folder / "home")
    return folder / "home"


@contextmanager
def two_workers(home: Path, environment: dict[str, str]) -> Iterator[Served]:
    with served(home, environment, "--workers", "2") as made:
        until(lambda: len(made.lines("ready")) == 2, made)
        yield made


@pytest.fixture
def service(home: Path, environment: dict[str, str]) -> Iterator[Served]:
    """A service of the test's own, which may end or lose its processes."""
    with two_workers(home, environment) as made:
        yield made


@pytest.fixture(scope="module")
def shared(home: Path, environment: dict[str, str]) -> Iterator[Served]:
    """A service that loses no process."""
    with two_workers(home, environment) as made:
        yield made


def until(condition: Callable[[], bool], service: Served) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, service.text()
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def pids(service: Served) -> list[int]:
    return [line["pid"] for line in service.lines("ready")]


def connections(service: Served, count: int) -> list[httpx.Client]:
    """Clients that are connected at the same time, each with a connection of its own."""
    made = [httpx.Client(base_url=service.client.base_url, trust_env=False, timeout=30) for _ in range(count)]
    for client in made:
        assert client.get("/livez").status_code == 200
    return made


def test_both_workers_answer_and_a_publish_through_one_is_seen_through_all_at_once(shared: Served) -> None:
    clients = connections(shared, 16)
    for number in range(5):
        body = {"file": file("W-1", f"Damaged items are returned within {number} days, says W-1.")}
        sent = clients[number].post("/v1/policies/W-1/revisions", json=body)
        assert sent.status_code == 201
        for client in clients:
            answer = client.post("/v1/retrieve", json={**QUESTION, "policies": ["W-1"]}).json()
            assert answer["receipt"]["generation"] == sent.json()["generation"]
            assert f"within {number} days" in answer["evidence"][0]["text"]
    until(lambda: len([line for line in shared.lines("request") if line["route"] == "/v1/retrieve"]) == 80, shared)
    asked = [line["pid"] for line in shared.lines("request") if line["route"] == "/v1/retrieve"]
    assert set(asked) == set(pids(shared))
    for client in clients:
        until(lambda: 'asof_answers_total{outcome="evidence"} 80.0' in client.get("/metrics").text, shared)  # noqa: B023
        client.close()


def test_private_memory_of_a_worker_is_a_part_of_what_it_holds(shared: Served) -> None:
    for pid in pids(shared):
        held = {
            name: int(amount.split()[0])
            for name, _, amount in (
                line.partition(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            )
        }
        private = held["Private_Clean"] + held["Private_Dirty"]
        assert private < 0.8 * held["Rss"]


def test_worker_that_stands_still_is_replaced_and_the_others_go_on(home: Path, environment: dict[str, str]) -> None:
    with two_workers(home, {**environment, "ASOF_SILENT_SECONDS": "1.5"}) as service:
        still, other = pids(service)
        os.kill(still, signal.SIGSTOP)
        until(lambda: len(service.lines("ready")) == 3, service)
        assert not alive(still)
        [killed] = service.lines("worker killed")
        assert (killed["worker"], killed["why"]) == (still, "silent")
        for client in connections(service, 8):
            assert client.post("/v1/retrieve", json=QUESTION).status_code == 200
            client.close()
        assert alive(other)


def test_a_supervisor_that_stood_still_kills_no_worker(home: Path, environment: dict[str, str]) -> None:
    with two_workers(home, {**environment, "ASOF_SILENT_SECONDS": "1.5"}) as service:
        before = pids(service)
        every = [service.process.pid, *before]
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in every:
                os.kill(pid, number)
            time.sleep(2.0)
        assert all(map(alive, before))
        assert not service.lines("worker killed")


def test_worker_that_is_killed_is_replaced_and_the_others_go_on(service: Served) -> None:
    first, second = pids(service)
    ended = threading.Event()
    met: list[int] = []

    def load() -> None:
        """Asks on new connections, as a proxy would that retries."""
        while not ended.is_set():
            try:
                answer = httpx.post(
                    f"{service.client.base_url}/v1/retrieve", json=QUESTION, trust_env=False, timeout=30
                )
                met.append(answer.status_code)
            except httpx.TransportError:
                met.append(0)

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    os.kill(first, signal.SIGKILL)
    until(lambda: len(service.lines("ready")) == 3, service)
    time.sleep(0.3)
    ended.set()
    for thread in threads:
        thread.join()
    assert not alive(first)
    assert alive(second)
    assert service.lines("worker died")[0]["worker"] == first
    assert service.lines("worker died")[0]["status"] == -signal.SIGKILL
    assert set(met) <= {0, 200}
    assert met.count(0) <= 2  # what the killed one was answering
    until(lambda: "asof_requests_in_flight 1.0" in service.client.get("/metrics").text, service)


def pipes_and_sockets(pid: int) -> set[str]:
    """Those that a process has open besides its standard streams, by what they lead to."""
    files = [file for file in Path(f"/proc/{pid}/fd").iterdir() if file.name not in ("0", "1", "2")]
    return {name for name in map(os.readlink, files) if name.startswith(("pipe:", "socket:"))}


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_worker_is_replaced_though_the_process_that_workers_come_from_was_killed(service: Served) -> None:
    first, second = pids(service)
    origin = parent(first)
    assert origin == parent(second) != service.process.pid
    os.kill(origin, signal.SIGKILL)
    until(lambda: not alive(origin), service)
    assert service.client.post("/v1/retrieve", json=QUESTION).status_code == 200
    os.kill(first, signal.SIGKILL)
    until(lambda: len(service.lines("ready")) == 3, service)
    assert service.lines("worker died")[0]["worker"] == first
    assert parent(pids(service)[2]) not in (origin, service.process.pid)
    assert service.client.post("/v1/retrieve", json=QUESTION).status_code == 200
    service.process.terminate()
    assert service.process.wait(20) == 0
    assert not any(map(alive, pids(service)))


def test_worker_has_no_file_of_another_and_an_interrupt_of_the_whole_group_ends_all(
    home: Path, environment: dict[str, str]
) -> None:
    """The interrupt comes as Ctrl-C in a terminal sends it."""
    with served(home, environment, "--workers", "2", own_group=True) as service:
        until(lambda: len(service.lines("ready")) == 2, service)
        first, second = map(pipes_and_sockets, pids(service))
        assert len(first & second) == 2  # the port, and what ends with the supervisor
        started = [*pids(service), parent(pids(service)[0])]
        os.killpg(service.process.pid, signal.SIGINT)
        assert service.process.wait(20) == 0
        assert not any(map(alive, started))
        assert "Traceback" not in service.text()


def test_what_a_killed_worker_counted_still_counts(service: Served) -> None:
    counted = 'asof_answers_total{outcome="evidence"} 8.0'
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(client)) for client in connections(service, 8)]
        for client in clients:
            assert client.post("/v1/retrieve", json=QUESTION).status_code == 200
        until(lambda: all(counted in client.get("/metrics").text for client in clients), service)
    os.kill(pids(service)[0], signal.SIGKILL)
    until(lambda: len(service.lines("ready")) == 3, service)
    with ExitStack() as stack:
        for client in [stack.enter_context(closing(client)) for client in connections(service, 8)]:
            assert counted in client.get("/metrics").text


def test_measures_of_workers_are_on_no_disk_and_in_no_file_that_is_mapped(
    home: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """A mapped file on a full disk kills who writes into it (SIGBUS). SQLite's own writes before it maps."""
    with two_workers(home, {**environment, "TMPDIR": str(tmp_path)}) as service:
        assert service.client.post("/v1/retrieve", json=QUESTION).status_code == 200
        assert "asof_answers_total" in service.client.get("/metrics").text
        for pid in [service.process.pid, *pids(service)]:
            mapped = [line.split(maxsplit=5) for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
            shared = {line[5] for line in mapped if line[1] == "rw-s" and len(line) == 6}
            assert {path for path in shared if not path.endswith("-shm")} == set()


def test_workers_go_on_where_the_room_for_temporary_files_runs_out(
    home: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own needs to be mounted")
    try:
        with two_workers(home, {**environment, "TMPDIR": str(tmp_path)}) as service:
            with suppress(OSError):
                (tmp_path / "full").write_bytes(bytes(1024 * 1024))
            paths = ["/livez", "/v1/nowhere", "/v1/policies", "/v1/policies/P-7", "/v1/policies/P-8", "/openapi.json"]
            for path in paths * 4:
                answer = httpx.get(f"{service.client.base_url}{path}", trust_env=False, timeout=30)
                assert answer.status_code in (200, 404)
            assert "asof_request_seconds" in service.client.get("/metrics").text
            assert service.lines("worker died") == []
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_all_end_when_the_service_is_told_to(service: Served) -> None:
    assert service.client.post("/v1/retrieve", json=QUESTION).status_code == 200
    service.process.terminate()
    assert service.process.wait(20) == 0
    assert not any(map(alive, pids(service)))
    assert len(service.lines("end")) == 2
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{service.client.base_url}/livez", trust_env=False)


@pytest.mark.parametrize("count", [1, 2])
def test_all_end_in_good_order_where_their_terminal_closes(home: Path, environment: dict[str, str], count: int) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what the service begins with
    try:
        with served(home, environment, "--workers", str(count), own_group=True) as service:
            until(lambda: len(service.lines("ready")) == count, service)
            os.killpg(service.process.pid, signal.SIGHUP)
            assert service.process.wait(20) in (0, -signal.SIGTERM)
            assert len(service.lines("end")) == count
            assert not service.lines("worker died")
    finally:
        signal.signal(signal.SIGHUP, before)


def test_workers_end_when_their_supervisor_is_killed(service: Served) -> None:
    started = [*pids(service), parent(pids(service)[0])]
    service.process.kill()
    until(lambda: not any(map(alive, started)), service)


def refused(home: Path, environment: dict[str, str]) -> str:
    """What a service of several workers says that cannot serve."""
    command = [*COMMAND, "serve", "--port", "0", "--workers", "3", "--home", str(home)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    return done.stderr


def test_what_keeps_workers_from_serving_is_said_once(home: Path, environment: dict[str, str]) -> None:
    said = refused(home, {**environment, "ASOF_PRECISION": "fp32"})
    assert said.count("\n") == said.count("asof index --rebuild") == 1


def test_worker_whose_model_cannot_be_loaded_says_so_and_nothing_else(
    home: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """A library at its end would wait for threads that stayed behind in the fork server, and abort."""
    graph = exported_model().graph
    broken = tmp_path / graph.parent.name
    shutil.copytree(graph.parent, broken)
    (broken / graph.name).write_bytes(b"not a graph")
    said = refused(home, {**environment, "ASOF_MODEL_CACHE": str(tmp_path)})
    assert said.count("\n") == said.count(f"Delete {broken} to have it exported again") == 1


def full_disk(stack: ExitStack) -> BinaryIO:
    return stack.enter_context(Path("/dev/full").open("wb"))


def pipe_that_nobody_reads(stack: ExitStack) -> BinaryIO:
    reading, writing = os.pipe()
    stack.callback(os.close, reading)
    return stack.enter_context(os.fdopen(writing, "wb"))


def fill(pipe: BinaryIO) -> None:
    """Leaves no room in a pipe. It is opened anew, so that only this does not wait."""
    writing = os.open(f"/proc/self/fd/{pipe.fileno()}", os.O_WRONLY | os.O_NONBLOCK)
    with closing(os.fdopen(writing, "wb", buffering=0)) as file:
        while file.write(b"x" * 4096):
            pass


@pytest.mark.parametrize(("workers", "made"), [("1", full_disk), ("2", full_disk), ("2", pipe_that_nobody_reads)])
def test_a_log_that_cannot_be_written_changes_nothing_else(
    home: Path, tmp_path: Path, environment: dict[str, str], workers: str, made: Callable[[ExitStack], BinaryIO]
) -> None:
    shutil.copytree(home, tmp_path / "home")
    port = free_port()
    stack = ExitStack()
    output = made(stack)
    process = served_on(port, tmp_path / "home", environment, "--workers", workers, output=output)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            wait_until_ready(client, lambda: process.poll() is None)
            if made is pipe_that_nobody_reads:
                fill(output)
            published = client.post(
                "/v1/policies/P-8/revisions", json={"file": file("P-8", "Repaired items are not returned.")}
            )
            assert published.status_code == 201, published.text
            asked = client.post("/v1/retrieve", json={"query": "Are repaired items returned?", "policies": ["P-8"]})
            assert asked.json()["evidence"][0]["citation"] == "P-8@1#1"
    finally:
        process.terminate()
        assert process.wait(30) in (0, -signal.SIGTERM)
        stack.close()
