"""The command `asof-eval`, also `asof eval`: each room of the evaluator registers its own commands."""

import typer

from evaluator.abstention import command as abstention
from evaluator.citations import command as citations
from evaluator.contract import command as contract
from evaluator.decisions import command as decisions
from evaluator.footprint import command as footprint
from evaluator.gate import command as gate
from evaluator.judges import command as judges
from evaluator.positions import command as positions
from evaluator.retrieval import command as retrieval
from evaluator.review import command as review
from evaluator.routing import command as routing
from evaluator.shape import command as shape
from evaluator.statistics import command as statistics
from evaluator.support import command as support
from evaluator.traces import command as traces
from evaluator.training import command as training
from evaluator.trec import command as trec
from retriever.entrypoints.options import HomeOption

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Are the citations true, was the right passage found, and does the release ship?",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _evaluate(context: typer.Context, home: HomeOption = None) -> None:
    if home is not None:
        context.find_root().obj = {"home": home}


for room in (decisions, gate, support, traces, citations, retrieval, abstention, contract, training, routing):
    room.register(app)
for room in (review, footprint, judges, shape, statistics, trec, positions):
    room.register(app)


def main() -> None:
    """Runs the command line; every error of the library becomes a message and exit code 1."""
    from retriever.entrypoints.reported import run

    run(app)


if __name__ == "__main__":
    main()
