"""Commands that correct or take back what was recorded. What was answered before stays provable."""

from pathlib import Path
from typing import Annotated

import typer

from retriever.entrypoints.commands.telling.recorded import record
from retriever.entrypoints.options import (
    AuthorOption,
    DryRunOption,
    HomeOption,
    JsonOption,
    NoteOption,
    PolicyIdArgument,
    StrictOption,
    VersionArgument,
    of_revision,
    open_home,
    said,
)


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("correct")(correct)
    app.command("undo")(undo)
    app.command("unschedule")(unschedule)
    app.command("describe")(describe)


def correct(
    context: typer.Context,
    version: VersionArgument,
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
    from retriever.entrypoints.commands.telling.folders import told_findings

    asof = open_home(context, home)
    draft = replace(read_draft(file, asof.calendar), author=author)
    changes = [Correct(VersionId.parse(version), draft, note)]
    record(asof, changes, dry_run, json, told_findings(asof, changes, strict, json))


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

    record(open_home(context, home), [Undo(transaction, note, author)], dry_run, json)


def unschedule(
    context: typer.Context,
    version: Annotated[
        str, typer.Argument(metavar="VERSION", callback=of_revision, help="Such as P-7@3; it has not begun.")
    ],
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

    record(open_home(context, home), [Unschedule(VersionId.parse(version), note, author)], dry_run, json)


def describe(
    context: typer.Context,
    policy: PolicyIdArgument,
    owner: Annotated[str | None, typer.Option("--owner", callback=said, help="Who answers for the policy.")] = None,
    note: Annotated[
        str | None, typer.Option("--note", callback=said, help="What is to be known of the policy.")
    ] = None,
    review_by: Annotated[
        str | None, typer.Option("--review-by", metavar="DATE", help="When it is to be read again.")
    ] = None,
    no_owner: Annotated[bool, typer.Option("--no-owner", help="Nobody answers for the policy any more.")] = False,
    no_note: Annotated[bool, typer.Option("--no-note", help="Nothing is to be known of it any more.")] = False,
    no_review_by: Annotated[bool, typer.Option("--no-review-by", help="It is not to be read again.")] = False,
    dry_run: DryRunOption = False,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Sets owner, note or review date of a policy without a new revision, or clears them.

    It holds until a later revision says otherwise, and takes the place of what the revisions in force and scheduled say
    themselves. No answer changes, and every citation stays valid.

    Example: asof describe P-7 --owner returns-team --review-by 2026-06-01
    """
    from policies.change import Describe
    from retriever.asking.query import query_instant

    cleared = {"owner": no_owner, "note": no_note, "review_by": no_review_by}
    given = {"owner": owner, "note": note, "review_by": review_by}
    for name in cleared:
        if cleared[name] and given[name] is not None:
            option = name.replace("_", "-")
            raise typer.BadParameter(f"--{option} and --no-{option} contradict each other; give one of them")
    clears = tuple(name for name in cleared if cleared[name])
    if not clears and not any(value is not None for value in given.values()):
        raise typer.BadParameter("nothing is described; give --owner, --note or --review-by, or a --no- of them")
    asof = open_home(context, home)
    due = query_instant(review_by, "--review-by", asof.calendar.zone)
    record(asof, [Describe(policy, owner, note, due, author, clears)], dry_run, json)
