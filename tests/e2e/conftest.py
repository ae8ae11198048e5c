"""The real command, as a process of its own."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.command import COMMAND, Run
from tests.root import ROOT


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
