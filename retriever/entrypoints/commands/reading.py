"""Commands that show what is recorded: a policy's words, its periods, all policies, and the home."""

from typing import Annotated

import typer

from retriever.entrypoints.options import AsOfOption, HomeOption, JsonOption, KnownAtOption, open_home


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
    from retriever.entrypoints.printing import day, inert, print_json
    from retriever.inspecting.inspection import shown_revision

    asof = open_home(context, home)
    content = shown_revision(asof.ledger, policy, as_of, known_at, asof.clock())
    if json:
        print_json(content)
        return
    period = f"{day(content['valid_from'])} to {day(content['valid_to'])}" if content["valid_from"] else "not in force"
    print(f"{content['version']}  {inert(content['title'])}  ({period}; recorded {day(content['recorded_at'])})")
    for name in ("owner", "note"):
        if content[name]:
            print(f"{name}: {inert(content[name])}")
    if content["review_by"]:
        print(f"review by: {day(content['review_by'])}")
    print(f"\n{inert(content['text'])}")


def history(
    context: typer.Context,
    policy: Annotated[str, typer.Argument(metavar="POLICY")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Prints every period of a policy on both clocks, when it applied and when that was known, and every event.

    Example: asof history P-7
    """
    from retriever.entrypoints.commands.upcoming import print_events
    from retriever.entrypoints.printing import console, day, inert, print_json, table
    from retriever.inspecting.log import history_with_events

    content = history_with_events(open_home(context, home).ledger, policy)
    if json:
        print_json(content)
        return
    rows = table("revision", "in force from", "to", "known from", "to", "title")
    for period in content["periods"]:
        known_to = day(period["recorded_to"]) if period["recorded_to"] else "…"
        rows.add_row(
            "withdrawn" if period["revision"] is None else f"{policy}@{period['revision']}",
            day(period["valid_from"]),
            day(period["valid_to"]),
            day(period["recorded_from"]),
            known_to,
            "(erased)" if period["erased"] else inert(period["title"] or ""),
        )
    console().print(rows)
    print_events(content["events"])


def policies(
    context: typer.Context, as_of: AsOfOption = None, home: HomeOption = None, json: JsonOption = False
) -> None:
    """Lists the policies with the revision in force at a date.

    Example: asof policies --as-of 2025-02-01
    """
    from retriever.entrypoints.printing import console, day, inert, print_json, table
    from retriever.inspecting.inspection import listed_policies

    asof = open_home(context, home)
    content = listed_policies(asof.ledger, as_of, asof.clock())
    if json:
        print_json(content)
        return
    rows = table("policy", "in force", "from", "to", "title")
    for item in content["policies"]:
        version = {"in_force": item["version"], "withdrawn": "withdrawn", "none": "nothing"}[item["state"]]
        rows.add_row(
            item["policy_id"],
            version,
            day(item["valid_from"]) if item["valid_from"] else "",
            day(item["valid_to"]) if item["valid_from"] else "",
            inert(item["title"] or ""),
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
