"""The commands `asof-eval export demonstrations` and `asof-eval export preferences`, each with its two steps."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.options import HomeOption, open_home

if TYPE_CHECKING:
    from evaluator.files.json_lines import Line
    from evaluator.training.answer_contract import AnswerContract
    from evaluator.training.rows import Candidate
    from evaluator.training.trace_candidates import CandidateWriter, Judged, Made

CandidatesArgument = Annotated[
    Path | None, typer.Argument(metavar="CANDIDATES.jsonl", help="Second step: one candidate a line.")
]
FromTracesOption = Annotated[
    Path | None,
    typer.Option("--from-traces", metavar="TRACES.jsonl", help="First step: make candidates of these answers."),
]
ChecksOption = Annotated[
    list[Path] | None,
    typer.Option("--checks", metavar="CHECKS", help="What was checked of the traces, as route takes it; repeatable."),
]
CasesOption = Annotated[
    Path | None,
    typer.Option("--cases", metavar="CASES.jsonl", help="The cases they answer: question, facts, as_of."),
]
ChosenFromOption = Annotated[
    Path | None,
    typer.Option("--chosen-from", metavar="TRACES.jsonl", help="Other answers to the cases, to prefer if they passed."),
]
ChosenChecksOption = Annotated[
    list[Path] | None,
    typer.Option("--chosen-checks", metavar="CHECKS", help="What was checked of those other answers; repeatable."),
]
SystemOption = Annotated[
    Path | None, typer.Option("--system", metavar="FILE", help="The system message that the model was given: a text.")
]
HeldOutOption = Annotated[
    list[Path] | None,
    typer.Option("--held-out", metavar="FILE", help="An evaluation file that must not be trained on; repeatable."),
]
SchemaOption = Annotated[
    Path | None,
    typer.Option("--schema", metavar="FILE", help="JSON Schema of an answer. Default: eligible, policy_id, evidence."),
]
NoSchemaOption = Annotated[bool, typer.Option("--no-schema", help="The task has no JSON contract: answers are prose.")]
SkipOption = Annotated[
    bool, typer.Option("--skip-refused", help="Print the accepted rows although others are refused, and exit 0.")
]

FIRST = ("checks", "cases", "chosen_from", "chosen_checks", "system")
SECOND = ("schema", "no_schema", "skip_refused")
"""The options of one step alone."""


def register(app: typer.Typer) -> None:
    export = typer.Typer(no_args_is_help=True, help="Makes training rows of what went wrong, and of what went right.")
    export.command()(demonstrations)
    export.command()(preferences)
    app.add_typer(export, name="export")


def demonstrations(
    context: typer.Context,
    candidates: CandidatesArgument = None,
    from_traces: FromTracesOption = None,
    checks: ChecksOption = None,
    cases: CasesOption = None,
    system: SystemOption = None,
    held_out: HeldOutOption = None,
    schema: SchemaOption = None,
    no_schema: NoSchemaOption = False,
    skip_refused: SkipOption = False,
    home: HomeOption = None,
) -> None:
    """Prints demonstrations as chat messages, or names every candidate that must not be trained on.

    A candidate is {"id", "prompt", "response"} and may have "system", "trace_ids" and "citations". The response keeps
    the contract of --schema. One that repeats 8 words of a policy has to cite the passage, so that no rule is learnt
    without its version. With --from-traces, answers whose checks all passed are printed as candidates.

    Example: asof-eval export demonstrations candidates.jsonl --held-out evals/policy_cases.jsonl > rows.jsonl
    """
    from evaluator.training.rows import demonstration

    if traces := _first_step(context, candidates, from_traces):
        judged = _judged(traces, checks, cases)
        _print_candidates(_writer(context, home, held_out, system).demonstrations(judged))
    elif candidates:
        _export(context, candidates, demonstration, held_out, _contract(schema, no_schema), skip_refused, home)


def preferences(
    context: typer.Context,
    candidates: CandidatesArgument = None,
    from_traces: FromTracesOption = None,
    checks: ChecksOption = None,
    cases: CasesOption = None,
    chosen_from: ChosenFromOption = None,
    chosen_checks: ChosenChecksOption = None,
    system: SystemOption = None,
    held_out: HeldOutOption = None,
    schema: SchemaOption = None,
    no_schema: NoSchemaOption = False,
    skip_refused: SkipOption = False,
    home: HomeOption = None,
) -> None:
    """Prints preference pairs as prompt, chosen and rejected, or names every candidate that must not be trained on.

    First step: asof-eval export preferences --from-traces traces.jsonl --checks decisions.json > pairs.jsonl

    Each answer that failed a check becomes a candidate. Chosen is an answer that passed, to the same case from the same
    evidence. Where there is none, "chosen" is null and "to_write" true: write it, then take "to_write" away.

    Second step: a candidate is {"id", "prompt", "chosen", "rejected", "reason"} and may have the fields of a
    demonstration. What is chosen has to be as a demonstration's response.

    Example: asof-eval export preferences pairs.jsonl --held-out evals/policy_cases.jsonl > pairs-for-dpo.jsonl
    """
    from evaluator.training.rows import preference

    if traces := _first_step(context, candidates, from_traces):
        if (chosen_from is None) != (not chosen_checks):
            raise typer.BadParameter("--chosen-from and --chosen-checks go together")
        judged = _judged(traces, checks, cases)
        better = _judged(chosen_from, chosen_checks, cases) if chosen_from else []
        _print_candidates(_writer(context, home, held_out, system).preferences(judged, better))
    elif candidates:
        _export(context, candidates, preference, held_out, _contract(schema, no_schema), skip_refused, home)


def _first_step(context: typer.Context, candidates: Path | None, from_traces: Path | None) -> Path | None:
    """The traces to make candidates of; None where candidates are to be exported. Options of the other step are misuse.

    Checks are needed: of a trace without any nobody can say whether it passed.
    """
    if (candidates is None) == (from_traces is None):
        raise typer.BadParameter("give either CANDIDATES.jsonl or --from-traces TRACES.jsonl")
    for name in FIRST if candidates else SECOND:
        if context.params.get(name):
            needs = "--from-traces" if candidates else "CANDIDATES.jsonl, which is the next step"
            raise typer.BadParameter(f"--{name.replace('_', '-')} goes with {needs}")
    if from_traces and not context.params.get("checks"):
        raise typer.BadParameter("--from-traces needs --checks, which say what passed and what failed")
    if from_traces and not context.params.get("held_out"):
        typer.echo(
            "Nothing is held out: if these traces answer cases that you evaluate on, name their files with --held-out, "
            "or a model will be trained on what it is measured by.",
            err=True,
        )
    return from_traces


def _judged(traces: Path, checks: list[Path] | None, cases: Path | None) -> "list[Judged]":
    from evaluator.files.policy_cases import read_policy_cases
    from evaluator.training.trace_candidates import read_judged

    return read_judged(traces, checks or [], read_policy_cases(cases) if cases else [])


def _writer(
    context: typer.Context, home: Path | None, held_out: list[Path] | None, system: Path | None
) -> "CandidateWriter":
    from evaluator.training.held_out import Index, read_held_out
    from evaluator.training.shown_prompt import Prompts
    from evaluator.training.trace_candidates import CandidateWriter, read_system

    prompts, index = Prompts(open_home(context, home).ledger), Index(read_held_out(held_out or []))
    return CandidateWriter(prompts, index, None if system is None else read_system(system))


def _print_candidates(made: "Made") -> None:
    from retriever.entrypoints.printing import inert, print_json

    for problem in made.left_out:
        typer.echo(inert(f"left out: {problem}"), err=True)
    for candidate in made.candidates:
        print_json(candidate, indent=None)
    to_write = f", {made.to_write:,} of them with an answer to be written" if made.to_write else ""
    typer.echo(f"{len(made.candidates):,} candidates{to_write}; {len(made.left_out):,} traces left out", err=True)


def _contract(schema: Path | None, no_schema: bool) -> "AnswerContract | None":
    from evaluator.training.answer_contract import AnswerContract

    if schema and no_schema:
        raise typer.BadParameter("give either --schema or --no-schema")
    return None if no_schema else AnswerContract.read(schema) if schema else AnswerContract()


def _export(
    context: typer.Context,
    path: Path,
    parse: "Callable[[Line], Candidate]",
    held_out: list[Path] | None,
    contract: "AnswerContract | None",
    skip_refused: bool,
    home: Path | None,
) -> None:
    """Prints all rows; none where any is refused and refused ones are not to be skipped."""
    from evaluator.training.held_out import read_held_out
    from evaluator.training.rows import export
    from retriever.entrypoints.printing import inert, print_json

    made = export(path, parse, open_home(context, home).ledger, read_held_out(held_out or []), contract)
    for refusal in made.refused:
        typer.echo(inert(str(refusal)), err=True)
    if made.refused and not skip_refused:
        typer.echo(f"{len(made.refused):,} refused, nothing printed; mend them or add --skip-refused", err=True)
        raise typer.Exit(1)
    for row in made.rows:
        print_json(row, indent=None)
