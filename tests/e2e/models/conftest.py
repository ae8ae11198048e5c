"""The return-decision assistant as a command, with a real service and a real endpoint that plays the model."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from runpy import run_path
from typing import Any

import httpx
import pytest

from tests.e2e.command import Run
from tests.e2e.models.assistant import DAYS, ORDER, QUESTION, SAMPLES, SCRIPT, Assistant, Done
from tests.e2e.models.chat_server import ChatServer, chat_server
from tests.e2e.serving import serving_here


@pytest.fixture(scope="module")
def service(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The service over the sample policies."""
    home = tmp_path_factory.mktemp("samples") / "home"
    run("publish", *SAMPLES, "--home", home)
    with serving_here(home) as client:
        yield client


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


@pytest.fixture(scope="module")
def main() -> Iterator[Callable[[list[str]], int]]:
    """The script's `main`: called here, since starting it as a process for each question takes too long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPT.parent))
        yield run_path(str(SCRIPT))["main"]


@pytest.fixture
def assistant(
    main: Callable[[list[str]], int],
    service: httpx.Client,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Assistant:
    """Runs the assistant in the test's folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object, given: str = "") -> Done:
        own = ["--url", str(service.base_url)]
        monkeypatch.setenv("ASSISTANT_KEY", "secret")
        monkeypatch.setattr("sys.stdin", StringIO(given))
        try:
            code = main([*own, *map(str, arguments)])
        except SystemExit as misuse:
            code = int(misuse.code or 0)
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return command


@pytest.fixture
def asked(assistant: Assistant, endpoint: ChatServer, service: httpx.Client) -> Callable[..., Any]:
    """Asks a model about the order as of a date, or now; gives exit code, what was printed, and the stored trace."""

    def ask(model: str, *options: object, as_of: str | None = "2025-04-01") -> tuple[int, Any, Any]:
        given = ["--endpoint", endpoint.url, "--model", model, "--question", QUESTION]
        given += ["--as-of", as_of] if as_of else []
        done = assistant(*ORDER, *DAYS, *given, *options)
        printed = json.loads(done.stdout)
        return done.returncode, printed, service.get(f"/v1/traces/{printed['trace']}").json()

    return ask
