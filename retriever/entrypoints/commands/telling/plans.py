"""What publishing would change, as commands print it."""

from typing import TYPE_CHECKING, Any

from retriever.entrypoints.commands.telling.differences import KINDS_IN_WORDS, counted, ordinals, signed

if TYPE_CHECKING:
    from retriever.entrypoints.commands.telling.recorded import Calendars
    from retriever.entrypoints.printing import Dates


def print_plan(content: dict[str, Any], calendars: "Calendars") -> None:
    from policies.comparing.difference import KINDS
    from retriever.entrypoints.printing import inert

    for version in content["unchanged"]:
        print(f"{version} is already recorded: no change")
    for policy in content["policies"]:
        print(f"{policy['policy_id']}")
        dates = calendars.dates(policy["policy_id"])
        print(f"  now    {_timeline(policy['before'], dates) or 'no revision yet'}")
        print(f"  then   {_timeline(policy['after'], dates)}")
        for what in ("superseded", "overlays", "gaps"):
            if policy[what]:
                print(f"  {what}: {_timeline(policy[what], dates)}")
        for revision in policy["revisions"]:
            base = f" against {revision['compared_with']}" if revision["compared_with"] else ""
            counts = counted({kind: revision[kind] for kind in KINDS})
            passages = "1 passage" if revision["passages"] == 1 else f"{revision['passages']} passages"
            print(f"  {revision['version']}: {passages}{base}: {counts}; {revision['to_embed']} to embed")
            for change in revision["governing"]:
                name = f"{KINDS_IN_WORDS.get(change['kind'], change['kind'])} {change['change']}"
                over = f" over {ordinals(change['after'])}" if change["after"] else ""
                print(f"    {name}{over}: {signed(change['words'])}")
            for change in revision["changes"]:
                print(f"    {change['kind']:<11}{signed(change['words'])}")
    if content["approval_required"]:
        names = ", ".join(content["approval_required"])
        print(f"Approval is required for {names}: `asof draft FILE` keeps the words for it.")
    for warning in content["warnings"]:
        print(f"WARNING: {inert(warning)}")
    if "cases" in content:
        _print_cases(content["cases"])


def _print_cases(cases: dict[str, Any]) -> None:
    from retriever.entrypoints.printing import inert

    counts = ", ".join(f"{count} {change}" for change, count in cases["counts"].items())
    held, holds = (sum(question[side]["holds"] for question in cases["questions"]) for side in ("before", "after"))
    print(f"questions: {counts}; with the words that decide (*): {held} before, {holds} after")
    for question in cases["questions"]:
        if question["change"] != "unchanged":
            sides = " -> ".join(_evidence(question[side]) for side in ("before", "after"))
            print(inert(f"  {question['change']:<9} {question['id']} as of {question['as_of']}: {sides}"))


def _evidence(side: dict[str, Any]) -> str:
    citations = ", ".join(side["citations"]) or f"none ({side['abstained']})"
    return f"{citations}{' *' if side['holds'] else ''}"


def _timeline(cells: list[dict[str, Any]], dates: "Dates") -> str:
    def said(cell: dict[str, Any]) -> str:
        if "revision" not in cell:
            return ""
        return "withdrawn " if cell["revision"] is None else f"@{cell['revision']} "

    return " | ".join(f"{said(cell)}{dates.valid(cell)}" for cell in cells)
