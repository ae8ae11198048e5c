"""The options of the return-decision assistant."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import httpx

EXAMPLES = """\
examples, while `asof serve` runs:
  scripts/returns_assistant --stand-in --fact order=A10234 --fact condition=damaged --fact days_since_delivery=12 \\
      --question "Is order A10234 eligible for a return?" --as-of 2025-04-01
  scripts/returns_assistant --endpoint http://localhost:8000/v1 --model NAME --stream --facts order.json
  scripts/returns_assistant --stand-in --cases evals/policy_cases.jsonl --traces traces.jsonl
  scripts/returns_assistant --endpoint URL --model NAME --cases cases.jsonl --trials 5 --traces traces.jsonl

ASOF_KEY holds the service's key, ASSISTANT_KEY the endpoint's, where they ask for one.
exit: 0 answered (with --cases: all were asked), 3 handed to a person, 1 refused, 2 misuse"""


def parsed_options(description: str | None, given: Sequence[str] | None) -> argparse.Namespace:
    """The options given; exit 2 where they do not go together."""
    parser = argparse.ArgumentParser(
        description=description, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--url", type=_address, default="http://127.0.0.1:8765", help="the service (default %(default)s)")
    add("--endpoint", type=_address, help="an OpenAI-compatible endpoint, such as http://localhost:8000/v1")
    add("--model", help="the endpoint's name of the model")
    add("--stream", action="store_true", help="have the answer streamed, and measure the time to its first token")
    add("--timeout", type=float, default=30.0, help="seconds that an answer may take (default %(default)s)")
    add("--stand-in", action="store_true", help="rules by hand in place of a model; no measure of any model")
    add("--facts", metavar="FILE", help="facts of the order, a JSON object; - reads standard input")
    add("--fact", type=_fact, action="append", default=[], metavar="NAME=VALUE", help="a fact of the order; repeatable")
    add("--question", default="Is this order eligible for a return?", help="default: %(default)s")
    add("--as-of", metavar="DATE", help="the instant asked about: a date (00:00 UTC) or RFC 3339; default now")
    add("--side-effects", type=Path, default=Path(".asof/side-effects.jsonl"), help="the ledger (default %(default)s)")
    add("--cases", type=Path, metavar="CASES.jsonl", help="ask all these instead of one question")
    add("--traces", type=Path, metavar="OUT.jsonl", help="where to write the trace of each case")
    add("--trials", type=int, default=1, metavar="K", help="ask each case so often; traces carry the trial")
    add("--release", help="the release of the assistant, to be named in traces")
    options = parser.parse_args(given)
    if options.stand_in == bool(options.endpoint) or bool(options.endpoint) != bool(options.model):
        parser.error("give either --endpoint with --model, or --stand-in")
    if (options.cases is None) != (options.traces is None):
        parser.error("--cases and --traces go together")
    if options.trials < 1 or (options.trials > 1 and options.cases is None):
        parser.error("--trials is a whole number of at least 1, and goes with --cases")
    return options


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
