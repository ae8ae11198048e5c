"""The command `asof-eval route`: failed traces by owner, with the rule that fired and why."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.checks_file import Checked
    from evaluator.measured import Before
    from evaluator.routing import Routing
    from evaluator.traced import Traced

SHOWN = 12
"""How many ids of one owner a table lists; --json has all."""


def register(app: typer.Typer) -> None:
    """Adds the command to an app."""
    app.command("route")(route)


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
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help="Rules in place of those that are shipped.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Sends each failed trace to the one who can mend it, by what was measured, and says which rule fired.

    Checks are what `asof-eval citations`, `decisions` and `contract` print with --json. A trace passes where every
    check of it passed; what was not measured goes to be investigated.

    Example: asof-eval route traces.jsonl --checks citations.json --checks decisions.json --cases cases.jsonl
    """
    from evaluator.checks_file import read_checked
    from evaluator.errors import UnmatchedAnswer
    from evaluator.routing import route_all
    from evaluator.routing_rules import read_rules
    from evaluator.traced import read_needs, read_traced
    from retriever.entrypoints.printing import print_json

    ordered = read_rules(rules)
    needs = {} if cases is None else read_needs(cases)
    traced = read_traced(traces, needs)
    checked = read_checked(checks or [])
    known = {it.id for it in traced}
    if stray := next((id for id in checked.results if id not in known), None):
        raise UnmatchedAnswer(f"{checked.places[stray]}: id is {stray!r}, which no trace of {traces} has")
    before = _before(
        read_checked(baseline or []),
        {} if baseline_traces is None else {it.id: it for it in read_traced(baseline_traces)},
    )
    answered = {it.case for it in traced}
    routing = route_all(traced, checked.results, ordered, before, (id for id in needs if id not in answered))
    if json:
        print_json(routing.content())
    else:
        _print(routing)


def _before(checked: "Checked", traces: Mapping[str, "Traced"]) -> dict[str, "Before"]:
    from evaluator.measured import Before

    return {
        id: Before(results, results.digest or (traces[id].digest if id in traces else None))
        for id, results in checked.results.items()
    }


def _print(routing: "Routing") -> None:
    from collections import Counter

    from retriever.entrypoints.printing import console, inert, table

    failed = len(routing.routes)
    print(f"traces {routing.traces:,}, passed {routing.traces - failed:,}, not passed {failed:,}")
    if routing.unanswered:
        print(f"cases without a trace {len(routing.unanswered):,}: {inert(', '.join(routing.unanswered[:SHOWN]))}")
    if not routing.routes:
        return
    rows = table("owner", "traces", "rules", "updates weights", "ids")
    for owner, routes in routing.by_owner().items():
        fired = Counter(it.rule.name for it in routes)
        weights = Counter(it.rule.updates_weights for it in routes)
        ids = ", ".join(it.id for it in routes[:SHOWN]) + (
            f" and {len(routes) - SHOWN:,} more" if len(routes) > SHOWN else ""
        )
        rows.add_row(
            owner,
            f"{len(routes):,}",
            ", ".join(f"{name} {count:,}" for name, count in fired.most_common()),
            "no" if not weights[True] else f"{weights[True]:,} of {len(routes):,}",
            inert(ids),
        )
    console().print(rows)
    for rule in dict.fromkeys(it.rule.name for it in routing.routes):
        first = next(it for it in routing.routes if it.rule.name == rule)
        print(f"{rule}: {first.rule.action}")
