"""The boundary with a real language model: small, on this machine, and often wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boundary.local_model import NAME, NoLocalModel, local_model, weights

from evaluator.models.chat import BlockingChat, Chat
from evaluator.models.dialect import ChatRequest
from evaluator.support.judge import JudgeScorer
from tests.e2e.models.assistant import Assistant

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    try:
        weights()
    except NoLocalModel as missing:
        pytest.skip(str(missing))
    with local_model() as url:
        yield url


def test_the_server_refuses_a_schema_by_name_and_keeps_to_one_in_a_json_object(endpoint: str) -> None:
    schema = {"type": "object", "properties": {"number": {"enum": [7]}}, "required": ["number"]}
    asked = ChatRequest(NAME, [{"role": "user", "content": "A number?"}], {"temperature": 0, "max_tokens": 30}, schema)
    with BlockingChat(Chat(endpoint, seconds=300)) as chat:
        reply = chat.ask(asked)
    assert json.loads(reply.answer) == {"number": 7}
    assert reply.stepped_down == ("response_format json_object with schema",)


def test_a_stream_says_when_its_first_token_came(endpoint: str) -> None:
    asked = ChatRequest(NAME, [{"role": "user", "content": "Say yes."}], {"max_tokens": 5}, stream=True)
    with BlockingChat(Chat(endpoint, seconds=300)) as chat:
        reply = chat.ask(asked)
    assert reply.answer
    assert reply.first_token_ms is not None


def test_as_a_judge_it_gives_a_verdict(endpoint: str) -> None:
    with BlockingChat(Chat(endpoint, seconds=300)) as chat:
        judge = JudgeScorer(chat, NAME, timeout=300, parameters={"temperature": 0, "max_tokens": 100})
        found = judge.support("Refunds take 30 days.", ["Refunds take 30 days from delivery."])
    assert found.verdict == "ERROR" or found.score is not None
    assert found.reasons


def test_what_it_chooses_is_checked_before_a_customer_reads_it(assistant: Assistant, tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    facts = {"order": "A1", "region": "US", "condition": "damaged"}
    asked: dict[str, Any] = {"question": "Is a damaged vase eligible for a return?", "as_of": "2025-04-01T00:00:00Z"}
    words = {"P-7@2#1": "within 30 days of delivery"}
    expected = {"decision": "eligible", "policy_id": "P-7", "citations": ["P-7@2#1"], "words": words}
    expected |= {"must_not_cite": [], "forbidden_actions": []}
    for number, days in enumerate(("12", "400")):
        case = {"id": str(number), "group": "vase", **asked, "expected": expected}
        case |= {"facts": {**facts, "days_since_delivery": days}}
        with cases.open("a") as out:
            out.write(json.dumps(case) + "\n")
    done = assistant("--local", "--cases", cases, "--traces", tmp_path / "traces.jsonl")
    assert done.returncode == 0, done.stderr
    soon, late = map(json.loads, (tmp_path / "traces.jsonl").read_text().splitlines())
    assert soon["escalation"] is not None or soon["answer"]["eligible"] is True
    assert late["escalation"] is not None or late["answer"]["eligible"] is False
    assert soon["chosen"]
