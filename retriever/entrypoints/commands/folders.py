"""What commands say of authored files: which files there are, and what became of each."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policies.change import Publish
    from policies.lint.finding import Finding
    from policies.sources.folder import Authored, FileOutcome
    from retriever.bootstrap import Asof


def authored_changes(
    paths: Sequence[Path], replace_scheduled: bool, author: str | None = None
) -> "tuple[Authored, list[Publish]]":
    """The files and folders that a command names, read, and the changes that publish them."""
    from policies.change import Publish
    from policies.sources.folder import read_authored
    from retriever.entrypoints.printing import progress

    authored = read_authored(paths, author, progress)
    return authored, [Publish(draft, replace_scheduled) for draft in authored.drafts]


def check_folder(asof: "Asof", authored: "Authored", changes: "Sequence[Publish]") -> None:
    """FilesRefused names every file of a folder that could not be recorded; single files are left to the write."""
    if not authored.folders:
        return
    from policies.errors import PolicyError
    from policies.sources.folder import refused_by_policy

    try:
        asof.propose(changes)
    except PolicyError:
        if (refused := refused_by_policy(changes, asof.propose)) is not None:
            raise refused from None
        raise


def linted(asof: "Asof", changes: "Sequence[Publish]") -> "list[Finding]":
    """What the lint finds in the files; a bar on the terminal where there are many."""
    from retriever.entrypoints.printing import progress

    with progress("Looking for what makes bad evidence", len(changes)) as advance:
        return asof.lint(changes, advance=advance)


def outcomes_content(outcomes: "Sequence[FileOutcome]") -> list[dict[str, Any]]:
    """What became of each file, as JSON values."""
    return [
        {
            "file": each.file,
            "outcome": each.outcome,
            "version": None if each.version is None else str(each.version),
        }
        for each in outcomes
    ]


def print_outcomes(outcomes: "Sequence[FileOutcome]", planned: bool = False) -> None:
    """Prints a line for each file, and how many there are of each kind."""
    from retriever.entrypoints.printing import inert

    for each in outcomes:
        if each.outcome == "skipped":
            print(f"skipped    {inert(each.file)}: it is about the folder, and has no front matter")
        else:
            print(f"{each.outcome:<10} {each.version}  {inert(each.file)}")
    kinds = [each.outcome for each in outcomes]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("new", "changed", "unchanged", "skipped"))
    files = "1 file" if len(kinds) == 1 else f"{len(kinds)} files"
    print(f"{files}: {counts}{'; nothing was recorded' if planned else ''}.")
