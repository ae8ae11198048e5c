"""A sweep: every case at every position, its controls and its orders, each distinct call made once."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluator.positions.calls import CallStore
from evaluator.positions.cases import Passage
from evaluator.positions.endpoint import CallFailed, Endpoint, EndpointFailed, EndpointRefused
from evaluator.positions.prompts import request, request_key
from evaluator.positions.settings import CLOSED_BOOK, CONTROLS, ORACLE, Setting
from evaluator.positions.tokens import Bill, CountTokens
from retriever.evidence.ordering import ordered

FAILURES_IN_A_ROW = 25
"""After this many failed calls in a row, each with all its repeats, the endpoint is taken to be gone."""

LIMITS = ("max_tokens", "max_completion_tokens")
"""The parameters by which an endpoint limits an answer; the second is the first's newer name."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls for every setting: positions, controls, orders; `positions` count from 0."""

    model: str
    parameters: Mapping[str, Any]
    positions: tuple[int, ...]
    orders: tuple[str, ...] = ()

    @property
    def answer_limit(self) -> int | None:
        """The most tokens of an answer, by the parameters; None where they set no limit."""
        limits = [self.parameters[name] for name in LIMITS if name in self.parameters]
        return max(limits, default=None) if all(type(limit) is int and limit > 0 for limit in limits) else None

    @property
    def arms(self) -> tuple[str, ...]:
        at = (f"position:{position}" for position in self.positions)
        return (*at, *CONTROLS, *(f"order:{order}" for order in self.orders))

    def passages(self, setting: Setting, arm: str) -> tuple[Passage, ...]:
        """The passages of a call, in their order."""
        kind, _, value = arm.partition(":")
        if kind == "position":
            return setting.at(int(value))
        if kind == "order":
            return tuple(ordered(setting.ranked, value))
        return {CLOSED_BOOK: (), ORACLE: (setting.gold,)}[kind]

    def body(self, setting: Setting, arm: str) -> dict[str, Any]:
        return request(self.model, dict(self.parameters), setting.case, self.passages(setting, arm))


@dataclass(frozen=True, slots=True)
class Call:
    """One arm of one setting, and the key that its answer is kept under."""

    setting: Setting
    arm: str
    key: str


def calls(plan: Plan, settings: Sequence[Setting]) -> list[Call]:
    """Every call, in the order of the cases; two with the same request have the same key."""
    return [Call(setting, arm, request_key(plan.body(setting, arm))) for setting in settings for arm in plan.arms]


def bill(plan: Plan, made: Sequence[Call], store: CallStore, count: CountTokens) -> Bill:
    """What is still to be sent. All positions of a setting hold the same words, so only one of them is counted."""
    distinct = {call.key: call for call in made}
    counted: dict[tuple[str, bool, str], int] = {}
    sent = 0
    for call in distinct.values():
        if call.key in store:
            continue
        same = (call.setting.case.id, call.setting.dated, call.arm.partition(":")[0])
        if same not in counted:
            messages = plan.body(call.setting, call.arm)["messages"]
            counted[same] = sum(count(message["content"]) for message in messages)
        sent += counted[same]
    kept = sum(key in store for key in distinct)
    limit = plan.answer_limit
    return Bill(len(distinct), kept, sent, None if limit is None else (len(distinct) - kept) * limit)


@dataclass(slots=True)
class _Progress:
    """What the workers of a sweep share."""

    waiting: Iterator[Call]
    failures: dict[str, str] = field(default_factory=dict)
    in_a_row: int = 0
    refused: EndpointRefused | None = None

    @property
    def over(self) -> bool:
        return self.refused is not None or self.in_a_row >= FAILURES_IN_A_ROW


async def asked(
    plan: Plan,
    made: Sequence[Call],
    store: CallStore,
    endpoint: Endpoint,
    concurrency: int,
    advance: Callable[[int], None],
) -> dict[str, str]:
    """Makes the calls that the store has no answer to, and gives the reason of each failed call by its key.

    Calls that failed in an earlier run come last, so that they hinder no others. After FAILURES_IN_A_ROW failures of
    the endpoint no more calls are made, and the rest have no reason. EndpointRefused where it refuses every call.
    """
    distinct = {call.key: call for call in made if call.key not in store}
    progress = _Progress(iter(sorted(distinct.values(), key=lambda call: call.key in store.failed)))
    workers = (_work(plan, progress, store, endpoint, advance) for _ in range(concurrency))
    await asyncio.gather(*workers)
    if progress.refused is not None:
        raise progress.refused
    return progress.failures


async def _work(
    plan: Plan, progress: _Progress, store: CallStore, endpoint: Endpoint, advance: Callable[[int], None]
) -> None:
    for call in progress.waiting:
        store.ask(call.key)
        try:
            reply = await endpoint.ask(plan.body(call.setting, call.arm))
        except EndpointRefused as refusal:
            store.fail(call.key)
            progress.refused = refusal
        except CallFailed as failure:
            store.fail(call.key)
            progress.failures[call.key] = str(failure)
            progress.in_a_row = progress.in_a_row + 1 if isinstance(failure, EndpointFailed) else 0
        else:
            store.keep(call.key, reply)
            await store.sync()
            progress.in_a_row = 0
        advance(1)
        if progress.over:
            return
