"""The command `asof`: each command parses, calls the library and prints. A refusal exits 1, wrong usage exits 2."""

from importlib.metadata import entry_points

import typer

from retriever.entrypoints.commands import (
    asking,
    authoring,
    comparing,
    correcting,
    drafting,
    importing,
    keys,
    reading,
    running,
    settings,
    upcoming,
)
from retriever.entrypoints.garbage import collect_seldom
from retriever.entrypoints.options import HomeOption
from retriever.entrypoints.reported import run

app = typer.Typer(
    name="asof",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Which words of which policy were in force at this instant, and can I prove it?",
    epilog="Start with: asof publish FILE.md, then asof retrieve 'a question' --as-of 2025-03-01",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _asof(
    context: typer.Context,
    home: HomeOption = None,
) -> None:
    context.obj = {"home": home}


for module in (
    authoring,
    drafting,
    correcting,
    importing,
    comparing,
    asking,
    reading,
    upcoming,
    running,
    settings,
    keys,
):
    module.register(app)


def main() -> None:
    """Runs the command line; every error of the library becomes a message and exit code 1."""
    collect_seldom()
    there = {group.name for group in app.registered_groups}
    for found in entry_points(group="asof.commands"):
        if found.name not in there:
            app.add_typer(found.load(), name=found.name)
    run(app)


if __name__ == "__main__":
    main()
