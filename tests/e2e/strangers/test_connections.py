"""Connections that are opened and not used, or used slowly, lock nobody out. Real sockets; the service has few
descriptors."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from retriever.entrypoints.process.connections import ENDS_AFTER
from tests.e2e.command import COMMAND, Run
from tests.e2e.serving import free_port, wait_until_ready
from tests.root import ROOT

DESCRIPTORS = 256

FEWER = f"""
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""

FLOOD = 600

FLOODER = f"""
import resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (2048, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
held = []
for number in range({FLOOD}):
    held.append(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30))
    if number % 2:
        held[-1].sendall(b"POST /v1/retrieve HTTP/1.1\\r\\nhost: local")
print("held", flush=True)
sys.stdin.readline()
"""

QUESTION = {"query": "Within how many days are damaged items returned?"}


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("connections")
    (folder / "P-7.md").write_text("---\npolicy: P-7\ntitle: P-7\neffective: 2024-01-01\n---\nReturned in 7 days.\n")
    run("publish", folder / "P-7.md", "--home", folder / "home")
    return folder / "home"


@contextmanager
def serving(home: Path, environment: dict[str, str], head_seconds: int) -> Iterator[tuple[httpx.Client, int]]:
    """A client of a service with few descriptors and this time for heads, and the service's process id."""
    port, log = free_port(), home.parent / f"log-{head_seconds}"
    command = [sys.executable, "-c", FEWER, *COMMAND[1:], "serve", "--port", str(port), "--home", str(home)]
    limits = {"ASOF_HEAD_SECONDS": str(head_seconds), "ASOF_REQUEST_SECONDS": "3"}
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env={**environment, **limits}, stdout=output, stderr=output) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client,
    ):
        try:
            wait_until_ready(client, lambda: process.poll() is None, log.read_text)
            yield client, process.pid
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def service(home: Path, environment: dict[str, str]) -> Iterator[tuple[httpx.Client, int]]:
    """A service with a short time for heads."""
    with serving(home, environment, head_seconds=2) as found:
        yield found


@pytest.fixture
def patient(home: Path, environment: dict[str, str]) -> Iterator[tuple[httpx.Client, int]]:
    """A service that ends no connection for its time alone."""
    with serving(home, environment, head_seconds=600) as found:
        yield found


def connected(client: httpx.Client) -> socket.socket:
    return socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20)


def ends_within(connection: socket.socket, least: float, most: float) -> bool:
    """Whether the service ends the connection in that time, with or without an answer."""
    began = time.monotonic()
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return least < time.monotonic() - began < most


def sockets(pid: int) -> int:
    """How many sockets the service holds. Its files are not counted: it opens some of them only when it needs them."""
    held = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            held += os.readlink(file).startswith("socket:")
    return held


def comes_to(state: Callable[[], bool]) -> None:
    """Waits for a state; fails where it does not come."""
    deadline = time.monotonic() + 20
    while not state():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_more_idle_and_half_sent_connections_than_descriptors_lock_nobody_out(
    patient: tuple[httpx.Client, int],
) -> None:
    client, pid = patient
    port = str(client.base_url.port)
    flooder = subprocess.Popen([sys.executable, "-c", FLOODER, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with flooder:
        assert flooder.stdout is not None
        assert flooder.stdout.readline() == b"held\n"
        before, began = cpu_seconds(pid), time.monotonic()
        for _ in range(10):
            answer = httpx.post(f"{client.base_url}/v1/retrieve", json=QUESTION, trust_env=False, timeout=10)
            assert answer.status_code == 200
        assert time.monotonic() - began < 10
        assert len(os.listdir(f"/proc/{pid}/fd")) < DESCRIPTORS - 32
        time.sleep(1)
        assert cpu_seconds(pid) - before < 0.75 * (time.monotonic() - began)  # no loop that spins
        flooder.kill()


@pytest.mark.parametrize(
    "sent", [b"", b"GET /livez HTTP/1.1\r\nhost: ", b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"]
)
def test_connection_whose_next_head_does_not_come_is_ended(service: tuple[httpx.Client, int], sent: bytes) -> None:
    with connected(service[0]) as connection:
        connection.sendall(sent)
        assert ends_within(connection, 1.5, 8)


def test_connection_ends_with_the_answer_that_says_so_and_the_next_one_goes_to_whoever_is_free(
    service: tuple[httpx.Client, int],
) -> None:
    with httpx.Client(base_url=service[0].base_url, trust_env=False) as client:
        said = [client.get("/livez").headers.get("connection") for _ in range(2 * ENDS_AFTER)]
    assert said == 2 * [*[None] * (ENDS_AFTER - 1), "close"]


def test_head_that_trickles_in_is_cut_off(service: tuple[httpx.Client, int]) -> None:
    began = time.monotonic()
    with connected(service[0]) as connection, suppress(ConnectionError):
        while time.monotonic() - began < 10:
            connection.sendall(b"x")
            time.sleep(0.1)
    assert 1.5 < time.monotonic() - began < 8


def test_caller_who_does_not_read_is_cut_off(service: tuple[httpx.Client, int]) -> None:
    """Thousands of questions for the description of the service, and none of the answers is read."""
    client, pid = service
    asked = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n"
    before = sockets(pid)
    with ExitStack() as stack:
        for _ in range(8):
            connection = stack.enter_context(connected(client))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(0.2)
            with suppress(TimeoutError):
                connection.sendall(asked * 4000)
        comes_to(lambda: sockets(pid) >= before + 7)  # accepted, while that of `client` may end
        comes_to(lambda: sockets(pid) <= before)
        assert client.get("/livez").status_code == 200


def test_body_whose_length_is_said_in_two_ways_is_refused_and_its_connection_closed(
    service: tuple[httpx.Client, int],
) -> None:
    smuggled = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n"
    head = b"POST /v1/retrieve HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    with connected(service[0]) as connection:
        connection.sendall(head + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled)
        said = b""
        while part := connection.recv(65536):
            said += part
    assert said.startswith(b"HTTP/1.1 400")
    assert said.count(b"HTTP/1.1") == 1
    assert b"connection: close" in said.lower()
    assert b'"code":"two_lengths"' in said


@pytest.mark.parametrize("host", ["[::1]evil.example", "localhost:x@evil", "localhost:80@evil.example", "[::1%evil]"])
def test_host_that_only_begins_like_this_machine_is_refused(service: tuple[httpx.Client, int], host: str) -> None:
    answer = service[0].get("/livez", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown_host")
