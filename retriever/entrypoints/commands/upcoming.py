"""Commands that say what comes next, what is due, and what was done."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import AsOfOption, HomeOption, JsonOption, of_policy, open_home

if TYPE_CHECKING:
    from retriever.entrypoints.printing import Dates

_HAPPENS = {"withdrawn": "is withdrawn", "ends": "is no longer in force"}
"""What happens to a revision at a date: the first one without it."""

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
    from retriever.entrypoints.printing import Dates, console, inert, print_json, table
    from retriever.inspecting.scheduled import scheduled_changes

    asof = open_home(context, home)
    dates = Dates(asof.calendar)
    content = scheduled_changes(asof.ledger, asof.clock(), policy=policy, as_of=as_of, until=until, within=within)
    if json:
        print_json(content)
        return
    if not content["changes"]:
        of = f" of {policy}" if policy else ""
        before = f" and before {dates.at(content['until'])}" if content["until"] else ""
        print(
            f"Nothing{of} is scheduled after {dates.at(content['as_of'])}{before}. "
            "`asof publish FILE` schedules a revision whose `effective` lies ahead."
        )
        return
    rows = table(dates.heading("when"), "what", "holds", "in place of", "owner", "title")
    for item in content["changes"]:
        ends = item["change"] == "ends"
        rows.add_row(
            dates.brief(item["at"]),
            f"{item['version']} {_HAPPENS.get(item['change'], item['change'])}",
            "" if ends else dates.brief_end(item["until"]),
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
    from retriever.entrypoints.printing import Dates, console, inert, print_json, table
    from retriever.inspecting.due import WITHIN, due_items

    asof = open_home(context, home)
    days = WITHIN if within is None else within
    dates = Dates(asof.calendar)
    content = due_items(asof.ledger, asof.clock(), policy=policy, as_of=as_of, within=days)
    if json:
        print_json(content)
        return
    if not content["due"]:
        of = f" for {policy}" if policy else ""
        print(
            f"Nothing is due{of} at {dates.at(content['as_of'])} or within {days} days. "
            "`review_by: DATE` in a policy's front matter sets when it is to be read again."
        )
        return
    rows = table(dates.heading("when"), "what", "policy", "owner", "what to do")
    for item in content["due"]:
        rows.add_row(
            dates.brief(item["at"]),
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
    from retriever.entrypoints.printing import Dates, print_json
    from retriever.inspecting.log import log_page

    asof = open_home(context, home)
    content = log_page(asof.ledger, policy, since=since, until=until, limit=limit)
    if json:
        print_json(content)
        return
    if not content["events"]:
        print("Nothing was recorded then. Leave out --since and --until to see every event.")
        return
    print_events(content["events"], Dates(asof.calendar))
    if content["next"] is not None:
        print("There are older events; a higher --limit shows them.")


def print_events(events: list[dict[str, Any]], dates: "Dates") -> None:
    """Prints a table of events; `log` and `history` share it."""
    from retriever.entrypoints.printing import console, inert, table

    rows = table("tx", dates.recorded_heading("when"), "who", dates.heading("what"), "why")
    rows.columns[1].no_wrap = True
    for event in events:
        rows.add_row(
            str(event["tx"]) if event["commit"] == event["tx"] else f"{event['tx']} with {event['commit']}",
            dates.recorded_brief(event["recorded_at"]),
            inert(event["author"] or "not recorded"),
            inert(_done(event, dates)),
            inert("; ".join(filter(None, (event["note"], _allowed(event))))),
        )
    console().print(rows)


def _allowed(event: dict[str, Any]) -> str | None:
    """By whom an event was approved, or forced, in a line."""
    if (approval := event["approval"]) is not None:
        what = "signed off by" if event["kind"] == "sign_off" else "approved by"
        reason = f": {approval['reason']}" if approval["reason"] else ""
        return f"{what} {approval['person']}{reason}"
    if (forced := event["forced"]) is not None:
        off = f"signed off by {forced['signed_off_by']}" if forced["signed_off_by"] else "not signed off yet"
        reason = f": {forced['reason']}" if forced["reason"] else ""
        return f"forced by {forced['person']}{reason} ({off})"
    return None


def _numbers(txs: list[int]) -> str:
    """Transactions as a line names them: those in a row by the first and the last."""
    in_a_row = len(txs) > 2 and txs[-1] - txs[0] == len(txs) - 1
    return f"{txs[0]} to {txs[-1]}" if in_a_row else ", ".join(map(str, txs))


def _done(event: dict[str, Any], dates: "Dates") -> str:
    """What an event did, in a line."""
    from retriever.inspecting.log import set_values

    parts = [f"{'nothing ' if it.get('nothing') else ''}{dates.brief_period(it)}" for it in event["periods"]]
    if event["kind"] == "restrict":
        parts = [f"to {', '.join(event['audience']) or 'nobody'}"]
    if event["kind"] == "describe":
        parts += [f"owner {event['owner']}"] if event["owner"] else []
        parts += [f"review by {dates.brief(event['review_by'])}"] if event["review_by"] else []
        parts += [f"no {name.replace('_', ' ')}" for name in event["clears"]]
    if event["kind"] == "settings":
        return f"settings {set_values(event['settings'])}"
    if event["corrects"]:
        parts.append(f"corrects {event['corrects']}")
    if event["undoes"]:
        parts.append(f"takes back {_numbers(event['undoes'])}")
    kind = event["kind"].replace("_", " ")
    return f"{kind} {event['version'] or event['policy_id']}{', ' if parts else ''}{', '.join(parts)}"
