"""Commands that import whole histories: from a revisions file or a git repository."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import HomeOption, JsonOption, authority, open_home

if TYPE_CHECKING:
    from indexer.writer import Written
    from policies.sources.revisions_file import Row


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("import")(import_)
    app.command("import-git")(import_git)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl[.gz]", help="One revision a line, as JSON.")],
    recorded_from_source: Annotated[
        bool,
        typer.Option(
            "--recorded-from-source",
            help="Use the recorded_at of each row. Only for the first load of an empty ledger.",
        ),
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Imports the history of many policies in one commit: every line, or none if one is wrong.

    Example: asof import revisions.jsonl.gz
    """
    from policies.sources.revisions_file import load_changes, read_revisions, recording_batches
    from retriever.entrypoints.printing import progress

    rows = read_revisions(file)
    asof = open_home(context, home)
    if recorded_from_source:
        written = asof.load(recording_batches(rows, asof.clock()), progress)
    else:
        written = asof.write(load_changes(rows), progress, authority=authority(asof))
    _print_import(rows, written, json)


def import_git(
    context: typer.Context,
    repository: Annotated[Path, typer.Argument(metavar="REPO", help="A git repository; it may be bare.")],
    under: Annotated[str, typer.Option("--under", metavar="DIR", help="Only Markdown files below this folder.")] = "",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Imports the Markdown files of a git repository: each change of a file by a first-parent commit is a revision.

    A revision is in force from the committer date of its commit. A rename keeps the policy; a deletion withdraws it.
    Run the command again after new commits: it adds only these.

    Example: asof import-git ~/handbook --under policies
    """
    from policies.sources.git_history import read_git_history
    from policies.sources.revisions_file import load_changes
    from retriever.entrypoints.printing import progress

    rows = read_git_history(repository, under, lambda words: typer.echo(f"Note: {words}", err=True))
    asof = open_home(context, home)
    _print_import(rows, asof.write(load_changes(rows), progress, authority=authority(asof)), json)


def _print_import(rows: Sequence["Row"], written: "Written", json: bool) -> None:
    from retriever.entrypoints.commands.telling.recorded import transactions
    from retriever.entrypoints.printing import print_json

    added = sum(event.kind == "publish" for event in written.events)
    indexed = written.indexed
    content = {
        "revisions": len(rows),
        "policies": len({row.draft.policy_id for row in rows}),
        "added": added,
        "unchanged": len(rows) - added,
        "occurrences": indexed.occurrences,
        "distinct": indexed.distinct,
        "embedded": indexed.embedded,
        "generation": indexed.generation,
    }
    if json:
        print_json(content)
    elif not written.events:
        print(f"Nothing changed: all {len(rows):,} revisions are already recorded.")
    else:
        print(
            f"Imported {added:,} of {len(rows):,} revisions of {content['policies']:,} policies. "
            f"Passages: {indexed.occurrences:,} occurrences, {indexed.distinct:,} distinct, "
            f"{indexed.embedded:,} texts embedded. {transactions([event.tx for event in written.events])}"
        )
