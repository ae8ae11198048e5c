"""The command `asof-eval route`: failed traces by owner, with the rule that fired and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.routing.routing import Routing

SHOWN = 12
"""How many cases of one rule are listed; --json and --html have all."""


def register(app: typer.Typer) -> None:
    app.command()(route)


def route(
    traces: Annotated[Path, typer.Argument(metavar="TRACES.jsonl", help="The answers, one trace a line.")],
    checks: Annotated[
        list[Path] | None,
        typer.Option("--checks", metavar="CHECKS", help="What was checked of them, JSON or JSON Lines; repeatable."),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="CASES.jsonl", help="The cases they answer: tells what fact was needed."),
    ] = None,
    baseline: Annotated[
        list[Path] | None,
        typer.Option("--baseline", metavar="CHECKS", help="What was checked of a baseline's answers; repeatable."),
    ] = None,
    baseline_traces: Annotated[
        Path | None,
        typer.Option("--baseline-traces", metavar="TRACES.jsonl", help="The baseline's answers: tells its evidence."),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(
            "--groups", metavar="ROWS.jsonl", help="Lines with id and group, such as contract rows: paraphrases."
        ),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help="Rules in place of those that are shipped.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page that fetches nothing.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Sends each failed trace to the owner who can mend it, by what was measured, and says which rule fired.

    Checks are what `asof-eval citations`, `decisions` and `contract` print with --json. A trace passes where all its
    checks passed. A trace that was not measured goes to `investigate`. Without --cases, no instant, decision or policy
    can be held against a case, beyond what --checks say.

    Exits 0 whatever was found, once all could be read. `asof-eval gate` is what blocks a release.

    Example: asof-eval route traces.jsonl --checks citations.json --checks decisions.json --cases cases.jsonl
    """
    from evaluator.checks.checks_file import read_checked
    from evaluator.files.policy_cases import read_policy_cases
    from evaluator.routing.matching import before, without_a_trace
    from evaluator.routing.routing import results_of, route_all
    from evaluator.routing.rules import read_rules
    from evaluator.traces.case_trace import read_case_traces, read_groups
    from retriever.entrypoints.printing import print_json

    ordered = read_rules(rules)
    wanted = {} if cases is None else {case.id: case for case in read_policy_cases(cases)}
    traced = read_case_traces(traces, wanted)
    checked = read_checked(checks or [])
    unanswered = without_a_trace(wanted, checked, traced, traces)
    earlier = [] if baseline_traces is None else read_case_traces(baseline_traces)
    was = before(traced, read_checked(baseline or []), earlier)
    grouped = {} if groups is None else read_groups(groups)
    routing = route_all(traced, results_of(traced, checked.results), ordered, was, unanswered, grouped)
    if html is not None:
        from evaluator.files.atomic_write import write_whole
        from evaluator.routing.page import page

        write_whole(html, page(routing))
    if json:
        print_json(routing.content())
    else:
        _print(routing)


def _print(routing: "Routing") -> None:
    from evaluator.routing.routing import CASELESS
    from retriever.entrypoints.printing import console, inert, table
    from retriever.quoting.untrusted import one_line

    failed = len(routing.routes)
    print(f"traces {routing.traces:,}, passed {routing.traces - failed:,}, not passed {failed:,}")
    if routing.caseless:
        print(f"traces without a case {routing.caseless:,}: {CASELESS}")
    if routing.unanswered:
        print(f"cases without a trace {len(routing.unanswered):,}: {inert(', '.join(routing.unanswered[:SHOWN]))}")
    if not routing.routes:
        return
    rows = table("owner", "traces", "the model's weights")
    for owner, routes in routing.by_owner().items():
        rows.add_row(owner, f"{len(routes):,}", routes[0].weights)
    console().print(rows)
    for rule, routes in routing.by_rule().items():
        print(f"\n{rule}: {routes[0].rule.action}")
        print(f"  {routes[0].rule.owner}, {len(routes):,}:")
        for route in routes[:SHOWN]:
            print(inert(f"  {route.place}"))
            print(f"    {one_line('; '.join(route.reasons))}")
        if len(routes) > SHOWN:
            print(f"  and {len(routes) - SHOWN:,} more; --json has all")
