import asyncio
import json
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.models.chat import Chat, patient
from evaluator.positions.calls import CallStore
from evaluator.positions.endpoint import Endpoint, EndpointRefused
from evaluator.positions.results import Results
from evaluator.positions.simulation.planted import Bias, parse_points
from evaluator.positions.simulation.simulated_reader import Faults, Reader, app
from evaluator.positions.sweep import FAILURES_IN_A_ROW, Plan, asked, bill, calls
from evaluator.positions.tokens import Price
from tests.evaluator.positions.positions_made import THINGS, colour_cases, colour_settings

PLAN = Plan("simulated-test", {"temperature": 0}, (0, 1, 2, 3, 4), ("rank", "edges"))
ANSWERS = {case.question: case.answers for case in colour_cases()}
SURE = Bias(parse_points("0:1,1:0,3:0,4:1"), oracle=1, closed_book=0)


def sweep(folder: Path, reader: Reader | httpx2.MockTransport, plan: Plan = PLAN, retries: int = 8) -> Results:
    """A sweep of the six colours with the reader in this process."""
    made = calls(plan, colour_settings(ranked=True))
    transport = reader if isinstance(reader, httpx2.MockTransport) else httpx2.ASGITransport(app(reader))

    async def quickly(seconds: float) -> None:
        await asyncio.sleep(0)

    async def run(store: CallStore) -> dict[str, str]:
        repeats = patient(retries, late=True)
        chat = Chat("http://reader/v1", seconds=0.2, retries=repeats, sleep=quickly, transport=transport)
        try:
            return await asked(plan, made, store, Endpoint(chat), 3, lambda count: None)
        finally:
            await chat.aclose()

    with CallStore.opened(folder) as store:
        return Results(plan, made, store, asyncio.run(run(store)))


def test_a_planted_curve_comes_back_exactly_where_chances_are_0_and_1(tmp_path: Path) -> None:
    results = sweep(tmp_path, Reader(SURE, ANSWERS))
    content = results.content()
    assert content["correct"]["accuracy"] == [100, 0, 0, 0, 100]
    assert content["correct"]["outcomes"] == [[1, 0, 0, 0, 1]] * 6
    assert content["cites_gold"]["outcomes"] == [[1, 0, 0, 0, 1]] * 6
    assert [content["controls"][arm]["value"] for arm in ("oracle", "closed_book")] == [1, 0]
    assert (content["complete"], content["simulated"]) == (True, True)


def test_both_orders_show_the_same_passages(tmp_path: Path) -> None:
    setting = colour_settings(ranked=True)[0]
    rank, edges = (PLAN.passages(setting, f"order:{order}") for order in ("rank", "edges"))
    assert rank == setting.ranked
    assert edges == tuple(setting.ranked[at] for at in (0, 2, 4, 3, 1))


def test_each_distinct_call_is_made_once_and_never_again(tmp_path: Path) -> None:
    reader = Reader(SURE, ANSWERS)
    first = sweep(tmp_path, reader)
    assert set(reader.received.values()) == {1}
    # The gold passage is at one of five positions, alone, or absent; rank and edges may repeat none of these.
    assert len(reader.received) == len({scored.key for arms in first.scored.values() for scored in arms.values()})
    again = sweep(tmp_path, reader)
    assert set(reader.received.values()) == {1}
    assert again.content() == first.content()


def test_injected_failures_end_complete_and_every_answer_is_given_once(tmp_path: Path) -> None:
    reader = Reader(SURE, ANSWERS, faults=Faults(rate=0.4, stall=0.3))
    results = sweep(tmp_path, reader)
    assert results.missing == []
    assert max(reader.received.values()) > 1
    assert set(reader.answered.values()) == {1}


def test_what_is_missing_is_named_and_a_case_without_a_position_is_in_no_curve(tmp_path: Path) -> None:
    reader = Reader(SURE, ANSWERS, faults=Faults(broken=0.1))
    results = sweep(tmp_path, reader, retries=1)
    broken = {key for key in reader.received if reader.answered[key] == 0}
    assert 0 < len(broken) < 15
    named = {(item["case"], item["arm"]) for item in results.missing}
    assert named == {
        (case, arm) for case, arms in results.scored.items() for arm, scored in arms.items() if scored.key in broken
    }
    assert all(item["error"].startswith("HTTP 500 after 2 sends") for item in results.missing)
    unpaired = {case for case, arm in named if arm.startswith("position")}
    assert set(results.complete_cases()) == set(results.scored) - unpaired
    assert results.curve().content()["n"] == 6 - len(unpaired)
    assert not results.content()["complete"]


def test_only_what_was_missing_is_asked_for_in_the_next_run(tmp_path: Path) -> None:
    broken = Reader(SURE, ANSWERS, faults=Faults(broken=0.1))
    missing = {item["call"] for item in _missing_calls(sweep(tmp_path, broken, retries=0))}
    mended = Reader(SURE, ANSWERS)
    assert sweep(tmp_path, mended).missing == []
    assert set(mended.received) == missing


def _missing_calls(results: Results) -> list[dict[str, str]]:
    return [results.scored[item["case"]][item["arm"]].content() for item in results.missing]


def test_an_endpoint_that_is_gone_is_not_asked_to_the_end(tmp_path: Path) -> None:
    sent: Counter[str] = Counter()

    def gone(request: httpx2.Request) -> httpx2.Response:
        sent["sends"] += 1
        raise httpx2.ConnectError("refused")

    results = sweep(tmp_path, httpx2.MockTransport(gone), retries=0)
    assert sent["sends"] < FAILURES_IN_A_ROW + 3
    assert len(results.missing) == 6 * 9
    assert results.missing[-1]["error"] == "not asked: the endpoint had failed at 25 calls in a row"


def at_fault(status: int, things: Collection[str]) -> httpx2.MockTransport:
    """A reader that answers questions about these things with a status, all others."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked = json.loads(request.content)["messages"][-1]["content"].rpartition("Question: ")[2]
        if any(f"the {thing}\n" in asked for thing in things):
            return httpx2.Response(status, text="too long")
        return httpx2.Response(200, json={"choices": [{"message": {"content": "red"}}]})

    return httpx2.MockTransport(answer)


def test_requests_that_are_at_fault_are_named_and_end_nothing(tmp_path: Path) -> None:
    results = sweep(tmp_path, at_fault(400, THINGS[:5]))
    assert len(results.missing) == 5 * 9 > FAILURES_IN_A_ROW
    assert {item["error"] for item in results.missing} == {"HTTP 400 after 1 send: too long"}
    assert results.complete_cases() == ["snow"]


def test_calls_that_always_fail_keep_no_other_from_being_asked_in_the_next_run(tmp_path: Path) -> None:
    broken = at_fault(500, THINGS[:5])
    assert sweep(tmp_path, broken, retries=0).complete_cases() == []
    assert sweep(tmp_path, broken, retries=0).complete_cases() == ["snow"]


def test_a_refused_key_ends_the_sweep_at_once(tmp_path: Path) -> None:
    with pytest.raises(EndpointRefused, match="401"):
        sweep(tmp_path, httpx2.MockTransport(lambda request: httpx2.Response(401)))


def test_no_more_calls_are_under_way_than_allowed(tmp_path: Path) -> None:
    now, most = 0, 0

    async def answer(request: httpx2.Request) -> httpx2.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            await asyncio.sleep(0.001)
        finally:  # also where the sweep gave up waiting, on a busy machine
            now -= 1
        return httpx2.Response(200, json={"choices": [{"message": {"content": "red"}}]})

    sweep(tmp_path, httpx2.MockTransport(answer))
    assert most == 3


def test_the_bill_counts_what_is_still_to_be_sent(tmp_path: Path) -> None:
    plan = Plan("m", {"max_tokens": 100}, (0, 1, 2, 3, 4))
    made = calls(plan, colour_settings())
    with CallStore.opened(tmp_path) as store:
        due = bill(plan, made, store, lambda text: 10)
    # Six cases of five positions and two controls, each of two messages.
    assert (due.calls, due.kept, due.sent, due.answered_at_most) == (42, 0, 42 * 20, 4200)
    assert due.cost_at_most(Price(sent=1000, answered=10000)) == pytest.approx(0.84 + 42)


@pytest.mark.parametrize(
    ("parameters", "limit"),
    [
        ({"max_tokens": 5000}, 5000),
        ({"max_completion_tokens": 7}, 7),
        ({"max_tokens": 100, "max_completion_tokens": 7}, 100),
        ({}, None),
        ({"max_tokens": -1}, None),
        ({"max_tokens": "many"}, None),
    ],
)
def test_an_answer_is_limited_by_what_is_sent(tmp_path: Path, parameters: dict[str, Any], limit: int | None) -> None:
    plan = Plan("m", parameters, (0, 1, 2, 3, 4))
    assert plan.answer_limit == limit
    with CallStore.opened(tmp_path) as store:
        due = bill(plan, calls(plan, colour_settings()), store, lambda text: 10)
    assert due.answered_at_most == (None if limit is None else 42 * limit)
    assert (due.cost_at_most(Price(1, 1)) is None) == (limit is None)
