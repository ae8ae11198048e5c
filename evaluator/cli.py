"""The command `asof-eval`, also `asof eval`."""

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Measures of retrieval and of citations.",
)


@app.callback()
def _evaluate() -> None:
    pass


def main() -> None:
    from retriever.entrypoints.cli import run

    run(app)
