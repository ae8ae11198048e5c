"""Commands that correct or take back what was recorded. What was answered before stays provable."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import (
    AuthorOption,
    HomeOption,
    JsonOption,
    NoteOption,
    StrictOption,
    authority,
    open_home,
)

if TYPE_CHECKING:
    from policies.change import Change
    from retriever.bootstrap import Asof
    from retriever.entrypoints.commands.authoring import Calendars

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be answered otherwise; nothing is recorded.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("correct")(correct)
    app.command("undo")(undo)
    app.command("unschedule")(unschedule)
    app.command("describe")(describe)


def correct(
    context: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as P-7@2.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Markdown file with front matter: the right words.")],
    dry_run: DryRunOption = False,
    strict: StrictOption = False,
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Puts new words in the place of a revision, over the periods in which it is in force now.

    The words are a revision of their own. The corrected one stays for auditors, and for every earlier known-at. What
    makes bad evidence is told as `publish` tells it; with --strict it refuses.

    Example: asof correct P-7@2 damaged-items.md --note "30 days, not 3"
    """
    from dataclasses import replace

    from policies.change import Correct
    from policies.revision import VersionId
    from policies.sources.draft import read_draft
    from retriever.entrypoints.commands.authoring import told_findings

    asof = open_home(context, home)
    draft = replace(read_draft(file, asof.calendar), author=author)
    changes = [Correct(VersionId.parse(version), draft, note)]
    _record(asof, changes, dry_run, json, told_findings(asof, changes, strict, json))


def undo(
    context: typer.Context,
    transaction: Annotated[
        int | None, typer.Argument(metavar="[TX]", min=1, help="The transaction to undo. Default the newest.")
    ] = None,
    dry_run: DryRunOption = False,
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Takes back a commit: from now on, everything is answered as if it had never been recorded.

    All that was recorded together with TX is taken back. To undo an undo brings the commit back.

    Example: asof undo --dry-run
    """
    from policies.change import Undo

    _record(open_home(context, home), [Undo(transaction, note, author)], dry_run, json)


def unschedule(
    context: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as P-7@3; it has not begun.")],
    dry_run: DryRunOption = False,
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Cancels a revision that is scheduled: it never comes into force, and what it would replace goes on.

    Example: asof unschedule P-7@3 --note "postponed"
    """
    from policies.change import Unschedule
    from policies.revision import VersionId

    _record(open_home(context, home), [Unschedule(VersionId.parse(version), note, author)], dry_run, json)


def describe(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="POLICY")],
    owner: Annotated[str | None, typer.Option("--owner", help="Who answers for the policy.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="What is to be known of the policy.")] = None,
    review_by: Annotated[
        str | None, typer.Option("--review-by", metavar="DATE", help="When it is to be read again.")
    ] = None,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Sets owner, note or review date of a policy without a new revision.

    It holds until a later revision says otherwise. No answer changes, and every citation stays valid.

    Example: asof describe P-7 --owner returns-team --review-by 2026-06-01
    """
    from policies.change import Describe
    from policies.sources.draft import one_line
    from retriever.asking.query import query_instant

    if owner is None and note is None and review_by is None:
        raise typer.BadParameter("nothing is described; give --owner, --note or --review-by")
    owner = None if owner is None else one_line(owner, "the owner", "--owner")
    note = None if note is None else one_line(note, "the note", "--note")
    asof = open_home(context, home)
    due = query_instant(review_by, "--review-by", asof.calendar.zone)
    _record(asof, [Describe(policy, owner, note, due, author)], dry_run, json)


def _record(
    asof: "Asof", changes: Sequence["Change"], dry_run: bool, json: bool, findings: dict[str, Any] | None = None
) -> None:
    """Records the changes, or says what they would come to, and prints what both clocks answer then."""
    from policies.change import Correct
    from retriever.entrypoints.commands.authoring import Calendars, print_events
    from retriever.entrypoints.printing import print_json, progress
    from retriever.inspecting.both_clocks import proposed_and_told, recorded_and_told

    if dry_run:
        content = proposed_and_told(asof.ledger.propose(changes))
    else:
        content = recorded_and_told(asof.ledger, asof.write(changes, progress, authority=authority(asof)))
    if json:
        print_json({**content, **(findings or {})})
        return
    calendars = Calendars(asof.calendar, [change.draft for change in changes if isinstance(change, Correct)])
    print_events(content, calendars)
    _print_changes(content, calendars)
    if dry_run:
        print("Nothing was recorded; without --dry-run it is.")


def _print_changes(content: dict[str, Any], calendars: "Calendars") -> None:
    recorded_at = content["recorded_at"]
    for change in content["changes"]:
        dates = calendars.dates(change["policy_id"])
        since = "now" if recorded_at is None else dates.recorded(recorded_at)
        print(f"    {change['policy_id']} as of dates {dates.valid(change)}:")
        print(f"        before {change['was']}, now {change['becomes']};")
        print(f"        known at an instant before {since}: still {change['was']}")
    if content["events"] and not content["changes"]:
        print("    Every date is answered as before.")
