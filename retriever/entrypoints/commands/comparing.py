"""Commands that compare: two revisions, or the policies before and after publishing."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import (
    FilesArgument,
    HomeOption,
    JsonOption,
    ReplaceScheduledOption,
    StrictOption,
    of_revision,
    open_home,
)

if TYPE_CHECKING:
    from rich.text import Text

    from retriever.entrypoints.commands.recorded import Calendars
    from retriever.entrypoints.printing import Dates
    from retriever.inspecting.rehearsal import Rehearsal

REFUSED = 1
PLAN_CASES = "asof.plan_cases"
"""The group of entry points where the evaluator offers the comparison for `plan --cases`."""

WARNED = 4
"""The exit code of a plan with a warning."""

_KINDS = {
    "lead_in": "lead-in",
    "parent_item": "parent item",
    "table_header": "table header",
    "list_closing": "closing words",
}
"""Kinds of governing words as they are printed, where they are not words of their own."""

_STYLES = {"same": "", "removed": "red strike", "added": "green underline"}
_SIGNS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("plan")(plan)
    app.command("diff")(diff)


def plan(
    context: typer.Context,
    files: FilesArgument,
    replace_scheduled: ReplaceScheduledOption = False,
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="GOLDEN.jsonl", help="Also ask these questions before and after."),
    ] = None,
    strict: StrictOption = False,
    refuse: Annotated[
        bool, typer.Option("--refuse", help="With --cases, exit 1 if a question loses its evidence.")
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Shows what publishing the files would change, and changes nothing.

    With --cases, each question is asked before and after the change. The output shows which questions gain, lose or
    change their evidence. The file has the lines of evals/policy_cases.jsonl or of `asof-eval retrieval`.

    What makes bad evidence, such as tracked changes or a broken table, is told on standard error, under LINT.

    Exits 0 without a warning. Exits 4 with a warning: publishing would hide a scheduled revision, cut an overlay short
    or leave a gap. Exits 1 if publishing would be refused; with --refuse, if a question loses its evidence; with
    --strict, if the lint finds anything.

    Example: asof plan damaged-items.md --cases evals/policy_cases.jsonl --refuse
    """
    from policies.sources.folder import file_outcomes
    from retriever.entrypoints.commands.folders import (
        authored_changes,
        check_folder,
        linted,
        outcomes_content,
        print_other_dates,
        print_outcomes,
    )
    from retriever.entrypoints.commands.recorded import Calendars
    from retriever.entrypoints.printing import print_findings, print_json
    from retriever.inspecting.linting import lint_content
    from retriever.inspecting.linting import refuse as refuse_findings

    if refuse and cases is None:
        raise typer.BadParameter("--refuse is about the questions of --cases; give both")
    compare = None if cases is None else _evaluator()
    asof = open_home(context, home)
    authored, changes = authored_changes(files, asof.calendar, replace_scheduled)
    check_folder(asof, authored, changes)
    made = asof.plan(changes)
    findings = linted(asof, changes)
    outcomes = file_outcomes(authored, made.proposal.sources, made.proposal.unchanged)
    content = made.content() | lint_content(findings) | {"files": outcomes_content(outcomes)}
    if compare is not None and cases is not None:
        content["cases"] = compare(asof.rehearse(changes), cases)
    if json:
        print_json(content)
    else:
        calendars = Calendars(asof.calendar, authored.drafts)
        _print_plan({**content, "unchanged": []} if authored.folders else content, calendars)
        if authored.folders:  # each file has a line of its own
            print_outcomes(outcomes, planned=True)
        print_other_dates(asof, authored.drafts, made.proposal.unchanged)
        if not strict:
            print_findings(findings)
    if strict:
        refuse_findings(findings, planned=True)
    if refuse and (lost := content["cases"]["counts"]["lost"]):
        questions = "1 question loses its" if lost == 1 else f"{lost} questions lose their"
        print(f"asof: {questions} evidence, so --refuse refuses this.", file=sys.stderr)
        raise typer.Exit(REFUSED)
    raise typer.Exit(WARNED if made.warnings else 0)


def _evaluator() -> "Callable[[Rehearsal, Path], dict[str, Any]]":
    """The comparison of answers to golden questions, from the evaluator: this package does not import it."""
    from importlib.metadata import entry_points

    for found in entry_points(group=PLAN_CASES):
        compare: Callable[[Rehearsal, Path], dict[str, Any]] = found.load()
        return compare
    raise typer.BadParameter(
        f"--cases needs the evaluator, and no installed package offers one (entry points {PLAN_CASES}). "
        "Install asof anew, or plan without --cases"
    )


def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="BEFORE", callback=of_revision, help="Such as P-7@2.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", callback=of_revision, help="Such as P-7@3.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Shows what changed between two revisions, passage by passage, with the changed words marked.

    Changed headings, table headers and other governing words come first, each once. A passage whose own words stayed
    under other governing words is "regoverned": it may mean the opposite.

    Example: asof diff P-7@2 P-7@3
    """
    from retriever.entrypoints.printing import print_json

    content = open_home(context, home).diff(before, after)
    if json:
        print_json(content)
        return
    print_difference(before, after, content)


def print_difference(before: str, after: str, content: dict[str, Any]) -> None:
    """Prints what changed of two texts, passage by passage."""
    from retriever.entrypoints.printing import console

    out = console()
    coloured = out.color_system is not None
    out.print(f"{before} -> {after}: {_counted(content['counts'])}")
    for change in content["governing"]:
        places = " -> ".join(f"over {_ordinals(change[side])}" for side in ("before", "after") if change[side])
        out.print(f"\n{_KINDS.get(change['kind'], change['kind'])} {change['change']} {places}".rstrip())
        out.print(_marked(change["words"], coloured))
    for change in content["passages"]:
        if change["kind"] == "unchanged":
            continue
        places = " -> ".join(_ordinals(change[side]) for side in ("all_before", "all_after") if change[side])
        moved = " and moved" if change["moved"] and change["kind"] != "moved" else ""
        out.print(f"\n{change['kind']}{moved} {places}")
        for governing in change["governing"]:
            name = _KINDS.get(governing["kind"], governing["kind"])
            out.print(_marked(governing["words"], coloured, f"  {name} {governing['change']}: "))
        out.print(_marked(change["words"], coloured))


def _counted(counts: dict[str, int]) -> str:
    """How many passages of each kind there are; of the kinds that are not there only the commonest are named."""
    always = ("unchanged", "reworded", "added", "removed")
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count or kind in always)


def _ordinals(ordinals: list[int]) -> str:
    """Passages as a citation names them: `#2-4, #7`."""
    runs: list[list[int]] = []
    for ordinal in ordinals:
        if runs and ordinal == runs[-1][-1] + 1:
            runs[-1].append(ordinal)
        else:
            runs.append([ordinal])
    return ", ".join(f"#{run[0]}" if len(run) == 1 else f"#{run[0]}-{run[-1]}" for run in runs)


def _marked(words: list[dict[str, str]], coloured: bool, begin: str = "    ") -> "Text":
    """Marked words: coloured on a terminal, between [-signs-] and {+signs+} elsewhere."""
    from rich.text import Text

    from retriever.entrypoints.printing import inert

    text = Text(begin)
    for run in words:
        content = inert(" ".join(run["text"].split()))
        opening, closing = ("", "") if coloured else _SIGNS[run["mark"]]
        text.append(f"{opening}{content}{closing} ", style=_STYLES[run["mark"]] if coloured else "")
    return text


def _print_plan(content: dict[str, Any], calendars: "Calendars") -> None:
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
            counts = _counted({kind: revision[kind] for kind in KINDS})
            passages = "1 passage" if revision["passages"] == 1 else f"{revision['passages']} passages"
            print(f"  {revision['version']}: {passages}{base}: {counts}; {revision['to_embed']} to embed")
            for change in revision["governing"]:
                name = f"{_KINDS.get(change['kind'], change['kind'])} {change['change']}"
                over = f" over {_ordinals(change['after'])}" if change["after"] else ""
                print(f"    {name}{over}: {_signed(change['words'])}")
            for change in revision["changes"]:
                print(f"    {change['kind']:<11}{_signed(change['words'])}")
    if content["approval_required"]:
        names = ", ".join(content["approval_required"])
        print(f"Approval is required for {names}: `asof draft FILE` keeps the words for it.")
    for warning in content["warnings"]:
        print(f"WARNING: {inert(warning)}")
    if "cases" in content:
        _print_cases(content["cases"])


def _signed(words: list[dict[str, str]]) -> str:
    """Marked words on one line, between signs."""
    from retriever.entrypoints.printing import inert

    runs = ("{1}{0}{2}".format(run["text"].strip(), *_SIGNS[run["mark"]]) for run in words)
    return inert(" ".join(" ".join(runs).split()))


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
