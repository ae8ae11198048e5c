import asyncio
from typing import Any

import httpx
import pytest

from evaluator.positions.cases import Passage, SweepCase
from evaluator.positions.dates import dated
from evaluator.positions.prompts import request
from evaluator.positions.settings import Setting
from evaluator.positions.simulation.planted import Bias, parse_points
from evaluator.positions.simulation.simulated_reader import Faults, Reader, app, known_answers, known_outdated
from tests.evaluator.positions.positions_made import colour_cases, colour_settings, lamp_case

MIDDLE = Bias(parse_points("0:0,1:0,2:1,3:0,4:0"), oracle=1, closed_book=0)
RECORDS = tuple(Passage(f"key{number}", f"value{number}") for number in range(5))
CASE = SweepCase("1", "key-value", "key2", ("value2",), "key2", RECORDS[2])


def asked(reader: Reader, *bodies: dict[str, Any]) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app(reader)), base_url="http://reader") as http:
            return [await http.post("/v1/chat/completions", json=body) for body in bodies]

    return asyncio.run(run())


def answer(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    said: str = response.json()["choices"][0]["message"]["content"]
    return said


def test_it_finds_the_passage_at_the_position_where_its_curve_says_so_and_cites_it() -> None:
    setting = colour_settings()[0]
    bodies = [request("simulated", {}, setting.case, setting.at(position)) for position in range(5)]
    said = [answer(response) for response in asked(Reader(MIDDLE, known_answers(colour_cases())), *bodies)]
    assert said == ["unknown", "unknown", "red [3]", "unknown", "unknown"]


def test_it_finds_a_record_by_its_place_among_the_others() -> None:
    moved = [RECORDS[2], *RECORDS[:2], *RECORDS[3:]]
    middle, first, alone, none = (
        answer(response)
        for response in asked(
            Reader(MIDDLE, {}),
            *(request("simulated", {}, CASE, shown) for shown in (RECORDS, moved, [RECORDS[2]], [])),
        )
    )
    assert (middle, first, alone, none) == ("value2", "unknown", "value2", "unknown")


def test_the_same_content_is_answered_the_same_whatever_came_before() -> None:
    reader = Reader(Bias(parse_points("0:0.5")), known_answers(colour_cases()), seed=4)
    bodies = [request("simulated", {}, setting.case, setting.at(0)) for setting in colour_settings()]
    there = [answer(response) for response in asked(reader, *bodies)]
    back = [answer(response) for response in asked(reader, *reversed(bodies))]
    assert there == back[::-1]


def test_it_takes_no_name_that_could_pass_for_a_models() -> None:
    (refused,) = asked(Reader(MIDDLE, {}), request("gpt", {}, CASE, RECORDS))
    assert refused.status_code == 404
    (taken,) = asked(Reader(MIDDLE, {}), request("simulated-u", {}, CASE, RECORDS))
    assert (taken.json()["model"], taken.json()["id"][:9]) == ("simulated-u", "simulated")


def test_faults_come_at_their_rate_and_are_drawn_anew_for_each_send() -> None:
    reader = Reader(MIDDLE, {}, faults=Faults(rate=0.3, stall=0))
    statuses = [response.status_code for response in asked(reader, *[request("simulated", {}, CASE, RECORDS)] * 300)]
    # 300 sends at 0.3: 90, with a standard deviation of 8.
    assert sum(status != 200 for status in statuses) == pytest.approx(90, abs=32)
    assert {429, 500, 200} == set(statuses)
    assert reader.received.total() == 300
    assert reader.answered.total() == statuses.count(200)


def test_of_what_is_not_right_it_answers_a_planted_share_by_the_rule_of_another_time() -> None:
    case = lamp_case()
    reader = Reader(
        Bias(parse_points("0:0"), oracle=0, closed_book=0),
        known_answers([case]),
        outdated=known_outdated([case], with_dates=0, without_dates=1),
    )
    old, new = Passage("", "within 7 days", numbered=True, outdated=True), Passage("", "within 30 days", numbered=True)
    setting = dated(Setting(case, new, (Passage("", "within 27 days", numbered=True), old)))
    bodies = [request("simulated", {}, case, shown) for shown in ([new, old], [old, new], [new])]
    with_dates = request("simulated", {}, setting.case, setting.at(0))
    said = [answer(response) for response in asked(reader, *bodies, with_dates)]
    assert said == ["7 days [2]", "7 days [1]", "unknown", "unknown"]
