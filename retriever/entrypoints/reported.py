"""The errors of the library as messages on standard error: exit code 1 for a refusal, 2 for wrong usage.

Wrong usage is an argument or option that cannot be accepted, whatever is recorded. What stands in a file is refused.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import typer

from indexer.errors import IndexerError, NotSearchable
from policies.errors import PolicyError
from retriever.entrypoints.options import done, opened
from retriever.errors import BadCitation, BadLine, BadQuery, NotKnownYet, RetrieverError

_STANDARD = 2
"""The number of the last standard stream."""

_BECAME = {
    "draft": "was kept",
    "submitted": "was handed in",
    "approved": "was approved for later",
    "rejected": "was rejected",
}
"""What a command did with a draft, by the state that it is in since."""


class _Unread(io.TextIOBase):
    """Standard output where it is closed: what was printed is an error once it is handed on."""

    _printed = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._printed = True
        return len(text)

    def flush(self) -> None:
        if self._printed:
            self._printed = False  # said once
            raise OSError("Standard output is closed, so nobody can read the output. Give it a place, such as `> FILE`")


def run(command: typer.Typer) -> None:
    """Runs a Typer command; errors of the library become messages on standard error and exit codes."""
    _open_what_is_closed()
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
                _flush()
            raise
        _flush()
    except KeyboardInterrupt:
        _say_done()
        raise
    except (PolicyError, IndexerError, RetrieverError, OSError, UnicodeError) as error:
        from retriever.entrypoints.printing import inert

        _tell(inert(str(error)))
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
    for what in (*recorded, *_changed_drafts(), *done):
        _tell(what)


def _changed_drafts() -> Iterator[str]:
    """What was done with drafts: they have no transaction that would tell it."""
    for asof in opened:
        with suppress(PolicyError, OSError):  # what cannot be read now is told by the error itself
            for draft_id, kept in asof.changed_drafts().items():
                became = "was deleted" if kept is None else _BECAME[kept.state]
                shown = "`asof drafts` lists what is left" if kept is None else f"`asof drafts {draft_id}` shows it"
                yield f"Draft {draft_id} {became} all the same: do not send it again. {shown}"


def _tell(what: str) -> None:
    """Says something on standard error, where anybody can read that."""
    with suppress(OSError):
        print(f"asof: {what}", file=sys.stderr or io.StringIO())


def _flush() -> None:
    """Hands on what was printed; an error where nobody can read it."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _open_what_is_closed() -> None:
    """Standard streams that are closed get something in their place.

    No file of the home may get the number of one: what a library writes on standard error would stand in that file.
    """
    while (number := os.open(os.devnull, os.O_RDONLY)) <= _STANDARD:
        pass
    os.close(number)
    if sys.stdout is None:
        sys.stdout = _Unread()
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (open as long as the process)


def _read_no_more() -> None:
    """Nobody reads standard output: what is left of it goes nowhere, without another error at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
