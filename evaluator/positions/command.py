"""The command `asof-eval positions`."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from retriever.entrypoints.options import HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from evaluator.positions.calls import CallStore
    from evaluator.positions.cases import SweepCase
    from evaluator.positions.outdated import Dates, Outdated
    from evaluator.positions.results import Results
    from evaluator.positions.settings import Others, Setting
    from evaluator.positions.sources import Source
    from evaluator.positions.sweep import Call, Plan
    from evaluator.positions.tokens import Bill, Price

FEWEST = 5
PASSAGES = 20
SHOWN_MISSING = 50
INTERRUPTED = 130
"""128 plus the number of SIGINT, as in shells."""


def register(app: typer.Typer) -> None:
    app.command()(positions)


def positions(
    context: typer.Context,
    cases: Annotated[Path, typer.Option("--cases", metavar="CASES.jsonl", help="Questions with their gold passage.")],
    endpoint: Annotated[str, typer.Option("--endpoint", metavar="URL", help="Such as http://localhost:8000/v1.")],
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="The model's name at the endpoint.")],
    at: Annotated[
        str | None,
        typer.Option("--positions", metavar="0,4,9,...", help="Positions from 0, the first and the last among them."),
    ] = None,
    count: Annotated[int, typer.Option("--count", min=FEWEST, help="So many positions, evenly apart.")] = FEWEST,
    k: Annotated[
        int | None,
        typer.Option("-k", min=FEWEST, help=f"Passages in a prompt. Default {PASSAGES}; for records all of them."),
    ] = None,
    orders: Annotated[
        str | None, typer.Option("--orders", metavar="rank,edges", help="Also compare both orders of the retriever.")
    ] = None,
    others: Annotated[
        Literal["retriever", "outdated"],
        typer.Option("--others", help="Beside the gold passage: the retriever's, or first its other wordings."),
    ] = "retriever",
    dates: Annotated[
        Literal["with", "without", "both"] | None,
        typer.Option("--dates", help="Whether prompts show periods in force, of outdated wordings. Default both."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only so many cases, from the first.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Draws the order of the other passages.")] = 0,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the calls and results.")] = Path(
        "positions"
    ),
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=1000, help="Calls at once.")] = 8,
    timeout: Annotated[float, typer.Option("--timeout", min=0.01, help="Seconds for one send.")] = 60.0,
    retries: Annotated[int, typer.Option("--retries", min=0, help="How often a call is sent again.")] = 5,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="The limit of an answer.")] = 100,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", metavar="NAME=JSON", help="Sent with every call; null takes one out. Repeatable."),
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option("--tokenizer", metavar="TOKENIZER.json", help="Counts tokens; else an estimate.")
    ] = None,
    price_in: Annotated[float | None, typer.Option("--price-in", min=0, help="Of a million tokens sent.")] = None,
    price_out: Annotated[float | None, typer.Option("--price-out", min=0, help="Of a million answered.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Start without asking.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Finds out whether a reader overlooks what stands in the middle: the gold passage at each of several positions.

    Everything else in a prompt stays the same, and so does its order. The same command goes on where it was stopped,
    and does not ask again for an answer that it has kept. With --home the other passages are those that the home's
    retriever finds for the question as of the case's date. Without --home they are passages of the other cases, ranked
    by BM25. With --others outdated they are what the home's history says in the gold passage's place at other times.
    A key for the endpoint is read from ASOF_ENDPOINT_KEY. Exits 1 where a call has no answer in the end.

    Example: asof-eval positions --cases nq.jsonl --endpoint http://localhost:8000/v1 --model llama-3-8b --yes
    """
    from evaluator.models.address import base_url
    from evaluator.positions.calls import CallStore
    from evaluator.positions.cases import read_sweep_cases
    from evaluator.positions.outdated import results, sides
    from evaluator.positions.reports.files import write
    from evaluator.positions.sweep import Plan, bill, calls
    from evaluator.positions.tokens import ESTIMATED, Price, estimated_tokens, tokenizer_count

    if (price_in is None) != (price_out is None):
        raise typer.BadParameter("give --price-in and --price-out, or neither")
    url = base_url(endpoint)
    price = None if price_in is None or price_out is None else Price(price_in, price_out)
    read = read_sweep_cases(cases, limit)
    key_value = read[0].kind == "key-value"
    passages = k or (min(len(case.given) for case in read) + 1 if key_value else PASSAGES)
    plan = Plan(model, _parameters(max_tokens, parameter), _positions(at, count, passages), _orders(orders, key_value))
    _check_others(others, dates, read, plan.orders)
    settings = _settings(read, _source(context, home, read), passages, seed, bool(plan.orders), others)
    by_side = sides(settings, (dates or "both") if others == "outdated" else None)
    made = [call for side in by_side.values() for call in calls(plan, side)]
    counter = estimated_tokens if tokenizer is None else tokenizer_count(tokenizer)
    with CallStore.opened(out) as store:
        due = bill(plan, made, store, counter)
        _announce(due, price, ESTIMATED if tokenizer is None else f"counted by {tokenizer.name}", len(store.in_flight))
        if due.calls > due.kept and not yes and sys.stdin.isatty():
            typer.confirm("Start?", abort=True, err=True)
        try:
            failures = _ask(plan, made, store, url, concurrency, timeout, retries)
        except KeyboardInterrupt:
            print(f"Stopped. {len(store):,} answers are kept in {out}; the same command goes on", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        found, stepped_down, empty = results(plan, by_side, store, failures), store.stepped_down, store.empty
    if empty:
        print(f"{empty:,} answers are empty or refusals, and count as not right", file=sys.stderr)
    if stepped_down:
        print(f"The endpoint was asked otherwise than wanted: {', '.join(stepped_down)}", file=sys.stderr)
    if no_picture := write(found, out):
        print(no_picture, file=sys.stderr)
    _print(found, out, json)
    if found.missing:
        raise typer.Exit(1)


def _positions(text: str | None, count: int, k: int) -> tuple[int, ...]:
    """At least FEWEST positions, the first and the last among them; evenly apart where none are given."""
    if text is None:
        if count > k:
            raise typer.BadParameter(f"--count {count} is more than the {k} passages of a prompt")
        return tuple(number * (k - 1) // (count - 1) for number in range(count))
    try:
        given = tuple(int(item) for item in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--positions {text!r} is not a list of numbers, such as 0,4,9,14,19") from None
    if list(given) != sorted(set(given)) or len(given) < FEWEST or given[0] != 0 or given[-1] != k - 1:
        raise typer.BadParameter(
            f"--positions {text} has to rise from 0 to {k - 1}, the last of {k} passages, over {FEWEST} or more"
        )
    return given


def _orders(text: str | None, key_value: bool) -> tuple[str, ...]:
    if text is None:
        return ()
    if key_value:
        raise typer.BadParameter("--orders is for passages that a retriever ranks; records have no rank")
    if {*text.split(",")} != {"rank", "edges"}:
        raise typer.BadParameter(f"--orders {text!r} is not rank,edges")
    return ("rank", "edges")


def _parameters(max_tokens: int, given: Sequence[str] | None) -> Mapping[str, Any]:
    """What is sent with every call, besides model and messages."""
    from evaluator.models.parameters import read_parameters

    try:
        return read_parameters(given or (), {"max_tokens": max_tokens, "temperature": 0})
    except ValueError as error:
        raise typer.BadParameter(f"--parameter {error}") from None


def _source(context: typer.Context, home: Path | None, cases: Sequence["SweepCase"]) -> "Source":
    """The home where --home names one, before or after the command's name; else the other cases."""
    from evaluator.positions.sources import HomePassages, OtherCases

    named = home or (context.find_root().obj or {}).get("home")
    if named is None and cases[0].kind != "policy":
        return OtherCases(cases)
    return HomePassages(open_home(context, home))


def _check_others(others: "Others", dates: "Dates | None", cases: Sequence["SweepCase"], orders: Sequence[str]) -> None:
    """BadParameter where the options do not go together."""
    if others == "retriever" and dates is not None:
        raise typer.BadParameter("--dates is for --others outdated: passages of the retriever are all in force")
    if others == "outdated" and cases[0].kind != "policy":
        raise typer.BadParameter("--others outdated is for policy cases; other passages have no history")
    if others == "outdated" and orders:
        raise typer.BadParameter("--orders is for the retriever's passages; give it without --others outdated")


def _settings(
    cases: Sequence["SweepCase"], source: "Source", k: int, seed: int, ranked: bool, others: "Others"
) -> list["Setting"]:
    from evaluator.positions.settings import set_among
    from retriever.entrypoints.printing import progress

    settings = []
    with progress("Preparing", len(cases)) as advance:
        for case in cases:
            settings.append(set_among(case, source, k, seed, ranked, others))
            advance(1)
    return settings


def _announce(due: "Bill", price: "Price | None", how: str, in_flight: int) -> None:
    told = f"{due.calls:,} calls, {due.kept:,} of them answered before"
    most = "no limit" if due.answered_at_most is None else f"at most {due.answered_at_most:,}"
    told += f"; to send {due.sent:,} tokens ({how}), to be answered with {most}"
    if price is not None:
        cost = due.cost_at_most(price)
        told += f"; {'no limit to the cost' if cost is None else f'at most {cost:,.2f}'} at the prices given"
    print(told, file=sys.stderr)
    if in_flight:
        told = f"{in_flight:,} calls were on their way when an earlier run ended; they are asked again, "
        print(f"{told}and the endpoint may have counted them before", file=sys.stderr)


def _ask(
    plan: "Plan", made: Sequence["Call"], store: "CallStore", url: str, concurrency: int, timeout: float, retries: int
) -> dict[str, str]:
    import asyncio
    import os

    from evaluator.models.address import checked_key
    from evaluator.models.chat import Chat, patient
    from evaluator.positions.endpoint import KEY_VARIABLE, Endpoint
    from evaluator.positions.sweep import asked
    from retriever.entrypoints.printing import progress

    async def run() -> dict[str, str]:
        left = sum(key not in store for key in {call.key for call in made})
        key = checked_key(os.environ.get(KEY_VARIABLE), KEY_VARIABLE)
        chat = Chat(url, key, seconds=timeout, retries=patient(retries, late=True))
        try:
            with progress("Asking", left) as advance:
                return await asked(plan, made, store, Endpoint(chat), concurrency, advance)
        finally:
            await chat.aclose()

    return asyncio.run(run())


def _print(found: "Results | Outdated", out: Path, json: bool) -> None:
    from evaluator.positions.reports.files import RESULTS
    from retriever.entrypoints.printing import print_json

    if json:
        print_json({name: value for name, value in found.content().items() if name not in ("cases", "shown")})
    else:
        _print_tables(found)
    if cut := found.cut():
        print(f"{cut:,} answers were cut off at their limit of tokens; see --max-tokens", file=sys.stderr)
    if not found.missing:
        print(f"Complete. Results, curve and calls are in {out}", file=sys.stderr)
        return
    missing = f"{len(found.missing):,} calls have no answer"
    print(f"Incomplete: {missing}. The same command asks for them again.", file=sys.stderr)
    said = ""
    for item in found.missing[:SHOWN_MISSING]:
        error = "the same" if item["error"] == said else item["error"]
        print(f"missing: case {item['case']}, {item['arm']}: {error}", file=sys.stderr)
        said = item["error"]
    if any("HTTP 4" in str(item["error"]) for item in found.missing):
        print("Where the endpoint refuses a field, take it out: --parameter temperature=null", file=sys.stderr)
    if len(found.missing) > SHOWN_MISSING:
        print(f"... and {len(found.missing) - SHOWN_MISSING:,} more, all named in {out / RESULTS}", file=sys.stderr)


def _print_tables(found: "Results | Outdated") -> None:
    from evaluator.positions.outdated import Outdated
    from evaluator.positions.reports import outdated
    from evaluator.positions.reports.table import comparison, shape, table_rows
    from evaluator.statistics.estimates_table import print_table

    if found.simulated:
        print("SIMULATED reader: what follows says nothing about any language model")
    if isinstance(found, Outdated):
        print_table(outdated.COLUMNS, outdated.rows(found))
        print("\n".join(outdated.sentences(found)))
        return
    print_table(("position", "right", "95% interval", "cites gold", "95% interval", "n"), table_rows(found))
    reading, orders = found.reading(), found.orders()
    if reading is not None:
        print(shape(reading))
    if orders is not None:
        print(comparison(orders))
