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
    for line in _described(asof, content):
        print(inert(line))
    print(f"\n{inert(content['text'])}")


def _described(asof: "Asof", content: dict[str, Any]) -> Iterator[str]:
    """Owner, note and review date as they hold, and what the file itself says where a description says otherwise."""
    from policies.instant import format_instant
    from policies.revision import VersionId
    from retriever.entrypoints.printing import day

    file = asof.ledger.revision(VersionId.parse(content["version"]), asof.ledger.timeline())
    review_by = None if file.review_by is None else format_instant(file.review_by)
    own = {"owner": file.owner, "note": file.note, "review_by": review_by}
    for name, in_file in own.items():
        holds = content[name]
        shown, own_words = (
            "none" if value is None else day(value) if name == "review_by" else value for value in (holds, in_file)
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
