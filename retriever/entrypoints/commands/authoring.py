"""Commands for policy authors: publish, withdraw, restore, erase and restrict."""

from collections.abc import Iterable, Sequence
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
    from policies.calendar import Calendar
    from policies.change import Change
    from policies.revision import Draft, VersionId
    from retriever.bootstrap import Asof
    from retriever.entrypoints.printing import Dates


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
    asof = open_home(context, home)
    calendar = asof.calendar
    drafts = [replace(read_draft(path, calendar), author=author) for path in files]
    changes = [Publish(draft, replace_scheduled) for draft in drafts]
    findings = told_findings(asof, changes, strict, json)
    written = asof.write(changes, progress, authority=authority(asof, reason if force else None))
    print_written(written, Calendars(calendar, drafts), json, findings)
    if not json:
        print_other_dates(asof, drafts, written.unchanged)


def withdraw(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="POLICY")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The policy is not in force from this date on.")],
    end: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="It is in force again from this date on.")
    ] = None,
    through: Annotated[
        str | None, typer.Option("--through", metavar="DATE", help="Or: the last day on which it is not in force.")
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
    from retriever.asking.query import query_end, query_instant

    asof = open_home(context, home)
    calendar = asof.calendar
    begins = query_instant(start, "--from", calendar.zone)
    ends = query_end(end, through, ("--until", "--through"), calendar.zone)
    assert begins is not None
    print_written(asof.write([Withdraw(policy, begins, ends, note, author)]), Calendars(calendar), json)


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
    calendar = asof.calendar
    begins = query_instant(start, "--from", calendar.zone)
    assert begins is not None
    written = asof.write([Restore(policy, begins, note, author)], authority=authority(asof))
    print_written(written, Calendars(calendar), json)


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
    written = asof.write([Erase(erased, reason, author)], progress)
    print_written(written, Calendars(asof.calendar), json, {"survive_in": survivors})
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
    asof = open_home(context, home)
    print_written(asof.write([change]), Calendars(asof.calendar), json)


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


class Calendars:
    """By which calendar each policy's dates are told: by that of its draft, else by the home's."""

    def __init__(self, home: "Calendar", drafts: "Iterable[Draft]" = ()) -> None:
        self._home = home
        self._own = {draft.policy_id: draft.calendar for draft in drafts}

    def dates(self, policy_id: str) -> "Dates":
        from retriever.entrypoints.printing import Dates

        return Dates(self._own.get(policy_id, self._home))


def print_written(written: "Written", calendars: Calendars, json: bool, also: dict[str, Any] | None = None) -> None:
    """Prints what a write came to."""
    from retriever.entrypoints.printing import print_json
    from retriever.inspecting.inspection import written_content

    content = written_content(written)
    if json:
        print_json({**content, **(also or {})})
    else:
        print_events(content, calendars)


def set_values(settings: dict[str, str]) -> str:
    """What an event of the home set, in a line."""
    if "approval" in settings:
        return f"approval {settings['approval']} for {settings['policies']}"
    return " ".join(f"{name} {value}" for name, value in settings.items())


def print_events(content: dict[str, Any], calendars: Calendars) -> None:
    """Prints the events of a write, a line each, and what was recorded already."""
    events, unchanged = content["events"], content["unchanged"]
    for event in events:
        periods = ", ".join(map(calendars.dates(event["policy_id"]).valid, event["periods"]))
        corrected = f"  corrects {event['corrects']}" if "corrects" in event else ""
        set_to = set_values(event.get("settings", {}))
        print(f"{event['kind']:<9} {event['version'] or event['policy_id'] or set_to}  {periods}{corrected}".rstrip())
    for version in unchanged:
        print(f"unchanged {version}  is already recorded")
    if not events and not unchanged:
        print("Nothing changed.")
