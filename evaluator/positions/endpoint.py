"""A sweep's calls to an OpenAI-compatible endpoint, and what a failure means for the calls after it."""

from dataclasses import dataclass
from typing import Any

from evaluator.errors import EvaluatorError
from evaluator.models.chat import Chat, NoAnswer
from evaluator.models.dialect import ChatRequest
from evaluator.models.reply import Reply

KEY_VARIABLE = "ASOF_ENDPOINT_KEY"


class EndpointRefused(EvaluatorError):
    """The endpoint refuses every call of this sweep."""


class CallFailed(EvaluatorError):
    """One call has no answer after all its repeats."""


class EndpointFailed(CallFailed):
    """One call has no answer since the endpoint was busy, broken or silent each time; the next call may fail alike."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where calls go."""

    chat: Chat

    async def ask(self, body: dict[str, Any]) -> Reply:
        """The endpoint's answer; CallFailed where there is none, EndpointRefused where no call would get one."""
        parameters = {name: value for name, value in body.items() if name not in ("model", "messages")}
        try:
            return await self.chat.ask(ChatRequest(body["model"], body["messages"], parameters))
        except NoAnswer as error:
            if error.kind == "refused":
                raise EndpointRefused(f"{self.chat.url} answered {error}. {_ADVICE}") from error
            failure = EndpointFailed if error.kind in ("busy", "late", "away") else CallFailed
            raise failure(str(error)) from error


_ADVICE = f"Look at --endpoint and --model; a key is read from {KEY_VARIABLE}"
