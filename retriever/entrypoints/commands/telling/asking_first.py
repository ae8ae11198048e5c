"""What a command says and asks before it does what nobody can take back."""

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from policies.revision import VersionId
    from retriever.inspecting.surviving import Surviving

BEYOND = (
    "copies of the home made before, such as backups and snapshots: remove those, or erase in them too",
    "what clients keep of earlier answers: caches, prompts, logs, conversations, feeds",
    "the files that it was published from",
)
"""Where words survive that Asof cannot reach."""


def print_survivors(version: "VersionId", survivors: "Surviving") -> None:
    """Prints, on standard error, which words of a revision an erasure leaves, and where."""
    from retriever.entrypoints.printing import inert

    out = sys.stderr
    print(f"Erasing {version} removes its words from this home. They survive in:", file=out)
    for passage in survivors.passages:
        held = ", ".join(map(str, passage.versions))
        print(
            f"    {held}, which hold{'s' if len(passage.versions) == 1 else ''} them too, so erase that as well: "
            f"{inert(' '.join(passage.text.split()))}",
            file=out,
        )
    for note in survivors.notes:
        print(
            f"    the {note.field} of transaction {note.tx} ({note.kind} {note.policy_id}), which stays in the log: "
            f"{inert(note.text)}",
            file=out,
        )
    for draft in survivors.drafts:
        print(
            f"    the {draft.field} of draft {draft.id} of {draft.policy_id}, which goes with "
            f"`asof drafts --delete {draft.id}`",
            file=out,
        )
    for place in BEYOND:
        print(f"    {place}", file=out)


def confirmed(question: str, yes: bool, otherwise: str) -> None:
    """Returns where the person at the terminal, or `--yes`, agrees.

    Exits 2 where there is nobody to ask, and 1 where the person says no; `otherwise` says what was not done.
    """
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        print(f"asof: {otherwise}: there is no terminal to ask at. Give --yes if it is meant", file=sys.stderr)
        raise typer.Exit(2)
    if not typer.confirm(question, err=True):
        print(f"asof: {otherwise}.", file=sys.stderr)
        raise typer.Exit(1)
