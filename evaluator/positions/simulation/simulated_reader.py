"""A SIMULATED reader: no language model, but a server of chat completions whose position bias is planted.

It is OpenAI-compatible over real HTTP, so that a sweep, its store and its statistics can be tried where the truth is
known. It answers only to model names that begin with `simulated`, so all its answers stay labelled.
"""

import argparse
import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluator.errors import EvaluatorError
from evaluator.positions.cases import SweepCase
from evaluator.positions.dates import dated_question
from evaluator.positions.prompts import request_key
from evaluator.positions.results import SIMULATED
from evaluator.positions.scoring import holds_answer, holds_words
from evaluator.positions.simulation.planted import Bias, luck, parse_points
from retriever.quoting.untrusted import one_line

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

UNKNOWN = "unknown"

_EXAMPLE = """\
Example: python -m evaluator.positions.simulation.simulated_reader --cases nq.jsonl --curve 0:0.85,9:0.6,19:0.85
"""

_PASSAGE = re.compile(
    r"^=== passage (\w{32}) \[(.+?)\] ===\n(.*?)\n=== end of passage \1 ===$", re.DOTALL | re.MULTILINE
)
_DATA = re.compile(r"^=== data (\w{32}) ===\n(.*?)\n=== end of data \1 ===$", re.DOTALL | re.MULTILINE)
_ASKED = re.compile(r"^(Question|Key): (.*)\n(?:Answer|Value):\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Faults:
    """The share `rate` of sends that meet a fault: 429, 500 or silence for `stall` seconds, a third each.

    Faults are drawn anew for every send. A share `broken` of contents always meets a 500.
    """

    rate: float = 0.0
    broken: float = 0.0
    stall: float = 5.0


@dataclass(frozen=True, slots=True)
class Outdated:
    """The share of answers that are not right that give the rule of another time, with dates in the prompt and without.

    `answers` are those of other times, by question as the prompt shows it. `dated` are the questions with a date. A
    question that is asked of several dates has only the last case's, so each case needs a question of its own here.
    """

    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dated: frozenset[str] = frozenset()
    with_dates: float = 0.0
    without_dates: float = 0.0

    def share(self, question: str) -> float:
        return self.with_dates if question in self.dated else self.without_dates


@dataclass(slots=True)
class Reader:
    """Answers by chance. `answers` holds the accepted ones by question, of all its dates; records need none."""

    bias: Bias
    answers: Mapping[str, Sequence[str]]
    seed: int = 0
    faults: Faults = field(default_factory=Faults)
    delay: float = 0.0
    outdated: Outdated = field(default_factory=Outdated)
    received: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def fault(self, key: str) -> str | None:
        """What happens to this send instead of an answer."""
        if luck(self.seed, "broken", key) < self.faults.broken:
            return "500"
        drawn = luck(self.seed, "fault", key, str(self.received[key]))
        if drawn >= self.faults.rate:
            return None
        return ("429", "500", "stall")[int(3 * drawn / self.faults.rate)]

    def answer(self, prompt: str, key: str) -> str:
        """The right answer with the gold passage's handle, the answer of another time with its handle, or neither."""
        asked = _ASKED.search(prompt)
        if asked is None:
            return UNKNOWN
        question = asked[2]
        if asked[1] == "Key":
            data = _DATA.search(prompt)
            records = json.loads(data[2]) if data else {}
            keys = list(records)
            at = keys.index(question) if question in records else None
            right = self.bias.right(self.seed, question, key, at, len(keys))
            return str(records[question]) if right and at is not None else UNKNOWN
        accepted = self.answers.get(question, ())
        passages = [(match[2], match[3]) for match in _PASSAGE.finditer(prompt)]
        old = self.outdated.answers.get(question, ())
        holds = holds_words if old else holds_answer
        at = next((at for at, (_, text) in enumerate(passages) if holds(text, accepted)), None)
        if not accepted or not self.bias.right(self.seed, question, key, at, len(passages)):
            drawn = luck(self.seed, "outdated", key) < self.outdated.share(question)
            return _cited(passages, old) if drawn else UNKNOWN
        if at is None:
            return accepted[0]
        handle, text = passages[at]
        return f"{next(answer for answer in accepted if holds_answer(text, [answer]))} [{handle}]"


def _cited(passages: Sequence[tuple[str, str]], answers: Sequence[str]) -> str:
    """The first of the answers that a passage holds, with its handle."""
    found = ((answer, handle) for handle, text in passages for answer in answers if holds_words(text, [answer]))
    return next((f"{answer} [{handle}]" for answer, handle in found), UNKNOWN)


def known_answers(cases: Iterable[SweepCase]) -> dict[str, tuple[str, ...]]:
    """The accepted answers by question, as a prompt shows it; a question of several dates has those of all of them."""
    known: dict[str, tuple[str, ...]] = {}
    for case in cases:
        for asked in _asked(case):
            known[asked] = (*known.get(asked, ()), *case.answers)
    return known


def known_outdated(cases: Sequence[SweepCase], with_dates: float, without_dates: float) -> Outdated:
    """The answers of other times by question, and the shares in which they are given."""
    old = {asked: case.outdated for case in cases if case.outdated for asked in _asked(case)}
    questions = frozenset(_asked(case)[-1] for case in cases if case.as_of is not None)
    return Outdated(old, questions, with_dates, without_dates)


def _asked(case: SweepCase) -> tuple[str, ...]:
    """The question as prompts show it: without its date, and with it where it has one."""
    return tuple(map(one_line, (case.question, *([] if case.as_of is None else [dated_question(case)]))))


def app(reader: Reader) -> "Starlette":
    """The server: `POST /v1/chat/completions`, and `GET /calls`, which counts sends and answers by content."""
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def complete(request: "Request") -> "Response":
        try:
            body = await request.json()
        except ClientDisconnect:
            return Response()  # the sweep was killed while it sent, so nobody reads this
        if not str(body.get("model", "")).startswith(SIMULATED):
            said = {"message": f"This reader is simulated: ask it by a model name that begins with {SIMULATED}"}
            return JSONResponse({"error": said}, 404)
        key = request_key(body)
        fault = reader.fault(key)
        reader.received[key] += 1
        if fault is not None:
            await asyncio.sleep(reader.faults.stall if fault == "stall" else 0)
            status, headers = (429, {"retry-after": "0"}) if fault == "429" else (500, None)
            return JSONResponse({"error": {"message": "injected"}}, status, headers)
        await asyncio.sleep(reader.delay)
        answer = reader.answer(body["messages"][-1]["content"], key)
        reader.answered[key] += 1
        return JSONResponse(_completion(body, key, answer))

    async def calls(request: "Request") -> "Response":
        return JSONResponse({"received": dict(reader.received), "answered": dict(reader.answered)})

    return Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"]), Route("/calls", calls)])


def _completion(body: Mapping[str, Any], key: str, answer: str) -> dict[str, Any]:
    words = sum(len(message["content"].split()) for message in body["messages"])
    return {
        "id": f"simulated-{key[:24]}",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": words, "completion_tokens": 1, "total_tokens": words + 1},
    }


def main() -> None:
    """Serves a simulated reader on the loopback interface until it is stopped."""
    import uvicorn

    from evaluator.positions.cases import read_sweep_cases

    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=Path, help="the cases of the sweep, whose answers it has to know")
    parser.add_argument("--curve", default="0:0.85,4:0.6,9:0.6,14:0.6,19:0.85", help="POSITION:CHANCE,... from 0")
    parser.add_argument("--oracle", type=float, default=0.95, help="the chance with the gold passage alone")
    parser.add_argument("--closed-book", type=float, default=0.05, help="the chance without the gold passage")
    parser.add_argument("--shared", type=float, default=0.0, help="the share of luck that a question's positions share")
    parser.add_argument("--outdated", type=float, default=0.0, help="the share of other answers that are outdated")
    parser.add_argument("--outdated-dated", type=float, default=0.0, help="the same where the prompt shows dates")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=float, default=0.0, help="the share of sends that meet a 429, 500 or silence")
    parser.add_argument("--broken", type=float, default=0.0, help="the share of contents that always meet a 500")
    parser.add_argument("--stall", type=float, default=5.0, help="seconds of an injected silence")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--port", type=int, default=8766)
    given = parser.parse_args()
    try:
        points, cases = parse_points(given.curve), read_sweep_cases(given.cases) if given.cases else []
    except (ValueError, EvaluatorError) as error:
        parser.error(str(error))
    bias = Bias(points, given.oracle, given.closed_book, given.shared)
    faults = Faults(given.faults, given.broken, given.stall)
    outdated = known_outdated(cases, given.outdated_dated, given.outdated)
    reader = Reader(bias, known_answers(cases), given.seed, faults, given.delay, outdated)
    uvicorn.run(app(reader), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
