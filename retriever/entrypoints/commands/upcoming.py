"""Commands that say what comes next, what is due, and what was done."""

from typing import Annotated, Any

import typer

from retriever.entrypoints.options import AsOfOption, HomeOption, JsonOption, of_policy, open_home

PolicyArgument = Annotated[
    str | None, typer.Argument(metavar="[POLICY]", callback=of_policy, help="Of this policy only. Default all.")
]
WithinOption = Annotated[
    int | None,
    typer.Option("--within", metavar="DAYS", help="How many days ahead to look. Default: scheduled all, due 30."),
]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="How many to print at most. Default all.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("scheduled")(scheduled)
    app.command("due")(due)
    app.command("log")(log)


def scheduled(
    context: typer.Context,
    policy: PolicyArgument = None,
    as_of: AsOfOption = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Only what changes before this date. Default all.")
    ] = None,
    within: WithinOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Lists what comes into force or ends, when, and by which revision; soonest first.

    Example: asof scheduled --within 90
    """
    from retriever.entrypoints.printing import console, day, inert, print_json, table
    from retriever.inspecting.scheduled import scheduled_changes

    asof = open_home(context, home)
    content = scheduled_changes(asof.ledger, asof.clock(), policy=policy, as_of=as_of, until=until, within=within)
    if json:
        print_json(content)
        return
    if not content["changes"]:
        of = f" of {policy}" if policy else ""
        before = f" and before {day(content['until'])}" if content["until"] else ""
        print(
            f"Nothing{of} is scheduled after {day(content['as_of'])}{before}. "
            "`asof publish FILE` schedules a revision whose `effective` lies ahead."
        )
        return
    rows = table("when", "what", "until", "in place of", "owner", "title")
    for item in content["changes"]:
        ends = item["change"] == "ends"
        rows.add_row(
            day(item["at"]),
            f"{item['version']} {'is withdrawn' if item['change'] == 'withdrawn' else item['change']}",
            "" if ends else day(item["until"]),
            item["replaces"] or "",
            inert(item["owner"] or ""),
            inert(item["title"] or "(erased)"),
        )
    console().print(rows)


def due(
    context: typer.Context,
    policy: PolicyArgument = None,
    as_of: AsOfOption = None,
    within: WithinOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Lists reviews, ends that nothing follows, gaps, and withdrawn policies that others still refer to.

    Example: asof due --within 60
    """
    from retriever.entrypoints.printing import console, day, inert, print_json, table
    from retriever.inspecting.due import WITHIN, due_items

    asof = open_home(context, home)
    days = WITHIN if within is None else within
    content = due_items(asof.ledger, asof.clock(), policy=policy, as_of=as_of, within=days)
    if json:
        print_json(content)
        return
    if not content["due"]:
        of = f" for {policy}" if policy else ""
        print(
            f"Nothing is due{of} at {day(content['as_of'])} or within {days} days. "
            "`review_by: DATE` in a policy's front matter sets when it is to be read again."
        )
        return
    rows = table("when", "what", "policy", "owner", "what to do")
    for item in content["due"]:
        rows.add_row(
            day(item["at"]),
            item["kind"].replace("_", " "),
            item["version"],
            inert(item["owner"] or ""),
            item["detail"],
        )
    console().print(rows)


def log(
    context: typer.Context,
    policy: PolicyArgument = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only what was recorded at this instant or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Only what was recorded before this instant.")
    ] = None,
    limit: LimitOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Lists every event with who, when, what and why, the newest first; restrictions and erasures too.

    Example: asof log P-7 --limit 20
    """
    from retriever.entrypoints.printing import print_json
    from retriever.inspecting.log import log_page

    asof = open_home(context, home)
    content = log_page(asof.ledger, policy, since=since, until=until, limit=limit)
    if json:
        print_json(content)
        return
    if not content["events"]:
        print("Nothing was recorded then. Leave out --since and --until to see every event.")
        return
    print_events(content["events"])
    if content["next"] is not None:
        print("There are older events; a higher --limit shows them.")


def print_events(events: list[dict[str, Any]]) -> None:
    """Prints a table of events; `log` and `history` share it."""
    from retriever.entrypoints.printing import console, day, inert, table

    rows = table("tx", "when", "who", "what", "why")
    for event in events:
        rows.add_row(
            str(event["tx"]) if event["commit"] == event["tx"] else f"{event['tx']} with {event['commit']}",
            day(event["recorded_at"]),
            inert(event["author"] or "not recorded"),
            inert(_done(event)),
            inert(event["note"] or ""),
        )
    console().print(rows)


def _numbers(txs: list[int]) -> str:
    """Transactions as a line names them: those in a row by the first and the last."""
    in_a_row = len(txs) > 2 and txs[-1] - txs[0] == len(txs) - 1
    return f"{txs[0]} to {txs[-1]}" if in_a_row else ", ".join(map(str, txs))


def _done(event: dict[str, Any]) -> str:
    """What an event did, in a line."""
    from retriever.entrypoints.printing import day

    parts = [
        f"{'nothing ' if period.get('nothing') else ''}{day(period['valid_from'])} to {day(period['valid_to'])}"
        for period in event["periods"]
    ]
    if event["kind"] == "restrict":
        parts = [f"to {', '.join(event['audience']) or 'nobody'}"]
    if event["kind"] == "describe":
        parts += [f"owner {event['owner']}"] if event["owner"] else []
        parts += [f"review by {day(event['review_by'])}"] if event["review_by"] else []
        parts += [f"no {name.replace('_', ' ')}" for name in event["clears"]]
    if event["corrects"]:
        parts.append(f"corrects {event['corrects']}")
    if event["undoes"]:
        parts.append(f"takes back {_numbers(event['undoes'])}")
    return f"{event['kind']} {event['version'] or event['policy_id']}{', ' if parts else ''}{', '.join(parts)}"
