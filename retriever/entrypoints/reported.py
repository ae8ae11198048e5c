"""The errors of the library as messages on standard error: exit code 1 for a refusal, 2 for wrong usage.

Wrong usage is an argument or option that cannot be accepted, whatever is recorded. What stands in a file is refused.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer

from indexer.errors import IndexerError, NotSearchable
from policies.errors import PolicyError
from retriever.entrypoints.options import done, opened
from retriever.errors import BadCitation, BadLine, BadQuery, NotKnownYet, RetrieverError


def run(command: typer.Typer) -> None:
    """Runs a Typer command; errors of the library become messages on standard error and exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal cannot show is no failure
    with reported():
        command()


@contextmanager
def reported() -> Iterator[None]:
    """A context in which errors of the library become messages on standard error and exit codes.

    Where a command fails after it recorded something (a full disk under its output, a closed pipe, Ctrl-C), it says so:
    whoever sends the same again would change something else.
    """
    opened.clear()
    done.clear()
    try:
        try:
            yield
        except SystemExit as end:
            if end.code:
                _say_done()
            else:
                sys.stdout.flush()
            raise
        sys.stdout.flush()
    except KeyboardInterrupt:
        _say_done()
        raise
    except (PolicyError, IndexerError, RetrieverError, OSError, UnicodeError) as error:
        from retriever.entrypoints.printing import inert

        print(f"asof: {inert(str(error))}", file=sys.stderr)
        if not isinstance(error, NotSearchable):
            _say_done()
        if isinstance(error, BrokenPipeError):
            _read_no_more()
        usage = isinstance(error, BadQuery | BadCitation) and not isinstance(error, BadLine | NotKnownYet)
        sys.exit(2 if usage else 1)


def _say_done() -> None:
    """Says on standard error what was done all the same."""
    recorded = [
        f"Transaction {asof.recorded} is recorded all the same: do not send it again. `asof log` shows it, and `asof "
        "index` finishes what was interrupted"
        for asof in opened
        if asof.recorded is not None
    ]
    with suppress(OSError):
        for what in (*recorded, *done):
            print(f"asof: {what}", file=sys.stderr)


def _read_no_more() -> None:
    """Nobody reads standard output: what is left of it goes nowhere, without another error at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
