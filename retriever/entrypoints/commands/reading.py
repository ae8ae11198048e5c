"""Commands that show what is recorded: a policy's words, its periods, all policies, and the home."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import AsOfOption, HomeOption, JsonOption, KnownAtOption, open_home

if TYPE_CHECKING:
    from retriever.bootstrap import Asof


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
    for name in ("owner", "note"):
        if content[name]:
            print(f"{name}: {inert(content[name])}")
    if content["review_by"]:
        print(f"review by: {dates.at(content['review_by'])}")
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
    from retriever.entrypoints.printing import Dates, console, inert, print_json, table
    from retriever.inspecting.log import history_with_events

    asof = open_home(context, home)
    content = history_with_events(asof.ledger, policy)
    if json:
        print_json(content)
        return
    dates = Dates(asof.calendar)
    rows = table("revision", "in force", "known", "title")
    for period in content["periods"]:
        rows.add_row(
            "withdrawn" if period["revision"] is None else f"{policy}@{period['revision']}",
            dates.valid(period),
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
    rows = table("policy", "in force", "when", "title")
    for item in content["policies"]:
        version = {"in_force": item["version"], "withdrawn": "withdrawn", "none": "nothing"}[item["state"]]
        rows.add_row(
            item["policy_id"],
            version,
            dates.valid(item) if item["valid_from"] else "",
            inert(item["title"] or ""),
        )
    console().print(rows)


def status(context: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Says what the home folder holds and up to which transaction it is searchable.

    Example: asof status --json
    """
    from retriever.entrypoints.printing import print_json

    content = _status(open_home(context, home))
    if json:
        print_json(content)
        return
    for name, value in content.items():
        for shown in value if isinstance(value, list) else [value]:
            print(f"{name:<12} {shown}")


def _status(asof: "Asof") -> dict[str, Any]:
    from policies.instant import format_instant

    policies_count, revisions = asof.ledger.counts()
    tx, recorded_at, head = asof.ledger.head()
    problems = [*asof.problems(), *asof.damage()]
    current = asof.index.newest()
    return {
        "home": str(asof.settings.home),
        "policies": policies_count,
        "revisions": revisions,
        "passages": current.snapshot.passages,
        "occurrences": sum(len(placed.passages) for placed in current.snapshot.occurrences.values()),
        "generation": current.number,
        "recorded_at": format_instant(recorded_at),
        "model": current.snapshot.manifest.built.model,
        "precision": current.snapshot.manifest.built.precision,
        "segments": len(current.snapshot.segments),
        "tx": tx,
        "head": head,
        "problems": problems,
    }
