"""Commands for policy authors: publish, withdraw, restore, erase and restrict."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.commands.telling.recorded import Calendars, print_transactions, print_written, record
from retriever.entrypoints.options import (
    AuthorOption,
    DryRunOption,
    FilesArgument,
    HomeOption,
    JsonOption,
    NoteOption,
    PolicyIdArgument,
    ReplaceScheduledOption,
    StrictOption,
    VersionArgument,
    authority,
    open_home,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("publish")(publish)
    app.command("withdraw")(withdraw)
    app.command("restore")(restore)
    app.command("erase")(erase)
    app.command("restrict")(restrict)


def publish(
    context: typer.Context,
    files: FilesArgument,
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

    Of a folder these are all the Markdown files below it. Hidden ones are left out, and so is a README without front
    matter, which is named. If one file cannot be accepted, every one that cannot is named, and nothing is published.

    Where an approval is required (`asof settings`), a file waits for one as a draft: `asof draft FILE`.

    What makes bad evidence, such as tracked changes or a reference to a policy that does not exist, is told on standard
    error. With --strict it refuses: nothing is published, and the command exits 1. docs/authoring.md has the rules.

    Example: asof publish damaged-items.md --strict
    """
    from policies.sources.folder import file_outcomes
    from retriever.entrypoints.commands.telling.folders import (
        authored_changes,
        check_folder,
        outcomes_content,
        print_other_dates,
        print_outcomes,
        told_findings,
    )
    from retriever.entrypoints.printing import print_warnings, progress
    from retriever.inspecting.inspection import written_content

    if force is not bool((reason or "").strip()):
        raise typer.BadParameter("--force and --reason go together: say why there is no time for an approval")
    asof = open_home(context, home)
    calendar = asof.calendar
    authored, changes = authored_changes(files, calendar, replace_scheduled, author)
    check_folder(asof, authored, changes)
    findings = told_findings(asof, changes, strict, json)
    warnings = asof.warnings(changes)
    if not json:
        print_warnings(warnings)
    written = asof.write(changes, progress, authority=authority(asof, reason if force else None))
    outcomes = file_outcomes(authored, written.sources, written.unchanged)
    if json or not authored.folders:
        also = {"files": outcomes_content(outcomes), "warnings": list(warnings), **findings}
        print_written(written, Calendars(calendar, authored.drafts), json, also)
    else:
        print_outcomes(outcomes)
        print_transactions(written_content(written))
    if not json:
        if warnings:
            print("If that is not meant, `asof undo` takes it back.", file=sys.stderr)
        print_other_dates(asof, authored.drafts, written.unchanged)


def withdraw(
    context: typer.Context,
    policy: PolicyIdArgument,
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The policy is not in force from this date on.")],
    end: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="It is in force again from this date on.")
    ] = None,
    through: Annotated[
        str | None, typer.Option("--through", metavar="DATE", help="Or: the last day on which it is not in force.")
    ] = None,
    dry_run: DryRunOption = False,
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
    zone = asof.calendar.zone
    begins, ends = query_instant(start, "--from", zone), query_end(end, through, ("--until", "--through"), zone)
    assert begins is not None
    record(asof, [Withdraw(policy, begins, ends, note, author)], dry_run, json)


def restore(
    context: typer.Context,
    policy: PolicyIdArgument,
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="It is in force again from this date on.")],
    dry_run: DryRunOption = False,
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
    begins = query_instant(start, "--from", asof.calendar.zone)
    assert begins is not None
    record(asof, [Restore(policy, begins, note, author)], dry_run, json)


def erase(
    context: typer.Context,
    version: VersionArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept for auditors. Do not repeat the erased words.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; for scripts.")] = False,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Removes the words of a revision from every place, for good. The record that it existed stays.

    It says first which of the words would survive, and where: in other revisions, in notes and drafts, in backups,
    with clients. Then it asks. Without a terminal to ask at, --yes has to be given; else nothing is erased, and it
    exits 2.

    Example: asof erase P-7@3 --reason "court order 12/2026"
    """
    from policies.change import Erase
    from policies.revision import VersionId
    from retriever.entrypoints.commands.telling.asking_first import confirmed, print_survivors
    from retriever.entrypoints.printing import progress
    from retriever.inspecting.surviving import surviving

    if not reason.strip():
        raise typer.BadParameter("--reason is empty; say why, since erasing cannot be undone")
    asof = open_home(context, home)
    erased = VersionId.parse(version)
    survivors = surviving(asof.ledger, erased)
    if erased not in asof.ledger.timeline().erased:
        print_survivors(erased, survivors)
        confirmed(f"Erase the words of {erased}, for good?", yes, f"{erased} was not erased")
    written = asof.write([Erase(erased, reason, author)], progress, authority=authority(asof))
    print_written(written, Calendars(asof.calendar), json, survivors.content())


def restrict(
    context: typer.Context,
    version: VersionArgument,
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
    from policies.errors import DraftError
    from policies.revision import VersionId
    from policies.sources.draft import parse_audience
    from retriever.inspecting.both_clocks import labels_before

    try:
        labels = parse_audience(audience, "--audience")
    except DraftError as error:
        raise typer.BadParameter(error.problem, param_hint="--audience") from error
    change = Restrict(VersionId.parse(version), labels, note, author)
    asof = open_home(context, home)
    written = asof.write([change], authority=authority(asof))
    before = labels_before(asof.ledger, change.version, written.events)
    also = {"audience": list(change.audience), "before": list(before)}
    print_written(written, Calendars(asof.calendar), json, also)
    if not json and written.events:
        print(f"    Readable with {_labels(change.audience)}, for every date; before with {_labels(before)}.")
    elif not json:
        print(f"    It was readable with {_labels(before)} already.")


def _labels(labels: "Sequence[str]") -> str:
    """Labels as a sentence names them."""
    return f"the label{'' if len(labels) == 1 else 's'} {' or '.join(labels)}" if labels else "no label"
