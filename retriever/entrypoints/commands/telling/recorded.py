"""What a write came to, or would come to, as commands print it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from retriever.entrypoints.options import authority

if TYPE_CHECKING:
    from indexer.writer import Written
    from policies.calendar import Calendar
    from policies.change import Change
    from policies.proposal import Proposal
    from policies.revision import Draft
    from retriever.bootstrap import Asof
    from retriever.entrypoints.printing import Dates


class Calendars:
    """By which calendar each policy's dates are told: by that of its draft, else by the home's."""

    def __init__(self, home: "Calendar", drafts: "Iterable[Draft]" = ()) -> None:
        self._home = home
        self._own = {draft.policy_id: draft.calendar for draft in drafts}

    def dates(self, policy_id: str) -> "Dates":
        from retriever.entrypoints.printing import Dates

        return Dates(self._own.get(policy_id, self._home))


def record(
    asof: "Asof", changes: Sequence["Change"], dry_run: bool, json: bool, findings: dict[str, Any] | None = None
) -> None:
    """Records the changes, or says what they would come to, and prints what both clocks answer then."""
    from policies.change import Correct
    from policies.errors import RevisionBegan
    from policies.instant import format_instant
    from retriever.entrypoints.printing import print_json, progress
    from retriever.inspecting.both_clocks import proposed_and_told, recorded_and_told, with_its_commit

    since, lacking = None, None
    try:
        if dry_run:
            proposal = asof.ledger.propose(changes)
            lacking = _lacking(asof, proposal)
            since = format_instant(proposal.steps[0].event.recorded_at) if proposal.steps else None
            content = proposed_and_told(proposal, asof.ledger)
        else:
            written = asof.write(changes, progress, authority=authority(asof))
            content = recorded_and_told(asof.ledger, written)
            since = content["recorded_at"]
    except RevisionBegan as error:
        raise with_its_commit(error, asof.ledger) from error
    if json:
        print_json({**content, **(findings or {})})
        return
    calendars = Calendars(asof.calendar, [change.draft for change in changes if isinstance(change, Correct)])
    print_events(content, calendars)
    _print_undone(asof, content)
    _print_changes(content, since, calendars)
    if dry_run:
        print("Nothing was recorded; without --dry-run it is." if lacking is None else lacking)
    else:
        print_transactions(content)


def _lacking(asof: "Asof", proposal: "Proposal") -> str | None:
    """Why whoever asks may not record a proposal, which anyone may look at; None where they may."""
    from policies.errors import ApprovalRequired

    try:
        asof.ledger.check_allowed(proposal, authority(asof))
    except ApprovalRequired as error:
        return f"Nothing was recorded, and without --dry-run it would be refused: {error}"
    return None


def _print_undone(asof: "Asof", content: dict[str, Any]) -> None:
    """Says which transactions are taken back."""
    from policies.amending.taking_back import named_together

    for event in content["events"]:
        if event.get("undoes"):
            undone = asof.ledger.events_of(event["undoes"])
            print(f"    takes back {named_together([undone[tx] for tx in event['undoes']])}")


def _print_changes(content: dict[str, Any], since: str | None, calendars: Calendars) -> None:
    from retriever.entrypoints.printing import inert

    then = "then" if content["dry_run"] else "now"
    for change in content["changes"]:
        dates = calendars.dates(change["policy_id"])
        print(f"    {change['policy_id']} as of dates {dates.valid(change)}:")
        print(f"        before {change['was']}, {then} {change['becomes']};")
        if since is not None:
            print(f"        known at an instant before {dates.recorded(since)}: still {change['was']}")
    for said_of in content["described"]:
        dates = calendars.dates(said_of["version"].rpartition("@")[0])
        was, becomes = (
            "nothing" if value is None else dates.at(value) if said_of["field"] == "review_by" else inert(value)
            for value in (said_of["was"], said_of["becomes"])
        )
        print(f"    {said_of['version']} {said_of['field'].replace('_', ' ')}: {was} -> {becomes}")
    if content["events"] and not content["changes"]:
        print("    Every date is answered as before.")


def print_written(written: "Written", calendars: Calendars, json: bool, also: dict[str, Any] | None = None) -> None:
    """Prints what a write came to."""
    from retriever.entrypoints.printing import print_json
    from retriever.inspecting.inspection import written_content

    content = written_content(written)
    if json:
        print_json({**content, **(also or {})})
    else:
        print_events(content, calendars)
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


def print_events(content: dict[str, Any], calendars: Calendars) -> None:
    """Prints the events of a write, a line each, and what was recorded already."""
    from retriever.inspecting.log import set_values

    events, unchanged = content["events"], content["unchanged"]
    for event in events:
        periods = ", ".join(map(calendars.dates(event["policy_id"]).valid, event["periods"]))
        corrected = f"  corrects {event['corrects']}" if "corrects" in event else ""
        set_to = set_values(event.get("settings", {}))
        kind = event["kind"].replace("_", " ")
        print(f"{kind:<9} {event['version'] or event['policy_id'] or set_to}  {periods}{corrected}".rstrip())
    for version in unchanged:
        print(f"unchanged {version}  is already recorded")
    if not events and not unchanged:
        print("Nothing changed.")
