"""The errors of the library as messages on standard error: exit code 1 for a refusal, 2 for wrong usage.

Wrong usage is an argument or option that cannot be accepted, whatever is recorded. What stands in a file is refused.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from indexer.errors import IndexerError
from policies.errors import PolicyError
from retriever.errors import BadCitation, BadLine, BadQuery, NotKnownYet, RetrieverError


def run(command: typer.Typer) -> None:
    """Runs a Typer command; errors of the library become messages on standard error and exit codes."""
    with reported():
        command()


@contextmanager
def reported() -> Iterator[None]:
    """A context in which errors of the library become messages on standard error and exit codes."""
    try:
        yield
    except (PolicyError, IndexerError, RetrieverError, OSError) as error:
        from retriever.entrypoints.printing import inert

        print(f"asof: {inert(str(error))}", file=sys.stderr)
        usage = isinstance(error, BadQuery | BadCitation) and not isinstance(error, BadLine | NotKnownYet)
        sys.exit(2 if usage else 1)
