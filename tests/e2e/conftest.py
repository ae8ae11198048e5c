"""The real command, as a process of its own."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from adapted import served
from command import COMMAND, ROOT, Run

from retriever.client import Client


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The test run's environment, in which the commands find this checkout from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "160"}


@pytest.fixture(scope="session")
def run(environment: dict[str, str]) -> Run:
    """Runs `asof` with arguments; `exits` is the code that it must end with, `env` adds variables."""

    def command(
        *arguments: object, exits: int = 0, env: dict[str, str] | None = None, cwd: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            env={**environment, **(env or {})},
            cwd=cwd,
            timeout=120,
            check=False,
        )
        assert done.returncode == exits, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return command


@pytest.fixture(scope="session")
def adapted_service(
    run: Run, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of the service that every adapter is tested against, and its readers' keys by label."""
    with served(run, tmp_path_factory.mktemp("adapted"), environment) as found:
        yield found


@pytest.fixture
def client(adapted_service: tuple[str, dict[str, str]]) -> Iterator[Client]:
    """A client of it that holds the label `staff`."""
    address, keys = adapted_service
    with Client(address, key=keys["staff"]) as client:
        yield client
