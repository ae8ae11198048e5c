"""The command `asof-eval gate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import JsonOption

if TYPE_CHECKING:
    from evaluator.gate.record import Record

BROKEN = 2

SHOWN = 5
"""How many failed answers are printed; the reports have more."""


def register(app: typer.Typer) -> None:
    app.command()(gate)


def gate(
    candidate: Annotated[
        list[Path],
        typer.Option("--candidate", metavar="RUN", help="Folder of a run, or its files; repeatable. docs/gate.md."),
    ],
    baseline: Annotated[
        list[Path] | None,
        typer.Option("--baseline", metavar="RUN", help="The run to compare with, on the same cases; repeatable."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option("--profile", metavar="NAME", help="Shipped rules: starter (for 69 cases, the default) or strict."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", metavar="FILE", help="Rules of your own, as TOML; beside --profile they are added to it."
        ),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases", metavar="CASES.jsonl", help="The cases: tells whoever mends a failure what was needed."
        ),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Also write Markdown, for a pull request.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page that fetches nothing.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="DATE", help="A date to print in the reports. Default none.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Decides by rules whether a candidate ships: SHIP, BLOCK, or NEEDS MORE CASES and how many.

    Reports hold each failure once, with its question, evidence, answer, owner and next action, and say what the next
    stricter profile would need. Several answers a case are told apart by "trial" in the traces.

    Exits 0 for SHIP, 1 for BLOCK, 3 for NEEDS MORE CASES, and 2 where the run is broken: it is unreadable, nothing was
    measured, every judge was in error, or the runs have different cases.

    Example: asof-eval gate --candidate runs/new --baseline runs/old --cases evals/policy_cases.jsonl --html gate.html
    """
    from evaluator.gate.reports.page import record_json

    record = _record(rules, profile, candidate, baseline or [], at, cases)
    try:
        _write(record, junit, markdown, html)
    except OSError as error:
        typer.echo(f"asof-eval gate: {error.filename} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(BROKEN) from error
    if json:
        print(record_json(record), end="")
    else:
        _print(record)
    raise typer.Exit(record.exit_code)


def _record(
    rules: Path | None,
    profile: str | None,
    candidate: list[Path],
    baseline: list[Path],
    at: str | None,
    cases: Path | None,
) -> "Record":
    """The record of the gate; a broken one where the rules or a run cannot be read, or nothing can be decided."""
    from evaluator.files.policy_cases import read_policy_cases
    from evaluator.gate.record import broken, decide
    from evaluator.gate.rules import PROFILES, read_rules
    from evaluator.gate.run import read_run
    from policies.errors import PolicyError
    from policies.instant import format_instant
    from retriever.asking.query import query_instant
    from retriever.errors import RetrieverError

    when, named = None, " and ".join(str(it) for it in (profile, rules) if it is not None) or PROFILES[0]
    try:
        instant = query_instant(at, "--at")
        when = None if instant is None else format_instant(instant)
        read = read_rules(rules, profile or PROFILES[0])
        if rules is not None and profile is not None:
            read = read_rules(profile=profile).and_those_of(read)
        known = {} if cases is None else {case.id: case for case in read_policy_cases(cases)}
        return decide(read, named, read_run(candidate), read_run(baseline) if baseline else None, when, known)
    except (RetrieverError, PolicyError, OSError) as error:
        return broken(str(error), named, when)


def _write(record: "Record", junit: Path | None, markdown: Path | None, html: Path | None) -> None:
    from evaluator.files.atomic_write import write_whole
    from evaluator.gate.reports import junit as junit_report
    from evaluator.gate.reports import markdown as markdown_report
    from evaluator.gate.reports.page import page

    for path, rendering in ((junit, junit_report.junit), (markdown, markdown_report.markdown), (html, page)):
        if path is not None:
            write_whole(path, rendering(record))


def _print(record: "Record") -> None:
    from evaluator.gate.words import estimated, rated
    from evaluator.statistics.estimates_table import print_table
    from retriever.entrypoints.printing import inert

    print(record.title)
    for reason in record.reasons:
        print(inert(f"  {reason}"))
    for title, side in (("candidate", record.candidate), ("baseline", record.baseline)):
        if side is not None:
            named = [
                *side.checkpoints,
                *(f"prompt {it}" for it in side.prompts),
                *(f"release {it}" for it in side.releases),
            ]
            print(inert(f"  {title} {side.where}: {', '.join(named) or 'its traces name nobody'}"))
    for change in record.changed:
        print(inert(f"  changed: {change}"))
    if record.findings:
        print_table(("rule", "verdict"), ((inert(found.rule), found.title) for found in record.findings))
    for measure in record.measures:
        against = f"; baseline {estimated(measure.baseline)}" if measure.baseline else ""
        print(f"{measure.part}, by {measure.by}: {estimated(measure.candidate)}{against}")
    for it in record.repeated:
        against = f"; baseline {rated(it.baseline)}" if it.baseline else ""
        print(f"{it.measure}: {rated(it.candidate)}{against}")
    for failure in record.failures[:SHOWN]:
        print(inert(f"\n{failure.name}"))
        for name, value in failure.lines():
            print(inert(f"  {name}: {' '.join(value.split())}"))
    if len(record.failures) > SHOWN:
        print(f"\nand {len(record.failures) - SHOWN:,} more that failed; --html, --markdown and --json have them")
    if record.profile is not None:
        about = f": {record.about}" if record.about else ""
        print(inert(f"\nRules: the {record.profile} profile{about}."))
    if record.next is not None:
        print(inert(record.next.said))
