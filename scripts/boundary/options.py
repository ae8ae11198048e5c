"""The options of the return-decision assistant."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import httpx

from boundary.facts import OF_ORDERS
from boundary.side_effects import LEDGER
from evaluator.models.parameters import read_parameters
from policies.instant import now, parse_instant

NOW = 60_000_000
"""So many microseconds from the clock, an instant is still now."""

EXAMPLES = """\
examples, while `asof serve` runs:
  scripts/returns_assistant --stand-in --fact order=A10234 --fact condition=damaged --fact days_since_delivery=12 \\
      --question "Is order A10234 eligible for a return?" --as-of 2025-04-01
  scripts/returns_assistant --endpoint http://localhost:8000/v1 --model NAME --stream --facts order.json --act
  scripts/returns_assistant --local --facts order.json
  scripts/returns_assistant --stand-in --cases evals/policy_cases.jsonl --traces traces.jsonl
  scripts/returns_assistant --endpoint URL --model NAME --cases cases.jsonl --trials 5 --traces traces.jsonl

ASOF_KEY holds the service's key, ASSISTANT_KEY the endpoint's, where they ask for one.
exit: 0 answered (with --cases: all were asked), 3 handed to a person, 1 refused, 2 misuse"""


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are two lines: what is wrong, and where the examples are."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n--help shows examples\n")


def parsed_options(description: str | None, given: Sequence[str] | None) -> argparse.Namespace:
    """The options given; exit 2 where they do not go together."""
    parser = _Parser(description=description, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--url", type=_address, default="http://127.0.0.1:8765", help="the service (default %(default)s)")
    add("--endpoint", type=_address, help="an OpenAI-compatible endpoint, such as http://localhost:8000/v1")
    add("--model", help="the endpoint's name of the model")
    add("--stream", action="store_true", help="have the answer streamed, and measure the time to its first token")
    add("--timeout", type=float, help="seconds that an answer may take (default 30, with --local 300)")
    sent = "sent with every question, such as seed=7; null takes one out (temperature=null); repeatable"
    add("--parameter", type=_parameter, action="append", default=[], metavar="NAME=JSON", help=sent)
    local = "a small model on this machine, for whoever has no endpoint; with it, --choose and --strict"
    add("--local", action="store_true", help=local)
    choose = "the model chooses the deciding sentence and the decision, and writes nothing: for small models"
    add("--choose", action="store_true", help=choose)
    add("--strict", action="store_true", help="a decision that facts and rule do not show goes to a person")
    add("--stand-in", action="store_true", help="rules by hand in place of a model; no measure of any model")
    add("--facts", metavar="FILE", help="trusted facts, a JSON object; - reads standard input")
    add("--fact", type=_fact, action="append", default=[], metavar="NAME=VALUE", help="a trusted fact; repeatable")
    declared = "the facts that there are, a JSON Schema (default: evals/order_facts.json)"
    add("--facts-schema", type=Path, default=OF_ORDERS, metavar="FILE", help=declared)
    add("--question", default="Is this order eligible for a return?", help="default: %(default)s")
    add("--as-of", metavar="DATE", help="the instant asked about: a date (00:00 UTC) or RFC 3339; default now")
    add("--act", action="store_true", help="create the label where one is due; without it, say what would be done")
    add("--side-effects", type=Path, metavar="FILE", help=f"the ledger of what --act does (default {LEDGER})")
    add("--cases", type=Path, metavar="CASES.jsonl", help="ask all these instead of one question")
    add("--traces", type=Path, metavar="OUT.jsonl", help="where to write the trace of each case")
    add("--trials", type=int, default=1, metavar="K", help="ask each case so often; traces carry the trial")
    add("--release", help="the release of the assistant, to be named in traces")
    options = parser.parse_args(given)
    chosen = bool(options.stand_in) + bool(options.local) + bool(options.endpoint)
    if chosen != 1 or bool(options.endpoint) != bool(options.model):
        parser.error("give either --endpoint with --model, or --local, or --stand-in")
    if options.stand_in and (options.choose or options.parameter):
        parser.error("--choose and --parameter go with a model; the stand-in has its own rules")
    options.choose, options.strict = options.choose or options.local, options.strict or options.local
    options.timeout = options.timeout or (300.0 if options.local else 30.0)
    if (options.cases is None) != (options.traces is None):
        parser.error("--cases and --traces go together")
    if wrong := _acts_wrongly(options):
        parser.error(wrong)
    options.side_effects = options.side_effects or LEDGER
    if options.trials < 1 or (options.trials > 1 and options.cases is None):
        parser.error("--trials is a whole number of at least 1, and goes with --cases")
    return options


def _acts_wrongly(options: argparse.Namespace) -> str | None:
    """Why nothing may be done for what is asked."""
    if options.side_effects and not options.act:
        return "--side-effects names the ledger of --act; without --act nothing is done, so leave it out"
    if options.act and options.cases:
        return "--act goes with one question: nothing is done for cases, whose traces say what would be done"
    if options.act and options.as_of is not None and not _is_now(options.as_of):
        return f"--act acts for now alone, and --as-of is {options.as_of}; leave out one of them"
    if options.side_effects not in (None, LEDGER) and not options.side_effects.parent.is_dir():
        return f"--side-effects {options.side_effects}: there is no folder {options.side_effects.parent}; make it first"
    return None


def _is_now(text: str) -> bool:
    try:
        return abs(parse_instant(text) - now()) <= NOW
    except ValueError:
        return False


def _parameter(text: str) -> str:
    try:
        read_parameters([text], {})
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _fact(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is no fact; write NAME=VALUE")
    return name, value


def _address(text: str) -> str:
    try:
        if httpx.URL(text).scheme in ("http", "https") and httpx.URL(text).host:
            return text
    except httpx.InvalidURL:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is no http address")
