"""Commands for words that wait for another person's approval: draft, hand in, approve, reject, sign off."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.commands.telling.drafts import print_draft, print_drafts, print_list, print_unreviewed
from retriever.entrypoints.options import AuthorOption, HomeOption, JsonOption, ReplaceScheduledOption, open_home

if TYPE_CHECKING:
    from retriever.access.keys import Key
    from retriever.inspecting.approving.awaiting import Viewer

DraftArgument = Annotated[str, typer.Argument(metavar="DRAFT", help="The id of a draft, such as d-7k2mq9xa.")]
ApprovalNoteOption = Annotated[str | None, typer.Option("--note", help="Why; an erasure of those words removes it.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("draft")(draft)
    app.command("drafts")(drafts)
    app.command("submit")(submit)
    app.command("approve")(approve)
    app.command("reject")(reject)
    app.command("sign-off")(sign_off)


def draft(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Markdown files with front matter.")],
    draft_id: Annotated[
        str | None,
        typer.Option("--id", metavar="DRAFT", help="Edit this draft: the file takes its words' place."),
    ] = None,
    replace_scheduled: ReplaceScheduledOption = False,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Keeps authored files as drafts, each for another person to approve. Nothing of them is in force or found.

    Who writes is whom the key in ASOF_KEY names; without a key, --author. An edit ends an approval, and the draft is
    handed in anew.

    Example: asof draft damaged-items.md --author "Bo Chen"

    Example: asof draft damaged-items.md --id d-7k2mq9xa
    """
    from policies.sources.draft import one_line, read_draft
    from retriever.inspecting.approving.awaiting import seen_draft, writer_of

    if draft_id is not None and len(files) > 1:
        raise typer.BadParameter("--id edits one draft; give one file")
    if folders := [path for path in files if path.is_dir()]:
        raise typer.BadParameter(f"{folders[0]} is a folder; name its files, such as {folders[0]}/*.md")
    asof = open_home(context, home)
    written = [read_draft(path, asof.calendar) for path in files]
    key = asof.key_holder()
    given = None if author is None else one_line(author, "the author", "--author")
    person = writer_of(asof.ledger if asof.has_ledger() else None, key, written, given)
    kept_here = asof.drafts(create=True)
    if draft_id is None:
        kept = kept_here.keep_all(written, person, replace_scheduled=replace_scheduled)
    else:
        seen_draft(asof.ledger, draft_id, _viewer(key))
        kept = [kept_here.edit(draft_id, written[0], person, replace_scheduled=replace_scheduled)]
    print_drafts(asof, kept, json)
    if not json:
        for each in kept:
            print(f"`asof submit {each.id}` hands it in; `asof drafts {each.id}` shows it.")


def drafts(
    context: typer.Context,
    draft_id: Annotated[
        str | None, typer.Argument(metavar="[DRAFT]", help="Show this one: its words, its base, what it changes.")
    ] = None,
    delete: Annotated[
        str | None, typer.Option("--delete", metavar="DRAFT", help="Remove this draft for good; its writers may.")
    ] = None,
    unreviewed: Annotated[
        bool, typer.Option("--unreviewed", help="List what was published without its approval, and is not signed off.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Lists drafts, or shows one. With a key in ASOF_KEY: your own, and if you approve, those that were handed in.

    Example: asof drafts

    Example: asof drafts d-7k2mq9xa
    """
    from retriever.access.authority import authority_of, check_role
    from retriever.access.permissions import Action
    from retriever.entrypoints.printing import Dates, print_json
    from retriever.inspecting.approving.awaiting import draft_content, listed_drafts, seen_draft, shown_draft
    from retriever.inspecting.approving.signatures import unreviewed_content

    if sum((draft_id is not None, delete is not None, unreviewed)) > 1:
        raise typer.BadParameter("give one of DRAFT, --delete and --unreviewed")
    asof = open_home(context, home)
    key = asof.key_holder()
    viewer = _viewer(key)
    if unreviewed:
        print_unreviewed(unreviewed_content(asof.ledger, viewer.labels), Dates(asof.calendar), json)
    elif delete is not None and key is None and asof.drafts().delete_unreadable(delete):
        if json:
            print_json({"id": delete})
        else:
            print(f"deleted   {delete}  which could not be read")
    elif delete is not None:
        check_role(key, Action.WRITE)
        seen_draft(asof.ledger, delete, viewer)
        everyone = key is None or authority_of(key).decides
        gone = asof.drafts().delete(delete, None if everyone else (key and key.person) or "")
        removed = draft_content(asof.ledger, gone)
        if json:
            print_json(removed)
        else:
            print(f"deleted   {delete}  of {removed['policy_id']}")
    elif draft_id is not None:
        seen = seen_draft(asof.ledger, draft_id, viewer)
        print_draft(asof, shown_draft(asof.ledger, seen, asof.clock(), lambda: asof.splitter), json)
    else:
        print_list(listed_drafts(asof.ledger, viewer), json)


def submit(
    context: typer.Context,
    draft_id: DraftArgument,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Hands a draft in: from now on it waits for another person's approval.

    Example: asof submit d-7k2mq9xa
    """
    from retriever.access.authority import writer
    from retriever.inspecting.approving.awaiting import seen_draft

    asof = open_home(context, home)
    key = asof.key_holder()
    kept = seen_draft(asof.ledger, draft_id, _viewer(key))
    person = writer(key, author or kept.writers[-1].person)
    print_drafts(asof, [asof.drafts().submit(draft_id, person)], json)
    if not json:
        print(f"`asof approve {draft_id}`, under the key of an approver who did not write it, puts it in force.")


def approve(
    context: typer.Context,
    draft_id: DraftArgument,
    note: ApprovalNoteOption = None,
    later: Annotated[
        bool,
        typer.Option("--later", help="Only approve. `asof approve DRAFT` again, by anyone who writes, publishes it."),
    ] = False,
    digest: Annotated[
        str | None, typer.Option("--digest", help="The digest that you have read; refused if the draft has another.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Approves a draft that somebody else wrote, and publishes it. Takes an approver's key in ASOF_KEY.

    The approval names the digest and the base that the draft has now. A draft without `effective` begins now.

    Example: asof approve d-7k2mq9xa --note "as agreed on Monday"
    """
    from policies.approving.kept_draft import check_there
    from policies.change import Approve
    from retriever.access.authority import authority_of, check_role
    from retriever.access.permissions import Action
    from retriever.entrypoints.commands.telling.recorded import Calendars, print_written
    from retriever.entrypoints.printing import inert, progress
    from retriever.inspecting.approving.awaiting import seen_draft

    asof = open_home(context, home)
    key = asof.key_holder()
    check_role(key, Action.WRITE)
    authority = authority_of(key)
    kept = seen_draft(asof.ledger, draft_id, _viewer(key))
    check_there(kept)
    named = kept.digest() if digest is None else digest
    if later:
        approved = asof.drafts().approve_for_later(draft_id, authority, named, _words(note, "--note"))
        print_drafts(asof, [approved], json)
        if not json:
            print(f"Nothing of it is in force yet; `asof approve {draft_id}` again publishes it.")
        return
    if not json:
        base = "nothing recorded" if not kept.base.tx else f"transaction {kept.base.tx}"
        writers = inert(", ".join(deed.person for deed in kept.writers))
        print(f"{draft_id} of {kept.policy_id}, written by {writers} on {base}, digest {named}")
    change = Approve(draft_id, authority, named, _words(note, "--note"))
    written = asof.write([change], progress, authority=authority)
    print_written(written, Calendars(asof.calendar, [kept.draft]), json)


def reject(
    context: typer.Context,
    draft_id: DraftArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; its writer reads it.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Gives a draft back to its writer, with a reason. Takes an approver's key in ASOF_KEY.

    Example: asof reject d-7k2mq9xa --reason "say from which day"
    """
    from retriever.access.authority import authority_of
    from retriever.inspecting.approving.awaiting import seen_draft

    words = _words(reason, "--reason")
    if words is None:
        raise typer.BadParameter("--reason is empty; say what its writer should change")
    asof = open_home(context, home)
    key = asof.key_holder()
    seen_draft(asof.ledger, draft_id, _viewer(key))
    print_drafts(asof, [asof.drafts().reject(draft_id, authority_of(key), words)], json)


def sign_off(
    context: typer.Context,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as P-7@4, which was published by --force.")],
    note: ApprovalNoteOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Says that another person has read what was published without its approval. Takes an approver's key in ASOF_KEY.

    Example: asof sign-off P-7@4 --note "read, and right"
    """
    from policies.change import SignOff
    from policies.revision import VersionId
    from retriever.access.authority import authority_of
    from retriever.entrypoints.commands.telling.recorded import Calendars, print_written
    from retriever.inspecting.inspection import known_version

    asof = open_home(context, home)
    key = asof.key_holder()
    known = known_version(asof.ledger.timeline(), VersionId.parse(version), _viewer(key).labels)
    authority = authority_of(key)
    written = asof.write([SignOff(known, authority, _words(note, "--note"))], authority=authority)
    print_written(written, Calendars(asof.calendar), json)


def _viewer(key: "Key | None") -> "Viewer":
    """What a command shows of drafts: without a key, its caller has the ledger's file."""
    from retriever.inspecting.approving.awaiting import viewer_of

    return viewer_of(key, None if key is None else key.audience)


def _words(text: str | None, option: str) -> str | None:
    from policies.sources.draft import one_line

    return one_line(text, option.strip("-"), option) if text is not None and text.strip() else None
