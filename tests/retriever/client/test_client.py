"""What a real service cannot be made to do: to be busy and then not, to break a connection, to answer nonsense."""

import asyncio
import inspect
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest

import retriever.client
from retriever.client import Answer, AsyncClient, BadAnswer, Client, ProblemError, Receipt, Retries, Unreachable
from retriever.client.calls import RetrieveFields, VerifyFields
from retriever.entrypoints.http.requests import CitationRequest, RetrieveRequest
from retriever.prompt import plain_prompt

QUICK = Retries(most=2, first=0.001)
PROBLEM = {"content-type": "application/problem+json", "x-request-id": "r-1"}
READY = httpx.Response(200, json={"status": "ready", "generation": 3})
BUSY = httpx.Response(503, json={"code": "busy", "detail": "Another process is writing"}, headers=PROBLEM)
REFUSED = httpx.ConnectError("connection refused")
BROKEN = httpx.ReadError("connection reset")

Outcome = httpx.Response | Exception


class Script:
    """A transport that gives these outcomes one after the other, and keeps what was sent."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return httpx.Response(outcome.status_code, headers=outcome.headers, content=outcome.content)


Ask = Callable[[Script, str], Any]


@pytest.fixture(params=["waited for", "awaited"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Calls a method of a client over a script, of either kind."""

    def waited_for(script: Script, method: str, *given: Any) -> Any:
        with Client("http://asof", transport=httpx.MockTransport(script), retries=QUICK) as client:
            return getattr(client, method)(*given)

    async def awaited(script: Script, method: str, *given: Any) -> Any:
        async with AsyncClient("http://asof", transport=httpx.MockTransport(script), retries=QUICK) as client:
            return await getattr(client, method)(*given)

    if request.param == "waited for":
        return waited_for
    return lambda *given: asyncio.run(awaited(*given))


def test_a_busy_service_is_asked_again(ask: Ask) -> None:
    script = Script(BUSY, httpx.Response(429), READY)
    assert ask(script, "ready")["generation"] == 3
    assert len(script.sent) == 3


def test_the_last_refusal_is_the_one_that_is_raised(ask: Ask) -> None:
    with pytest.raises(ProblemError) as refused:
        ask(Script(httpx.Response(429), httpx.Response(429), BUSY), "ready")
    error = refused.value
    assert (error.status, error.code, error.detail, error.request_id) == (
        503,
        "busy",
        "Another process is writing",
        "r-1",
    )


def test_an_answer_of_a_service_from_before_blocks_is_read_and_rendered(ask: Ask) -> None:
    item = {
        "citation": "P-7@2#1",
        "policy_id": "P-7",
        "revision": 2,
        "title": "T",
        "section": [],
        "text": "**Words.**",
        "char_start": 0,
        "char_end": 10,
        "text_sha256": "0" * 64,
        "valid_from": "2024-01-01T00:00:00Z",
        "valid_to": None,
        "recorded_at": "2024-01-01T00:00:00Z",
        "applicability": "applies",
        "rank": 1,
        "scores": {"dense": 0.5, "bm25": 1.0, "fused": 1.0},
    }
    receipt = {"id": "1", "generation": 1, "pipeline": "p", "evidence_digest": "e", "request": {"as_of": "2024-02-01"}}
    whole = {"receipt": receipt, "evidence": [item], "abstained": None, "tokens": 3}
    [found] = ask(Script(httpx.Response(200, json=whole)), "retrieve", "Which words?").evidence
    assert (found.text, found.words, found.governed_by, found.passages, found.best) == (
        "**Words.**",
        None,
        (),
        (),
        None,
    )
    answer = Answer(Receipt(**receipt), (found,), None, 3)
    assert "\ntext:\n**Words.**\n" in plain_prompt(asdict(answer))


@pytest.mark.parametrize("outcome", [REFUSED, BROKEN, httpx.RemoteProtocolError("server disconnected")])
def test_a_question_is_asked_again_over_a_new_connection(ask: Ask, outcome: Exception) -> None:
    assert ask(Script(outcome, READY), "ready")["status"] == "ready"


def test_a_time_limit_that_passed_is_not_started_anew(ask: Ask) -> None:
    script = Script(httpx.ReadTimeout("timed out"))
    with pytest.raises(Unreachable) as lost:
        ask(script, "ready")
    assert lost.value.may_have_arrived
    assert len(script.sent) == 1


WRITES: list[tuple[Any, ...]] = [
    ("publish", "P-7", "words"),
    ("withdraw", "P-7", "2025-01-01"),
    ("restore", "P-7", "2025-02-01"),
]
WRITES += [("correct", "P-7", 1, "words"), ("unschedule", "P-7", 2), ("describe", "P-7"), ("undo",)]


@pytest.mark.parametrize("write", WRITES, ids=[write[0] for write in WRITES])
@pytest.mark.parametrize("outcome", [BUSY, httpx.Response(429), BROKEN], ids=["503", "429", "broken"])
def test_a_write_is_sent_again_under_the_same_name(ask: Any, write: tuple[Any, ...], outcome: Outcome) -> None:
    script = Script(outcome, httpx.Response(201, json={"events": []}))
    assert ask(script, *write) == {"events": []}
    first, again = (request.headers["idempotency-key"] for request in script.sent)
    assert first == again
    other = Script(httpx.Response(201, json={"events": []}))
    ask(other, *write)
    assert other.sent[0].headers["idempotency-key"] != first


@pytest.mark.parametrize("write", WRITES, ids=[write[0] for write in WRITES])
def test_a_write_that_found_no_connection_is_sent_again(ask: Any, write: tuple[Any, ...]) -> None:
    assert ask(Script(REFUSED, httpx.Response(201, json={"events": []})), *write) == {"events": []}


@pytest.mark.parametrize("call", [("plan", ["words"]), ("verify", "P-7@1#1"), ("replay", {"id": "x"})])
def test_posts_that_record_nothing_are_sent_again(ask: Any, call: tuple[Any, ...]) -> None:
    script = Script(BUSY, httpx.Response(200, json={"done": True}))
    assert ask(script, *call) == {"done": True}
    first, again = script.sent
    assert first.content == again.content != b""


def test_waits_double_up_to_the_longest_and_are_drawn_from_their_upper_half() -> None:
    retries = Retries(most=9, first=1, longest=5)
    least = [retries.wait(sent, BUSY, draw=lambda: 0.0) for sent in (1, 2, 3, 4)]
    most = [retries.wait(sent, BUSY, draw=lambda: 1.0) for sent in (1, 2, 3, 4)]
    assert least == [0.5, 1, 2, 2.5]
    assert most == [1, 2, 4, 5]
    assert retries.wait(10, BUSY) is None


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("2", 2.0),
        ("0", 0.1),
        ("6", None),
        ("Thu, 01 Jan 1970 00:16:43 GMT", 3.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.1),
        ("later", 0.1),
        ("-1", 0.1),
    ],
)
def test_the_time_that_the_service_names_is_waited_for(text: str, wait: float | None) -> None:
    """At 1000 seconds of the epoch, where the drawn wait is 0.1 and the longest 5."""
    busy = httpx.Response(503, headers={"retry-after": text})
    found = Retries(first=0.1, longest=5).wait(1, busy, draw=lambda: 1.0, now=lambda: 1000.0)
    assert found == wait


def test_retry_after_is_waited_for_in_fact(ask: Ask) -> None:
    before = time.monotonic()
    ask(Script(httpx.Response(429, headers={"retry-after": "1"}), READY), "ready")
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize(
    ("response", "detail"),
    [
        (httpx.Response(502, text="<h1>Bad\n gateway</h1>"), "<h1>Bad gateway</h1>"),
        (httpx.Response(500), "Internal Server Error"),
        (httpx.Response(400, content=b"{", headers=PROBLEM), "{"),
        (httpx.Response(400, json=["no"], headers=PROBLEM), '["no"]'),
        (httpx.Response(400, json={"code": 7}, headers=PROBLEM), '{"code":7}'),
        (httpx.Response(307, headers={"location": "/login"}), "Temporary Redirect"),
    ],
)
def test_a_refusal_that_is_no_problem_document_has_no_code(ask: Ask, response: httpx.Response, detail: str) -> None:
    with pytest.raises(ProblemError) as refused:
        ask(Script(response), "ready")
    assert (refused.value.status, refused.value.code, refused.value.detail) == (response.status_code, None, detail)


@pytest.mark.parametrize("response", [httpx.Response(200, text="<html>"), httpx.Response(200, json=[1])])
@pytest.mark.parametrize("call", [("ready",), ("retrieve", "q")])
def test_an_answer_of_something_else_is_said_to_be_so(ask: Any, response: httpx.Response, call: tuple[str]) -> None:
    with pytest.raises(BadAnswer, match="http://asof/"):
        ask(Script(response), *call)


@pytest.mark.parametrize("method", ["policies", "traces", "log"])
@pytest.mark.parametrize("content", [{"next": None}, {"events": [], "policies": []}, [1]], ids=str)
def test_a_page_of_something_else_is_said_to_be_so(method: str, content: Any) -> None:
    script = Script(httpx.Response(200, json=content))
    with Client("http://asof", transport=httpx.MockTransport(script)) as client, pytest.raises(BadAnswer):
        list(getattr(client, method)())


def test_what_an_answer_lacks_is_named(ask: Any) -> None:
    with pytest.raises(BadAnswer, match="receipt"):
        ask(Script(httpx.Response(200, json={"evidence": [], "abstained": None, "tokens": 0})), "retrieve", "q")


def test_the_key_is_sent_as_a_bearer_and_stands_in_no_message() -> None:
    script = Script(REFUSED)
    transport = httpx.MockTransport(script)
    with (
        Client("http://asof", key="asof_k", transport=transport, retries=Retries(most=0)) as client,
        pytest.raises(Unreachable) as lost,
    ):
        client.ready()
    assert script.sent[0].headers["authorization"] == "Bearer asof_k"
    assert "asof_k" not in str(lost.value)


def test_later_pages_are_of_the_instant_of_the_first() -> None:
    pages = (
        {"as_of": "2025-04-01T00:00:00Z", "policies": [{"policy_id": "A"}], "next": "A"},
        {"as_of": "2025-04-01T00:00:00Z", "policies": [{"policy_id": "B"}], "next": None},
    )
    script = Script(*(httpx.Response(200, json=page) for page in pages))
    with Client("http://asof", transport=httpx.MockTransport(script)) as client:
        assert [policy["policy_id"] for policy in client.policies()] == ["A", "B"]
    assert [dict(request.url.params) for request in script.sent] == [
        {},
        {"as_of": "2025-04-01T00:00:00Z", "after": "A"},
    ]


def listed(kind: type[Client] | type[AsyncClient], script: Script, method: str, **given: Any) -> list[Any]:
    """All that a method of a client of either kind goes through."""
    if kind is Client:
        with Client("http://asof", transport=httpx.MockTransport(script)) as client:
            return list(getattr(client, method)(**given))

    async def awaited() -> list[Any]:
        async with AsyncClient("http://asof", transport=httpx.MockTransport(script)) as client:
            return [item async for item in getattr(client, method)(**given)]

    return asyncio.run(awaited())


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("method", "name", "given", "cursor", "ends"),
    [
        ("policies", "policies", {"as_of": "2025-04-01"}, "after", ("A", "B")),
        ("traces", "traces", {"audience": ["staff"]}, "after", ("t-1", "t-2")),
        ("log", "events", {"policy": "P-7", "since": "2025-01-01"}, "before", (9, 4)),
    ],
)
def test_each_page_is_asked_for_behind_the_one_before_with_the_same_fields(
    kind: type[Client], method: str, name: str, given: dict[str, Any], cursor: str, ends: tuple[Any, Any]
) -> None:
    instant = {"as_of": "2025-04-01T00:00:00Z"} if method == "policies" else {}
    pages: list[dict[str, Any]] = [{name: [{"id": n}], "next": end, **instant} for n, end in enumerate((*ends, None))]
    script = Script(*(httpx.Response(200, json=page) for page in pages))
    assert listed(kind, script, method, **given) == [{"id": 0}, {"id": 1}, {"id": 2}]
    first, *later = [dict(request.url.params) for request in script.sent]
    assert first == {key: value if isinstance(value, str) else value[0] for key, value in given.items()}
    assert later == [{**first, **instant, cursor: str(end)} for end in ends]


def test_fields_are_those_of_the_service() -> None:
    assert RetrieveFields.__optional_keys__ == RetrieveRequest.model_fields.keys() - {"query"}
    assert VerifyFields.__optional_keys__ == CitationRequest.model_fields.keys() - {"citation", "quote"}


def methods(kind: type) -> dict[str, Any]:
    return {name: value for name, value in vars(kind).items() if callable(value) and not name.startswith("_")}


def test_both_clients_have_the_same_methods_with_the_same_parameters() -> None:
    """But for the pieces of a stream, which are awaited too."""

    def parameters(kind: type) -> dict[str, Any]:
        return {name: dict(inspect.signature(method).parameters) for name, method in methods(kind).items()}

    ours, awaited = parameters(Client), parameters(AsyncClient)
    pieces = ours["check_stream"].pop("pieces"), awaited["check_stream"].pop("pieces")
    assert [str(parameter.annotation).rpartition(".")[2] for parameter in pieces] == [
        "Iterable[str | bytes | None]",
        "AsyncIterable[str | bytes | None]",
    ]
    assert ours == awaited
    assert list(ours) == list(awaited)
    assert {"retrieve", "publish", "ready"} <= ours.keys()


def test_both_clients_say_the_same_of_each_method_and_give_the_same() -> None:
    """What one gives one after the other, the other gives for `async for`; all else is awaited."""
    pages = dict.fromkeys(("policies", "traces", "log", "drafts"), "Iterator")
    one_by_one = {"check_stream": "Generator", **pages}
    ours, awaited = methods(Client), methods(AsyncClient)
    for name, method in ours.items():
        assert method.__doc__
        assert awaited[name].__doc__ == method.__doc__, name
        gives = [inspect.signature(each).return_annotation for each in (method, awaited[name])]
        assert inspect.iscoroutinefunction(awaited[name]) == (name not in one_by_one), name
        if name in one_by_one:
            kinds = [each.__origin__.__name__ for each in gives]
            assert kinds == [one_by_one[name], f"Async{one_by_one[name]}"]
            assert gives[0].__args__[0] == gives[1].__args__[0]
        else:
            assert gives[0] == gives[1], name


def test_all_names_are_there_in_order() -> None:
    assert retriever.client.__all__ == sorted(retriever.client.__all__)
    assert all(hasattr(retriever.client, name) for name in retriever.client.__all__)


def test_importing_it_imports_neither_index_nor_models_nor_service() -> None:
    program = "import sys, json, retriever.client; print(json.dumps(sorted(sys.modules)))"
    root = Path(retriever.client.__file__).parent.parent.parent
    loaded = json.loads(subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True).stdout)
    heavy = {"numpy", "faiss", "onnxruntime", "torch", "fastapi", "indexer", "policies", "retriever.answering.pipeline"}
    assert not heavy & set(loaded)
