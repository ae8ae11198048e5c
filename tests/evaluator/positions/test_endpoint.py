import asyncio

import pytest

from evaluator.models.chat import Chat, patient
from evaluator.models.reply import Reply
from evaluator.positions.endpoint import CallFailed, Endpoint, EndpointFailed, EndpointRefused
from tests.evaluator.models.scripted_endpoint import Said, completion, endpoint, refusal

BODY = {"model": "m", "messages": [{"role": "user", "content": "Red?"}], "temperature": 0}


def asked(said: Said) -> tuple[Reply, dict[str, object]]:
    """The reply of a server that always answers so, and what it was asked."""
    with endpoint(lambda body: said) as server:

        async def run() -> Reply:
            chat = Chat(server.url, retries=patient(0))
            try:
                return await Endpoint(chat).ask(BODY)
            finally:
                await chat.aclose()

        return asyncio.run(run()), server.asked[0]


def test_the_body_that_an_answer_is_kept_under_is_what_is_sent() -> None:
    reply, sent = asked(completion("red"))
    assert reply == Reply("red", "stop", "m")
    assert sent == {**BODY, "path": "/v1/chat/completions"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_fault_of_the_endpoint_may_be_that_of_the_next_call(status: int) -> None:
    with pytest.raises(EndpointFailed, match=f"HTTP {status} after 1 send: busy"):
        asked(refusal("busy", status))


def test_a_fault_of_the_request_is_its_own() -> None:
    with pytest.raises(CallFailed, match="context length exceeded") as failure:
        asked(refusal("context length exceeded"))
    assert not isinstance(failure.value, EndpointFailed)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_endpoint_that_refuses_every_call_says_what_to_look_at(status: int) -> None:
    with pytest.raises(EndpointRefused) as refused:
        asked(refusal("no such model", status))
    assert "no such model. Look at --endpoint and --model; a key is read from ASOF_ENDPOINT_KEY" in str(refused.value)
