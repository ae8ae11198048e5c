"""Commands for policy authors: what they publish, import and withdraw."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import AuthorOption, HomeOption, JsonOption, NoteOption, open_home

if TYPE_CHECKING:
    from indexer.writer import Written
    from policies.event import Event


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("publish")(publish)
    app.command("import")(import_)
    app.command("withdraw")(withdraw)
    app.command("restore")(restore)


def publish(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Markdown files with front matter.")],
    replace_scheduled: Annotated[
        bool, typer.Option("--replace-scheduled", help="Also cover what is scheduled to start later.")
    ] = False,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Puts authored files in force, all of them in one commit or none.

    Example: asof publish damaged-items.md
    """
    from dataclasses import replace

    from policies.change import Publish
    from policies.draft import read_draft
    from retriever.entrypoints.printing import progress

    drafts = [replace(read_draft(path), author=author) for path in files]
    changes = [Publish(draft, replace_scheduled) for draft in drafts]
    written = open_home(context, home).write(changes, progress)
    _print_written(written, json)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl[.gz]", help="One revision a line, as JSON.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Takes in the history of many policies in one commit: every line, or none where one is wrong.

    Example: asof import revisions.jsonl.gz
    """
    from policies.revisions_file import load_changes, read_revisions
    from retriever.entrypoints.printing import print_json, progress

    rows = read_revisions(file)
    written = open_home(context, home).write(load_changes(rows), progress)
    added = [event for event in written.events if event.kind == "publish"]
    indexed = written.indexed
    content = {
        "revisions": len(rows),
        "policies": len({row.draft.policy_id for row in rows}),
        "added": len(added),
        "unchanged": len(written.proposal.unchanged),
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
            f"Imported {len(added):,} of {len(rows):,} revisions of {content['policies']:,} policies. "
            f"Passages: {indexed.occurrences:,} occurrences, {indexed.distinct:,} distinct, "
            f"{indexed.embedded:,} embedded."
        )


def withdraw(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="POLICY")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="When nothing of it is in force any more.")],
    end: Annotated[str | None, typer.Option("--until", metavar="DATE", help="When it is in force again.")] = None,
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Ends a policy, for good or for a period; its words stay for auditors.

    Example: asof withdraw P-7 --from 2026-01-01 --note "merged into P-9"
    """
    from policies.change import Withdraw
    from retriever.query import query_instant

    asof = open_home(context, home)
    opened = asof.ledger
    assert opened is not None
    begins, ends = query_instant(start, "--from"), query_instant(end, "--until")
    assert begins is not None
    _print_written(asof.write([Withdraw(policy, begins, ends, note, author)]), json)


def restore(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="POLICY")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="When it is in force again.")],
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Ends a withdrawal: what it hides is in force again.

    Example: asof restore P-7 --from 2026-02-01
    """
    from policies.change import Restore
    from retriever.query import query_instant

    asof = open_home(context, home)
    opened = asof.ledger
    assert opened is not None
    begins = query_instant(start, "--from")
    assert begins is not None
    _print_written(asof.write([Restore(policy, begins, note, author)]), json)


def _print_written(written: "Written", json: bool) -> None:
    from policies.instant import format_instant
    from retriever.entrypoints.printing import day, print_json

    events = [_event_content(event) for event in written.events]
    unchanged = [str(version) for version in written.proposal.unchanged]
    if json:
        recorded = written.events[0].recorded_at if written.events else None
        print_json(
            {
                "events": events,
                "unchanged": unchanged,
                "recorded_at": None if recorded is None else format_instant(recorded),
                "generation": written.indexed.generation,
                "embedded": written.indexed.embedded,
            }
        )
        return
    for event in events:
        periods = ", ".join(f"{day(p['valid_from'])} to {day(p['valid_to'])}" for p in event["periods"])
        print(f"{event['kind']:<9} {event['version'] or event['policy_id']}  {periods}")
    for version in unchanged:
        print(f"unchanged {version}  is already recorded")
    if not events and not unchanged:
        print("Nothing changed.")


def _event_content(event: "Event") -> dict[str, Any]:
    from policies.instant import format_end, format_instant

    version = None if event.revision is None else f"{event.policy_id}@{event.revision}"
    return {
        "tx": event.tx,
        "kind": event.kind,
        "policy_id": event.policy_id,
        "revision": event.revision,
        "version": version,
        "periods": [
            {
                "revision": paint.revision,
                "valid_from": format_instant(paint.period.start),
                "valid_to": format_end(paint.period.end),
            }
            for paint in event.painted
        ],
    }
