"""Commands that compare: two revisions, or the policies before and after publishing."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import (
    CasesOption,
    FilesArgument,
    HomeOption,
    JsonOption,
    ReplaceScheduledOption,
    StrictOption,
    of_revision,
    open_home,
)

if TYPE_CHECKING:
    from retriever.inspecting.rehearsal import Rehearsal

REFUSED = 1
PLAN_CASES = "asof.plan_cases"
"""The group of entry points where the evaluator offers the comparison for `plan --cases`."""

WARNED = 4
"""The exit code of a plan with a warning."""


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("plan")(plan)
    app.command("diff")(diff)


def plan(
    context: typer.Context,
    files: FilesArgument,
    replace_scheduled: ReplaceScheduledOption = False,
    cases: CasesOption = None,
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
    from retriever.entrypoints.commands.telling.folders import (
        authored_changes,
        check_folder,
        linted,
        outcomes_content,
        print_other_dates,
        print_outcomes,
    )
    from retriever.entrypoints.commands.telling.plans import print_plan
    from retriever.entrypoints.commands.telling.recorded import Calendars
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
        print_plan({**content, "unchanged": []} if authored.folders else content, calendars)
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
    from retriever.entrypoints.commands.telling.differences import print_difference
    from retriever.entrypoints.printing import print_json

    content = open_home(context, home).diff(before, after)
    if json:
        print_json(content)
        return
    print_difference(before, after, content)
