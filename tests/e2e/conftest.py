import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.command import COMMAND, Run, called
from tests.root import ROOT

Completed = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The test run's environment, in which the commands find this checkout from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "160"}


@pytest.fixture(scope="session")
def run(environment: dict[str, str]) -> Run:
    """Runs `asof` in this process."""
    return _checked(called, environment)


@pytest.fixture(scope="session")
def run_process(environment: dict[str, str]) -> Run:
    """Runs `asof` as a process of its own."""

    def command(arguments: list[str], env: dict[str, str], cwd: Path) -> Completed:
        line = [*COMMAND, *arguments]
        return subprocess.run(line, capture_output=True, encoding="utf-8", env=env, cwd=cwd, timeout=120, check=False)

    return _checked(command, environment)


def _checked(command: Callable[[list[str], dict[str, str], Path], Completed], environment: dict[str, str]) -> Run:
    def run(*arguments: object, exits: int = 0, env: dict[str, str] | None = None, cwd: Path = ROOT) -> Completed:
        done = command([*map(str, arguments)], {**environment, **(env or {})}, cwd)
        assert done.returncode == exits, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run
