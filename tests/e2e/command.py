"""How the tests here call `asof`: in this process, or as a process of its own where a process is the point."""

import gc
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from indexer.encoding.embedding import DEFAULT_MODEL, Encoder, load_encoder
from indexer.encoding.onnx_graph import DEFAULT_PRECISION
from retriever.entrypoints.reported import reported

if TYPE_CHECKING:
    import typer

COMMAND = (sys.executable, "-m", "retriever.entrypoints.cli")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
"""Runs a command with arguments; `exits` is the code that it must end with, `env` adds variables."""

loaded = cache(load_encoder)


@cache
def asof() -> click.Group:
    """The whole command: `asof`, and below it `asof eval`."""
    from typer.main import get_group

    from retriever.entrypoints.cli import app

    whole = get_group(app)
    for found in entry_points(group="asof.commands"):
        added: typer.Typer = found.load()
        whole.add_command(get_group(added), found.name)
    return whole


def called(arguments: Sequence[str], environment: Mapping[str, str], cwd: Path) -> "subprocess.CompletedProcess[str]":
    """What the command does when it is called here: its exit code, and what it prints where there is no terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code = None
    with _as_a_process(environment, cwd, out, err):
        try:
            with reported():
                asof().main(list(arguments), prog_name="asof")
        except SystemExit as end:
            code = end.code
    printed = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(arguments, code or 0, *printed)


@contextmanager
def _as_a_process(
    environment: Mapping[str, str], cwd: Path, out: io.TextIOWrapper, err: io.TextIOWrapper
) -> Iterator[None]:
    """Environment, folder and streams are those of a process; the model is loaded once for all of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.chdir(cwd)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr("indexer.encoding.embedding.load_encoder", loaded)
        gc.freeze()  # so that the collection below walks only what the command left
        try:
            yield
        finally:
            gc.collect()  # the end of a process closes what it has open
            gc.unfreeze()


def shared_encoder() -> Encoder:
    """The default model, which the commands and services of this process share."""
    return loaded(DEFAULT_MODEL, None, DEFAULT_PRECISION)
