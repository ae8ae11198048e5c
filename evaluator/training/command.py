"""The commands `asof-eval export demonstrations` and `asof-eval export preferences`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import HomeOption, open_home

if TYPE_CHECKING:
    from evaluator.files.json_lines import Line
    from evaluator.training.rows import Candidate

CandidatesArgument = Annotated[Path, typer.Argument(metavar="CANDIDATES.jsonl", help="One candidate a line.")]
HeldOutOption = Annotated[
    list[Path] | None,
    typer.Option("--held-out", metavar="FILE", help="An evaluation file that must not be trained on; repeatable."),
]
SkipOption = Annotated[
    bool, typer.Option("--skip-refused", help="Print the accepted rows although others are refused, and exit 0.")
]


def register(app: typer.Typer) -> None:
    export = typer.Typer(no_args_is_help=True, help="Makes training rows of what went wrong.")
    export.command()(demonstrations)
    export.command()(preferences)
    app.add_typer(export, name="export")


def demonstrations(
    context: typer.Context,
    candidates: CandidatesArgument,
    held_out: HeldOutOption = None,
    skip_refused: SkipOption = False,
    home: HomeOption = None,
) -> None:
    """Prints demonstrations as chat messages, or names every candidate that must not be trained on.

    A candidate is {"id", "prompt", "response"} and may have "system", "trace_ids" and "citations". A response that
    repeats 8 words of a policy has to cite the passage, so that no rule is learnt without its version.

    Example: asof-eval export demonstrations candidates.jsonl --held-out evals/contract_rows.jsonl > rows.jsonl
    """
    from evaluator.training.rows import demonstration

    _export(context, candidates, demonstration, held_out or [], skip_refused, home)


def preferences(
    context: typer.Context,
    candidates: CandidatesArgument,
    held_out: HeldOutOption = None,
    skip_refused: SkipOption = False,
    home: HomeOption = None,
) -> None:
    """Prints preference pairs as prompt, chosen and rejected, or names every candidate that must not be trained on.

    A candidate is {"id", "prompt", "chosen", "rejected", "reason"} and may have the fields of a demonstration.

    Example: asof-eval export preferences pairs.jsonl --held-out evals/contract_rows.jsonl > pairs-for-dpo.jsonl
    """
    from evaluator.training.rows import preference

    _export(context, candidates, preference, held_out or [], skip_refused, home)


def _export(
    context: typer.Context,
    path: Path,
    parse: "Callable[[Line], Candidate]",
    held_out: list[Path],
    skip_refused: bool,
    home: Path | None,
) -> None:
    """Prints all rows; none where any is refused and refused ones are not to be skipped."""
    from evaluator.training.held_out import read_held_out
    from evaluator.training.rows import export
    from retriever.entrypoints.printing import inert, print_json

    made = export(path, parse, open_home(context, home).ledger, read_held_out(held_out))
    for refusal in made.refused:
        typer.echo(inert(str(refusal)), err=True)
    if made.refused and not skip_refused:
        typer.echo(f"{len(made.refused):,} refused, nothing printed; mend them or add --skip-refused", err=True)
        raise typer.Exit(1)
    for row in made.rows:
        print_json(row, indent=None)
