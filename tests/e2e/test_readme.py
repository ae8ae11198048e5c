"""Every command block of the README does what it shows, in order, in a fresh home."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.serving import free_port, wait_until_ready
from tests.fakes import streaming_model
from tests.root import ROOT

README = Path(os.environ.get("README") or ROOT / "README.md")
FENCED = re.compile(r"^```(sh|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS: list[tuple[str, str]] = FENCED.findall(README.read_text())

COLOUR = re.compile(r"\x1b\[[0-9;]*m")

PORT = "8765"
MODEL_PORT = "8000"
STREAMED = re.compile(r'Of a model that streams "(.*?)", ', re.DOTALL)
"""What the model of the README says."""
LEFT_OUT = ("pip install", "scripts/test", "scripts/check", "scripts/bench", "git clone")
"""Lines that begin so are not run: they install, need a network, or take minutes."""

QUICKSTART = "scripts/quickstart"
"""The script is run without its first command, which installs."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like a fresh checkout in which the commands are installed, and nothing is recorded."""
    for name in ("policies", "evals", "scripts"):
        (tmp_path / name).symlink_to(ROOT / name)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    for name, module in (("asof", "retriever.entrypoints.cli"), ("asof-eval", "evaluator.cli")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        (programs / name).chmod(0o755)
    return tmp_path


def commands(block: str) -> Iterator[str]:
    """The commands of a shell block, each with the lines that continue it."""
    for command in re.findall(r"(?:.*\\\n)*.+", block):
        if not command.startswith(LEFT_OUT):
            yield command


def quickstart() -> str:
    return "\n".join(line for line in (ROOT / QUICKSTART).read_text().splitlines() if not line.startswith(". "))


@contextmanager
def background(command: str, folder: Path, environment: dict[str, str], port: str) -> Iterator[None]:
    """The service that a block starts, until the last block has been run."""
    line = ["bash", "-c", f"exec {command} --port {port}"]
    with (
        subprocess.Popen(line, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        try:
            wait_until_ready(client, lambda: process.poll() is None)
            yield
        finally:
            process.terminate()


def ran(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
    return COLOUR.sub("", done.stdout)


@pytest.mark.timeout(600)
def test_every_block_works_and_prints_what_is_shown(folder: Path, environment: dict[str, str]) -> None:
    port, model_port, exported, printed = str(free_port()), free_port(), "", ""
    [streamed] = STREAMED.findall(README.read_text())
    own = {name: value for name, value in environment.items() if name != "ASOF_HOME"}
    own["PATH"] = f"{folder / '.venv' / 'bin'}{os.pathsep}{own['PATH']}"
    with ExitStack() as running:
        running.enter_context(streaming_model(model_port, " ".join(streamed.split())))
        for kind, block in BLOCKS:
            block = block.replace(PORT, port).replace(f"localhost:{MODEL_PORT}", f"localhost:{model_port}")
            if kind == "text":
                missing = [line for line in block.splitlines() if line and line not in printed.splitlines()]
                assert missing == [], printed
            elif kind == "python":
                printed = ran([sys.executable, "-c", block], folder, own)
            else:
                printed = ""
                for command in commands(block):
                    if command.startswith("export "):
                        exported += f"{command}\n"
                    elif command.startswith("asof serve"):
                        running.enter_context(background(command, folder, served_by(exported, folder, own), port))
                    else:
                        script = quickstart() if command == QUICKSTART else command
                        printed += ran(["bash", "-euo", "pipefail", "-c", exported + script], folder, own)


def served_by(exported: str, folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """The environment after what was exported."""
    told = ran(["bash", "-c", f"{exported}env -0"], folder, environment)
    return dict(item.split("=", 1) for item in told.rstrip("\0").split("\0"))


def test_a_command_goes_on_over_lines_that_end_in_a_backslash() -> None:
    assert list(commands("asof a \\\n    b\nscripts/bench index\nasof c\n")) == ["asof a \\\n    b", "asof c"]
