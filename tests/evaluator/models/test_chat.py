"""The one client against a real HTTP server that refuses, breaks off, and is busy."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from evaluator.models.chat import BlockingChat, Chat, NoAnswer, patient
from evaluator.models.dialect import ChatRequest
from evaluator.models.reply import LARGEST, Reply, made_reply
from tests.evaluator.models.scripted_endpoint import Said, completion, endpoint, refusal

MESSAGES = [{"role": "user", "content": "Red?"}]
SCHEMA = {"type": "object", "required": ["score"]}
PLAIN = ChatRequest("m", MESSAGES, {"temperature": 0, "max_tokens": 5})
STRUCTURED = ChatRequest("m", MESSAGES, {"temperature": 0}, SCHEMA)
RED = completion("red")


def asked(
    answer: Callable[[dict[str, Any]], Said] | Iterator[Said],
    *requests: ChatRequest,
    retries: int = 3,
    seconds: float = 5.0,
    within: float | None = None,
    key: str | None = None,
) -> tuple[list[Any], list[dict[str, Any]], list[float]]:
    """What each request gives (a reply, or its error), what the server was asked, and the waits in between."""
    waits: list[float] = []

    async def sleep(wait: float) -> None:
        waits.append(wait)

    def scripted(body: dict[str, Any]) -> Said:
        return answer(body) if callable(answer) else next(answer)

    given: list[Any] = []
    with endpoint(scripted) as server:
        chat = Chat(server.url, key, seconds=seconds, retries=patient(retries, late=True), sleep=sleep)
        with BlockingChat(chat) as blocking:
            for request in requests:
                try:
                    given.append(blocking.ask(request, within))
                except NoAnswer as error:
                    given.append(error)
        return given, server.asked, waits


def failure(*said: Said, request: ChatRequest = PLAIN, **options: Any) -> NoAnswer:
    (error,), _, _ = asked(iter(said), request, **options)
    assert isinstance(error, NoAnswer)
    return error


def test_an_answer_comes_with_what_was_sent_for_it() -> None:
    (reply,), (sent,), _ = asked(iter([completion("red", usage={"prompt_tokens": 7, "completion_tokens": 1})]), PLAIN)
    assert reply == Reply("red", "stop", "m", (7, 1))
    expected = {"model": "m", "messages": MESSAGES, "temperature": 0, "max_tokens": 5}
    assert sent == {**expected, "path": "/v1/chat/completions"}


@pytest.mark.parametrize("key", [None, "sk-1"])
def test_a_key_is_sent_where_there_is_one_and_nothing_of_another_account(
    key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-another-account")
    with endpoint(lambda body: RED) as server:
        with BlockingChat(Chat(server.url, key)) as chat:
            chat.ask(PLAIN)
        (headers,) = server.headers
    assert headers.get("authorization") == (None if key is None else "Bearer sk-1")
    assert "of-another-account" not in "".join(headers.values())


def test_a_query_behind_the_path_goes_with_each_call() -> None:
    with endpoint(lambda body: RED) as server:
        with BlockingChat(Chat(f"{server.url}?version=2")) as chat:
            chat.ask(PLAIN)
        assert server.asked[0]["path"] == "/v1/chat/completions?version=2"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_asked_again_after_growing_waits(status: int) -> None:
    (reply,), _, waits = asked(iter([Said(status=status), Said(status=status), RED]), PLAIN)
    assert reply.answer == "red"
    first, second = waits
    assert 0.25 <= first <= 0.5
    assert 0.5 <= second <= 1.0


def test_a_connection_that_breaks_and_a_silent_server_are_asked_again() -> None:
    (reply,), _, waits = asked(iter([Said("a" * 50, cut=20), Said(delay=0.6), RED]), PLAIN, seconds=0.3)
    assert (reply.answer, len(waits)) == ("red", 2)


def test_a_named_wait_is_kept_up_to_a_minute() -> None:
    assert asked(iter([Said(status=429, headers={"retry-after": "17"}), RED]), PLAIN)[2] == [17.0]
    hour = Said(status=503, headers={"retry-after": "3600"})
    assert asked(iter([hour, hour, RED]), PLAIN)[2] == [60.0, 60.0]


def test_a_call_fails_with_its_last_outcome_when_its_repeats_are_used_up() -> None:
    error = failure(*[Said(b"out of\nmemory", 500)] * 4)
    assert (str(error), error.kind) == ("HTTP 500 after 4 sends: out of memory", "busy")


def test_a_request_that_is_at_fault_is_not_sent_again() -> None:
    error = failure(refusal("context length exceeded"), request=STRUCTURED)
    assert (str(error), error.kind) == ("HTTP 400 after 1 send: context length exceeded", "at_fault")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_of_every_call_is_told_apart(status: int) -> None:
    error = failure(refusal("no such model or key", status))
    assert (error.kind, error.status, error.reason) == ("refused", status, "no such model or key")


def test_the_key_is_in_no_message() -> None:
    error = failure(refusal("Incorrect API key: my.secret.value", 401), key="my.secret.value")
    assert str(error) == "HTTP 401 after 1 send: Incorrect API key: [key]"


def test_an_endpoint_that_is_away_is_named_by_its_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with BlockingChat(Chat(url, retries=patient(0))) as chat, pytest.raises(NoAnswer, match="ConnectError") as error:
        chat.ask(PLAIN)
    assert error.value.kind == "away"


def test_what_is_no_chat_completion_is_a_failure_and_not_an_empty_answer() -> None:
    error = failure(Said(b"<html>"))
    assert error.kind == "no_completion"
    assert str(error).startswith("HTTP 200, but the answer is no chat completion")


def test_an_answer_without_end_is_read_no_further_than_its_limit() -> None:
    assert "longer than 1,048,576 bytes" in str(failure(Said(b" " * (LARGEST + 1))))


def test_all_sends_together_have_a_limit_too() -> None:
    error = failure(Said(delay=0.5), RED, seconds=5.0, within=0.1)
    assert (error.kind, str(error)) == ("late", "no whole answer within 0.1 s")


def test_a_schema_that_is_answered_500_is_asked_for_in_words_and_the_finding_is_kept() -> None:
    def llama(body: dict[str, Any]) -> Said:
        unknown = body["response_format"]["type"] == "json_schema"
        return refusal("[{'type': 'literal_error'}]", 500) if unknown else completion('{"score": 1}')

    (first, second), sent, _ = asked(llama, STRUCTURED, STRUCTURED)
    forms = [body["response_format"]["type"] for body in sent]
    assert forms == ["json_schema", "json_schema", "json_object", "json_object"]
    assert sent[-1]["response_format"]["schema"] == SCHEMA
    assert first == second
    assert first.stepped_down == ("response_format json_object with schema",)
    assert '"required": ["score"]' in sent[-1]["messages"][0]["content"]


def test_a_fault_that_passes_is_no_finding() -> None:
    (reply, _), sent, _ = asked(iter([Said(status=500), RED, RED]), STRUCTURED, STRUCTURED)
    assert reply.stepped_down == ()
    assert {body["response_format"]["type"] for body in sent} == {"json_schema"}


def test_a_reasoning_model_is_asked_without_temperature_and_by_the_newer_limit() -> None:
    def reasoning(body: dict[str, Any]) -> Said:
        if "temperature" in body:
            return refusal("Unsupported value: 'temperature' does not support 0.", param="temperature")
        if "max_tokens" in body:
            return refusal("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return RED

    (reply, _), sent, waits = asked(reasoning, PLAIN, PLAIN)
    assert reply.stepped_down == ("temperature left out", "max_completion_tokens for max_tokens")
    assert (len(sent), waits) == (4, [])
    assert sent[-1]["max_completion_tokens"] == 5


def test_a_host_without_an_endpoint_for_these_parameters_is_asked_with_others() -> None:
    def router(body: dict[str, Any]) -> Said:
        return (
            refusal("No endpoints found that can handle the requested parameters.", 404)
            if "response_format" in body
            else RED
        )

    (reply,), _, _ = asked(router, STRUCTURED)
    assert reply.stepped_down == ("response_format left out",)


def test_an_error_under_status_200_is_repeated_like_its_own_status() -> None:
    (reply,), sent, _ = asked(iter([Said({"error": {"message": "Bad gateway", "code": 502}}), RED]), PLAIN)
    assert (reply.answer, len(sent)) == ("red", 2)


def test_a_model_without_a_system_role_is_told_by_the_user() -> None:
    def gemma(body: dict[str, Any]) -> Said:
        return refusal("System role not supported") if body["messages"][0]["role"] == "system" else RED

    told = [{"role": "system", "content": "Judge."}, *MESSAGES]
    (reply,), sent, _ = asked(gemma, ChatRequest("m", told, {"temperature": 0}))
    assert sent[-1]["messages"] == [{"role": "user", "content": "Judge.\n\nRed?"}]
    assert reply.stepped_down == ("the system's message said by the user",)


def test_a_server_that_does_not_stream_is_asked_for_the_whole() -> None:
    def whole(body: dict[str, Any]) -> Said:
        return refusal("Streaming is not supported") if body.get("stream") else RED

    (reply,), sent, _ = asked(whole, ChatRequest("m", MESSAGES, stream=True))
    assert reply.answer == "red"
    assert "stream_options" not in sent[-1]


def test_a_prompt_that_is_filtered_is_not_sent_again() -> None:
    error = failure(refusal("The response was filtered", code="content_filter"), request=STRUCTURED)
    assert str(error) == "HTTP 400 after 1 send: The response was filtered (content_filter)"


def test_a_base_url_without_its_version_is_hinted_at() -> None:
    with (
        endpoint(lambda body: refusal("Not Found", 404)) as server,
        BlockingChat(Chat(server.url[:-3])) as chat,
        pytest.raises(NoAnswer, match=r"Not Found \(does the base URL end in /v1\?\)"),
    ):
        chat.ask(PLAIN)


def test_a_server_that_only_says_bad_request_is_asked_until_it_answers() -> None:
    def old(body: dict[str, Any]) -> Said:
        known = {"model", "messages", "max_tokens", "temperature"}
        return RED if body.keys() <= known else Said(b"Bad Request", 400)

    (reply,), sent, _ = asked(old, STRUCTURED)
    assert reply.stepped_down == ("response_format left out",)
    assert len(sent) == 4


def test_a_server_that_refuses_everything_is_named_by_its_first_reason() -> None:
    error = failure(*[refusal("down for repair", 500)] * 20, request=STRUCTURED)
    assert str(error) == "HTTP 500 after 7 sends: down for repair"


def chunk(text: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "choices": [{"index": 0, "delta": {"content": text}, **fields}]}


def test_a_stream_is_one_reply_with_the_time_to_its_first_token() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    events = (chunk(""), chunk("<think>hm</th"), chunk("ink>r"), chunk("ed", finish_reason="stop"), usage, "[DONE]")
    (reply,), _, _ = asked(iter([Said(events=events)]), ChatRequest("m", MESSAGES, stream=True))
    assert (reply.answer, reply.thinking, reply.finish_reason, reply.tokens) == ("red", "hm", "stop", (7, 2))
    assert reply.first_token_ms > 0


def test_a_stream_that_ends_in_an_error_is_no_answer() -> None:
    events = (chunk("r"), {"error": {"message": "worker lost, key sk-abcdef123"}})
    error = failure(Said(events=events), request=ChatRequest("m", MESSAGES, stream=True))
    assert (error.kind, str(error)) == ("no_completion", "the stream broke off: worker lost, key [key]")


def test_the_servers_words_are_shown_where_a_stream_ends_in_an_error_as_text() -> None:
    error = failure(Said(events=({"error": "the runner died"},)), request=ChatRequest("m", MESSAGES, stream=True))
    assert str(error) == "the stream broke off: the runner died"


@pytest.mark.parametrize("event", ["{not json", {"choices": 7}, {"choices": [{"delta": {"content": 7}}]}])
def test_a_stream_of_something_else_is_no_answer(event: Any) -> None:
    error = failure(Said(events=(event, "[DONE]")), request=ChatRequest("m", MESSAGES, stream=True))
    assert error.kind == "no_completion"


def test_a_server_that_does_not_stream_is_read_all_the_same() -> None:
    (reply,), _, _ = asked(iter([RED]), ChatRequest("m", MESSAGES, stream=True))
    assert (reply.answer, reply.first_token_ms) == ("red", None)


def test_many_calls_are_under_way_at_once_in_one_loop() -> None:
    with endpoint(lambda body: Said(RED.content, delay=0.05)) as server:

        async def run() -> list[Reply]:
            chat = Chat(server.url)
            try:
                return await asyncio.gather(*(chat.ask(PLAIN) for _ in range(20)))
            finally:
                await chat.aclose()

        assert [reply.answer for reply in asyncio.run(run())] == ["red"] * 20


def test_what_a_stream_leaves_open_is_closed_with_the_client() -> None:
    closed: list[str] = []

    async def pieces(name: str) -> AsyncIterator[str]:
        try:
            yield name
        finally:
            await asyncio.sleep(0)
            closed.append(name)

    class Leaving(Chat):
        held = pieces("held")

        async def ask(self, request: ChatRequest, within: float | None = None) -> Reply:
            await anext(pieces("let go"))
            await anext(self.held)
            return made_reply("red", None, None, None, None)

    with BlockingChat(Leaving("http://127.0.0.1:9/v1")) as chat:
        chat.ask(PLAIN)
    assert sorted(closed) == ["held", "let go"]


def test_a_program_that_never_closes_its_client_ends_all_the_same() -> None:
    program = "from evaluator.models.chat import *; BlockingChat(Chat('http://127.0.0.1:9/v1')); print('over')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "over\n"
