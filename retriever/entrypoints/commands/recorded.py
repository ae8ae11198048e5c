"""What a write came to, or would come to, as commands print it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from retriever.entrypoints.options import open_home

if TYPE_CHECKING:
    from indexer.writer import Written
    from policies.change import Change
    from retriever.bootstrap import Asof


def record(changes: Sequence["Change"], context: typer.Context, dry_run: bool, home: Path | None, json: bool) -> None:
    """Records the changes, or says what they would come to, and prints what both clocks answer then."""
    from policies.errors import RevisionBegan
    from policies.instant import format_instant
    from retriever.entrypoints.printing import print_json, progress
    from retriever.inspecting.both_clocks import proposed_and_told, recorded_and_told, with_its_commit

    asof = open_home(context, home)
    since = None
    try:
        if dry_run:
            proposal = asof.ledger.propose(changes)
            since = format_instant(proposal.steps[0].event.recorded_at) if proposal.steps else None
            content = proposed_and_told(proposal, asof.ledger)
        else:
            content = recorded_and_told(asof.ledger, asof.write(changes, progress))
            since = content["recorded_at"]
    except RevisionBegan as error:
        raise with_its_commit(error, asof.ledger) from error
    if json:
        print_json(content)
        return
    print_events(content)
    _print_undone(asof, content)
    _print_changes(content, since)
    if dry_run:
        print("Nothing was recorded; without --dry-run it is.")
    else:
        print_transactions(content)


def _print_undone(asof: "Asof", content: dict[str, Any]) -> None:
    """Says which transactions are taken back."""
    from policies.amending.taking_back import named_together

    for event in content["events"]:
        if event.get("undoes"):
            undone = asof.ledger.events_of(event["undoes"])
            print(f"    takes back {named_together([undone[tx] for tx in event['undoes']])}")


def _print_changes(content: dict[str, Any], since: str | None) -> None:
    from retriever.entrypoints.printing import day, inert

    then = "then" if content["dry_run"] else "now"
    for change in content["changes"]:
        period = f"{day(change['valid_from'])} to {day(change['valid_to'])}"
        print(f"    {change['policy_id']} as of {period}: before {change['was']}, {then} {change['becomes']};")
        print(f"        known at an instant before {day(since)}: still {change['was']}")
    for said_of in content["described"]:
        was, becomes = (
            "nothing" if value is None else day(value) if said_of["field"] == "review_by" else inert(value)
            for value in (said_of["was"], said_of["becomes"])
        )
        print(f"    {said_of['version']} {said_of['field'].replace('_', ' ')}: {was} -> {becomes}")
    if content["events"] and not content["changes"]:
        print("    Every date is answered as before.")


def print_written(written: "Written", json: bool, also: dict[str, Any] | None = None) -> None:
    """Prints what a write came to."""
    from retriever.entrypoints.printing import print_json
    from retriever.inspecting.inspection import written_content

    content = written_content(written)
    if json:
        print_json({**content, **(also or {})})
    else:
        print_events(content)
        print_transactions(content)


def print_transactions(content: dict[str, Any]) -> None:
    """Prints by which transactions a write was recorded, for who may want to undo it."""
    if content["events"]:
        print(transactions([event["tx"] for event in content["events"]]))


def transactions(txs: Sequence[int]) -> str:
    """The sentence that says by which transactions something was recorded."""
    if len(txs) == 1:
        return f"Recorded as transaction {txs[0]}."
    return f"Recorded as transactions {txs[0]} to {txs[-1]}."


def print_events(content: dict[str, Any]) -> None:
    """Prints the events of a write, a line each, and what was recorded already."""
    from retriever.entrypoints.printing import day

    events, unchanged = content["events"], content["unchanged"]
    for event in events:
        periods = ", ".join(f"{day(p['valid_from'])} to {day(p['valid_to'])}" for p in event["periods"])
        corrected = f"  corrects {event['corrects']}" if "corrects" in event else ""
        print(f"{event['kind']:<9} {event['version'] or event['policy_id']}  {periods}{corrected}".rstrip())
    for version in unchanged:
        print(f"unchanged {version}  is already recorded")
    if not events and not unchanged:
        print("Nothing changed.")
