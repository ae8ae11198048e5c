"""Commands for policy authors: publish, withdraw, restore, erase and restrict."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import (
    AuthorOption,
    HomeOption,
    JsonOption,
    NoteOption,
    ReplaceScheduledOption,
    StrictOption,
    authority,
    open_home,
)

if TYPE_CHECKING:
    from indexer.writer import Written
    from policies.change import Change
    from retriever.bootstrap import Asof


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("publish")(publish)
    app.command("withdraw")(withdraw)
    app.command("restore")(restore)
    app.command("erase")(erase)
    app.command("restrict")(restrict)


def publish(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Markdown files with front matter.")],
    replace_scheduled: ReplaceScheduledOption = False,
    strict: StrictOption = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Publish without the approval that is required: takes an admin's key in ASOF_KEY."
        ),
    ] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why it is forced; kept until somebody else signs it off.")
    ] = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Puts authored files in force in one commit: all of them, or none.

    Where an approval is required (`asof settings`), a file waits for one as a draft: `asof draft FILE`.

    What makes bad evidence, such as tracked changes or a reference to a policy that does not exist, is told on standard
    error. With --strict it refuses: nothing is published, and the command exits 1. docs/authoring.md has the rules.

    Example: asof publish damaged-items.md --strict
    """
    from dataclasses import replace

    from policies.change import Publish
    from policies.sources.draft import read_draft
    from retriever.entrypoints.printing import progress

    if force is not bool((reason or "").strip()):
        raise typer.BadParameter("--force and --reason go together: say why there is no time for an approval")
    drafts = [replace(read_draft(path), author=author) for path in files]
    changes = [Publish(draft, replace_scheduled) for draft in drafts]
    asof = open_home(context, home)
    findings = told_findings(asof, changes, strict, json)
    allowed = authority(asof, reason if force else None)
    print_written(asof.write(changes, progress, authority=allowed), json, findings)


def withdraw(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="POLICY")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The policy is not in force from this date on.")],
    end: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="It is in force again from this date on.")
    ] = None,
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Ends a policy, for good or for a period; its words stay for auditors.

    Example: asof withdraw P-7 --from 2026-01-01 --note "merged into P-9"
    """
    from policies.change import Withdraw
    from retriever.asking.query import query_instant

    asof = open_home(context, home)
    begins, ends = query_instant(start, "--from"), query_instant(end, "--until")
    assert begins is not None
    print_written(asof.write([Withdraw(policy, begins, ends, note, author)]), json)


def restore(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="POLICY")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="It is in force again from this date on.")],
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Ends a withdrawal: the words that it hides are in force again.

    Example: asof restore P-7 --from 2026-02-01
    """
    from policies.change import Restore
    from retriever.asking.query import query_instant

    asof = open_home(context, home)
    begins = query_instant(start, "--from")
    assert begins is not None
    print_written(asof.write([Restore(policy, begins, note, author)], authority=authority(asof)), json)


def erase(
    context: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as P-7@3.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept for auditors. Do not repeat the erased words.")],
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Removes the words of a revision from every place, for good. The record that it existed stays.

    Words that another revision also holds stay there, and are listed.

    Example: asof erase P-7@3 --reason "court order 12/2026"
    """
    from policies.change import Erase
    from policies.revision import VersionId
    from retriever.entrypoints.printing import inert, progress
    from retriever.inspecting.inspection import surviving_words

    if not reason.strip():
        raise typer.BadParameter("--reason is empty; say why, since erasing cannot be undone")
    asof = open_home(context, home)
    erased = VersionId.parse(version)
    survivors = surviving_words(asof.ledger, erased)
    print_written(asof.write([Erase(erased, reason, author)], progress), json, {"survive_in": survivors})
    if survivors and not json:
        print("These words survive, since other revisions hold them too; erase those revisions to remove them:")
        for survivor in survivors:
            print(f"    {', '.join(survivor['versions'])}: {inert(' '.join(survivor['text'].split()))}")


def restrict(
    context: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as P-7@3.")],
    audience: Annotated[list[str], typer.Option("--audience", metavar="LABEL", help="Who may read it; repeatable.")],
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Sets who may read a revision from now on, also for questions about earlier dates.

    Example: asof restrict P-7@3 --audience legal
    """
    from policies.change import Restrict
    from policies.revision import VersionId
    from policies.sources.draft import parse_audience

    change = Restrict(VersionId.parse(version), parse_audience(audience, "--audience"), note, author)
    print_written(open_home(context, home).write([change]), json)


def told_findings(asof: "Asof", changes: Sequence["Change"], strict: bool, json: bool) -> dict[str, Any]:
    """What the lint finds in the files of the changes, as JSON values; printed, unless JSON is. Strict refuses it."""
    from retriever.entrypoints.printing import print_findings, print_json
    from retriever.inspecting.linting import lint_content, refuse

    findings = asof.lint(changes)
    if strict:
        if json and findings:
            print_json(lint_content(findings))
        refuse(findings)
    if not json:
        print_findings(findings)
    return lint_content(findings)


def print_written(written: "Written", json: bool, also: dict[str, Any] | None = None) -> None:
    """Prints what a write came to."""
    from retriever.entrypoints.printing import print_json
    from retriever.inspecting.inspection import written_content

    content = written_content(written)
    if json:
        print_json({**content, **(also or {})})
    else:
        print_events(content)


def set_values(settings: dict[str, str]) -> str:
    """What an event of the home set, in a line."""
    if "approval" in settings:
        return f"approval {settings['approval']} for {settings['policies']}"
    return " ".join(f"{name} {value}" for name, value in settings.items())


def print_events(content: dict[str, Any]) -> None:
    """Prints the events of a write, a line each, and what was recorded already."""
    from retriever.entrypoints.printing import day

    events, unchanged = content["events"], content["unchanged"]
    for event in events:
        periods = ", ".join(f"{day(p['valid_from'])} to {day(p['valid_to'])}" for p in event["periods"])
        corrected = f"  corrects {event['corrects']}" if "corrects" in event else ""
        set_to = set_values(event.get("settings", {}))
        print(f"{event['kind']:<9} {event['version'] or event['policy_id'] or set_to}  {periods}{corrected}".rstrip())
    for version in unchanged:
        print(f"unchanged {version}  is already recorded")
    if not events and not unchanged:
        print("Nothing changed.")
