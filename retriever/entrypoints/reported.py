"""The errors of the library as messages on standard error and exit code 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from indexer.errors import IndexerError
from policies.errors import PolicyError
from retriever.errors import RetrieverError


def run(command: typer.Typer) -> None:
    """Runs a Typer command; errors of the library become messages on standard error and exit code 1."""
    with reported():
        command()


@contextmanager
def reported() -> Iterator[None]:
    """A context in which errors of the library become messages on standard error and exit code 1."""
    try:
        yield
    except (PolicyError, IndexerError, RetrieverError, OSError) as error:
        from retriever.entrypoints.printing import inert

        print(f"asof: {inert(str(error))}", file=sys.stderr)
        sys.exit(1)
