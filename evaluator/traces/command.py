"""The command `asof-eval traces`: checks a file of traces, takes one in, or gives out what a home keeps."""

from pathlib import Path
from typing import Annotated

import typer

from retriever.entrypoints.options import HomeOption, open_home


def register(app: typer.Typer) -> None:
    app.command()(traces)


def traces(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[TRACES.jsonl]", help="A file to check; without it, what the home keeps.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the traces of the file in the home.")] = False,
    home: HomeOption = None,
) -> None:
    """Prints the traces that a home keeps, as JSON Lines; with a file, says whether each line of it is a trace.

    docs/evaluating.md lists the fields. An error names the first line that is no trace, and its field; then no line is
    kept.

    Example: asof-eval traces > traces.jsonl
    """
    from evaluator.traces.trace import read_traces
    from retriever.entrypoints.printing import print_json

    if file is None:
        if keep:
            raise typer.BadParameter("--keep needs a file of traces")
        for stored in open_home(context, home).traces.after(0):
            print_json(stored.content(), indent=None)
        return
    read = read_traces(file)
    if not keep:
        print(f"{len(read):,} traces, each as it should be")
        return
    asof = open_home(context, home)
    new = sum(asof.traces.add(trace.recorded, trace.audience)[1] for trace in read)
    asof.traces.forget(asof.ledger.timeline().erased)
    print(f"{new:,} traces kept, {len(read) - new:,} were there already")
