"""Commands that show what is recorded: a policy's words, its periods, all policies, and the home."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import (
    AsOfOption,
    HomeOption,
    JsonOption,
    KnownAtOption,
    PolicyIdArgument,
    open_home,
)

if TYPE_CHECKING:
    from retriever.bootstrap import Asof
    from retriever.entrypoints.printing import Dates


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("show")(show)
    app.command("history")(history)
    app.command("policies")(policies)
    app.command("status")(status)


def show(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="A policy, P-7, or one revision, P-7@3.")],
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Prints the words of a policy in force at a date, or of one revision.

    Example: asof show P-7 --as-of 2025-02-01
    """
    from retriever.entrypoints.printing import Dates, inert, print_json
    from retriever.inspecting.inspection import shown_revision

    asof = open_home(context, home)
    content = shown_revision(asof.ledger, policy, as_of, known_at, asof.clock())
    if json:
        print_json(content)
        return
    dates = Dates(asof.calendar)
    period = f"in force {dates.valid(content)}" if content["valid_from"] else "not in force"
    recorded = dates.recorded(content["recorded_at"])
    print(f"{content['version']}  {inert(content['title'])}  ({period}; recorded {recorded})")
    for line in _described(asof, content, dates):
        print(inert(line))
    print(f"\n{inert(content['text'])}")


def _described(asof: "Asof", content: dict[str, Any], dates: "Dates") -> Iterator[str]:
    """Owner, note and review date as they hold, and what the file itself says where a description says otherwise."""
    from policies.instant import format_instant
    from policies.revision import VersionId

    file = asof.ledger.revision(VersionId.parse(content["version"]), asof.ledger.timeline())
    review_by = None if file.review_by is None else format_instant(file.review_by)
    own = {"owner": file.owner, "note": file.note, "review_by": review_by}
    for name, in_file in own.items():
        holds = content[name]
        shown, own_words = (
            "none" if value is None else dates.at(value) if name == "review_by" else value for value in (holds, in_file)
        )
        if holds != in_file:
            yield f"{name.replace('_', ' ')}: {shown} (described since; the file says {own_words})"
        elif holds is not None:
            yield f"{name.replace('_', ' ')}: {shown}"


def history(
    context: typer.Context,
    policy: PolicyIdArgument,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Prints every period of a policy on both clocks, when it applied and when that was known, and every event.

    Example: asof history P-7
    """
    from retriever.entrypoints.commands.upcoming import print_events
    from retriever.entrypoints.printing import Dates, console, inert, print_json, table
    from retriever.inspecting.log import history_with_events

    asof = open_home(context, home)
    content = history_with_events(asof.ledger, policy)
    if json:
        print_json(content)
        return
    dates = Dates(asof.calendar)
    rows = table("revision", dates.heading("in force"), "known", "title")
    for period in content["periods"]:
        rows.add_row(
            "withdrawn" if period["revision"] is None else f"{policy}@{period['revision']}",
            dates.cell(dates.valid(period)),
            dates.known(period["recorded_from"], period["recorded_to"]),
            "(erased)" if period["erased"] else inert(period["title"] or ""),
        )
    console().print(rows)
    print_events(content["events"], dates)


def policies(
    context: typer.Context, as_of: AsOfOption = None, home: HomeOption = None, json: JsonOption = False
) -> None:
    """Lists the policies with the revision in force at a date.

    Example: asof policies --as-of 2025-02-01
    """
    from retriever.entrypoints.printing import Dates, console, inert, print_json, table
    from retriever.inspecting.inspection import listed_policies

    asof = open_home(context, home)
    content = listed_policies(asof.ledger, as_of, asof.clock())
    if json:
        print_json(content)
        return
    dates = Dates(asof.calendar)
    rows = table("policy", "in force", dates.heading("when"), "title")
    for item in content["policies"]:
        version = {"in_force": item["version"], "withdrawn": "withdrawn", "none": "nothing"}[item["state"]]
        rows.add_row(
            item["policy_id"],
            version,
            dates.cell(dates.valid(item)) if item["valid_from"] else "",
            inert(item["title"] or "(erased)"),
        )
    console().print(rows)


def status(context: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Says what the home folder holds and up to which transaction it is searchable.

    Example: asof status --json
    """
    from retriever.entrypoints.home_status import home_status
    from retriever.entrypoints.printing import print_json

    content = home_status(open_home(context, home))
    if json:
        print_json(content)
        return
    for name, value in content.items():
        for shown in value if isinstance(value, list) else [value]:
            print(f"{name:<12} {shown}")
