"""A language model behind an OpenAI-compatible endpoint, asked once, and once more where it is busy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boundary.contract import PROMPT, SYSTEM, Reply, asked_schema, user_message
from evaluator.models.chat import BlockingChat, Chat, NoAnswer, patient
from evaluator.models.dialect import ChatRequest
from evaluator.models.reply import without_fence
from retriever.client import Answer


class EndpointFailed(Exception):
    """No answer; `reason` is a code that stays."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """`timeout` is in seconds, for all tries together; `parameters` are other fields of each request."""

    chat: BlockingChat
    checkpoint: str
    timeout: float = 30.0
    stream: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        return PROMPT

    def reply(self, question: str, facts: Mapping[str, str], found: Answer) -> Reply:
        """What the model writes under the contract; EndpointFailed where nothing came in time."""
        told = {"role": "system", "content": SYSTEM}
        asked = {"role": "user", "content": user_message(question, facts, found)}
        return self.written([told, asked], asked_schema(found))

    def written(self, messages: list[dict[str, str]], schema: dict[str, Any]) -> Reply:
        """What the model writes by a schema that the messages describe; EndpointFailed where nothing came in time."""
        request = ChatRequest(self.checkpoint, messages, self.parameters, schema, self.stream, told=True)
        try:
            reply = self.chat.ask(request, within=self.timeout)
        except NoAnswer as error:
            reason = "endpoint_timeout" if error.kind == "late" else "endpoint_failed"
            raise EndpointFailed(reason, f"{self.chat.url}: {error}") from error
        text, fenced = without_fence(reply.answer)
        tokens = {} if reply.tokens is None else dict(zip(("prompt", "completion"), reply.tokens, strict=True))
        apart: dict[str, Any] = {"thinking": reply.thinking, "fenced": fenced, "problem": reply.problem}
        apart |= {"stepped_down": list(reply.stepped_down)}
        return Reply(text, reply.first_token_ms, tokens, {name: value for name, value in apart.items() if value})


def connected(endpoint: str, key: str | None, timeout: float) -> BlockingChat:
    """The client of an endpoint; a busy one is asked once more."""
    return BlockingChat(Chat(endpoint, key, seconds=timeout, retries=patient(1)))
