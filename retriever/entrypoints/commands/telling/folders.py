"""What commands say of authored files: which files there are, and what became of each."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policies.calendar import Calendar
    from policies.change import Change, Publish
    from policies.lint.finding import Finding
    from policies.revision import Draft, VersionId
    from policies.sources.folder import Authored, FileOutcome
    from retriever.bootstrap import Asof


def authored_changes(
    paths: Sequence[Path], calendar: "Calendar", replace_scheduled: bool, author: str | None = None
) -> "tuple[Authored, list[Publish]]":
    """The files and folders that a command names, read, and the changes that publish them."""
    from policies.change import Publish
    from policies.sources.folder import read_authored
    from retriever.entrypoints.printing import progress

    authored = read_authored(paths, author, progress, calendar)
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


def linted(asof: "Asof", changes: "Sequence[Change]") -> "list[Finding]":
    """What the lint finds in the files; a bar on the terminal where there are many."""
    from retriever.entrypoints.printing import progress

    with progress("Looking for what makes bad evidence", len(changes)) as advance:
        return asof.lint(changes, advance=advance)


def told_findings(asof: "Asof", changes: "Sequence[Change]", strict: bool, json: bool) -> dict[str, Any]:
    """What the lint finds in the files of the changes, as JSON values; printed, unless JSON is. Strict refuses it."""
    from retriever.entrypoints.printing import print_findings, print_json
    from retriever.inspecting.linting import lint_content, refuse

    findings = linted(asof, changes)
    if strict:
        if json and findings:
            print_json(lint_content(findings))
        refuse(findings)
    if not json:
        print_findings(findings)
    return lint_content(findings)


def print_other_dates(asof: "Asof", drafts: "Sequence[Draft]", unchanged: "Iterable[VersionId]") -> None:
    """Says which files are recorded by the dates of a time zone that was the home's before, and how to move them."""
    for version in unchanged:
        given = [it for it in drafts if it.policy_id == version.policy_id and it.valid_from is not None]
        events = asof.ledger.policy_events(version.policy_id) if given else []
        for event in (event for event in events if event.kind == "publish" and event.revision == version.number):
            start, end = event.painted[0].origin, event.painted[-1].period.end
            if all(draft.valid_from != start for draft in given):
                told = given[0].calendar.period(start, end)
                print(f"    {version} holds {told}, by the time zone that was this home's when it was recorded.")
                print(f"    To move it, write `timezone: {given[0].calendar.name}` into the file, and publish it.")


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
