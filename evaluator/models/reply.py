"""What an endpoint answered: the model's answer, and apart from it what it thought before."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from evaluator.errors import EvaluatorError
from evaluator.models.reason import reason_of

LARGEST = 1 << 20
"""The most bytes of an answer's body; of a longer one only so much is read that it shows to be longer."""

THINKING_FIELDS = ("reasoning_content", "reasoning")
"""The fields of a message in which servers send what a model thought."""


class NoCompletion(EvaluatorError):
    """The answer is no chat completion."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered; `tokens` are its counts of tokens sent and answered, where it gives them.

    `thinking` was taken off the answer's beginning, or came in a field of its own. `stepped_down` says in words what
    was asked otherwise than wanted, since the endpoint refuses it. `refusal` is what the model says in place of an
    answer.
    """

    answer: str
    finish_reason: str | None = None
    model: str | None = None
    tokens: tuple[int, int] | None = None
    thinking: str | None = None
    first_token_ms: float | None = None
    stepped_down: tuple[str, ...] = ()
    refusal: str | None = None

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "Reply":
        """The reply from its fields as JSON keeps them; TypeError or LookupError where they are others."""
        tokens = fields.get("tokens")
        named = {"tokens": None if tokens is None else (tokens[0], tokens[1])}
        return cls(**{**fields, **named, "stepped_down": tuple(fields.get("stepped_down", ()))})

    @property
    def problem(self) -> str | None:
        """Why the answer may be none, in words; None where nothing says so."""
        if self.refusal:
            return f"the model refused: {self.refusal}"
        if self.finish_reason == "content_filter":
            return "the endpoint filtered the answer"
        if self.finish_reason == "length":
            return "the answer was cut off at its limit of tokens; raise it with --parameter max_tokens=N"
        if not self.answer.strip():
            return "the answer is empty" + ("; the model only thought" if self.thinking else "")
        if self.first_token_ms is not None and self.finish_reason is None:
            return "the stream ended without a reason to stop"
        return None


def parse_reply(body: bytes) -> Reply:
    """What the first choice of a chat completion says; a null content is an empty answer."""
    if len(body) > LARGEST:
        raise NoCompletion(f"the answer is longer than {LARGEST:,} bytes")
    try:
        content = json.loads(body)
        choice = content["choices"][0]
        message = choice["message"]
        answer, thought = said_and_thought(message)
        counts = token_counts(content.get("usage"))
        reply = made_reply(answer, thought, choice.get("finish_reason"), content.get("model"), counts)
        refusal = message.get("refusal")
        return replace(reply, refusal=refusal) if isinstance(refusal, str) else reply
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        said = reason_of(body)
        raise NoCompletion(f"the answer is no chat completion: {said or repr(error)}") from error


def error_status(body: bytes) -> int | None:
    """The status of an error that came under status 200, as some hosts send it; None where there is none."""
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return code if type(code) is int and 400 <= code <= 599 else None


def said_and_thought(message: Mapping[str, Any]) -> tuple[str, str | None]:
    """What a message, or a piece of a streamed one, says and what it thinks; TypeError where its content is no text.

    Content is text, or a list of parts, of which those of type `text` are the answer.
    """
    content = message.get("content")
    thoughts = [message[name] for name in THINKING_FIELDS if isinstance(message.get(name), str)][:1]
    if isinstance(content, list):
        thoughts += [_text_of(part) for part in content if part.get("type") in ("thinking", "reasoning")]
        content = "".join(_text_of(part) for part in content if part.get("type") == "text")
    if not isinstance(content, str | None):
        raise TypeError("content is no text")
    return content or "", "".join(thoughts) or None


def _text_of(part: Mapping[str, Any]) -> str:
    inside = part.get("text") or part.get("thinking") or part.get("reasoning") or ""
    return inside if isinstance(inside, str) else "".join(map(_text_of, inside))


def made_reply(
    text: str, thought: str | None, finish_reason: str | None, model: str | None, tokens: tuple[int, int] | None
) -> Reply:
    """The reply, with what the model thought taken off the answer's beginning, and its end mark off the end."""
    answer, thinking = without_thinking(_without_end_marks(text.removeprefix("\ufeff")))
    return Reply(answer, finish_reason, model, tokens, "\n".join(filter(None, (thought, thinking))) or None)


_END_MARKS = (
    *(f"<|{name}|>" for name in ("im_end", "eot_id", "end", "endoftext", "return")),
    "</s>",
    "<end_of_turn>",
)
"""What a server leaves of a prompt's format behind an answer."""


def _without_end_marks(text: str) -> str:
    """A text without the marks at its end, and without the white space about them.

    It is read from its end: a model may repeat itself until its last token.
    """
    kept, end = len(text), len(text)
    while True:
        while end and text[end - 1].isspace():
            end -= 1
        mark = next((mark for mark in _END_MARKS if text.endswith(mark, 0, end)), None)
        if mark is None:
            return text[:end] if kept < len(text) else text
        kept = end = end - len(mark)


def token_counts(usage: Any) -> tuple[int, int] | None:
    """The counts of tokens; None where the endpoint does not give both as whole numbers."""
    counts = usage if isinstance(usage, dict) else {}
    sent, answered = counts.get("prompt_tokens"), counts.get("completion_tokens")
    return (sent, answered) if type(sent) is int and type(answered) is int else None


_NAMES = r"(?:[\w.-]+:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|analysis|monologue)"
_BLOCK = re.compile(
    rf"\s*(?:<(?P<tag>{_NAMES})(?:\s[^<>]*)?>(?P<tagged>.*?)(?:</(?P=tag)>|\Z)"
    r"|\[THINK\](?P<bracketed>.*?)(?:\[/THINK\]|\Z)"
    r"|◁think▷(?P<triangled>.*?)(?:◁/think▷|\Z)"
    r"|<\|channel\|>(?:analysis|commentary)<\|message\|>(?P<channelled>.*?)(?:<\|end\|>|\Z)"
    r"|Here(?:'s| is) my thought process:(?P<told>.*?)(?:Here(?:'s| is) my response:|\Z))",
    re.DOTALL | re.IGNORECASE,
)
_FINAL = re.compile(r"\s*(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>")
_CLOSED_ONLY = re.compile(
    rf"(?P<thought>(?!\s*(?:[\[{{]|```))(?:(?!<(?:{_NAMES})>).)*?)</(?:{_NAMES})>", re.DOTALL | re.IGNORECASE
)
"""A block whose opening stood in the prompt; what begins as JSON is an answer that names a tag."""


def without_thinking(text: str) -> tuple[str, str | None]:
    """The answer after the blocks of thinking at its beginning, and what they say; None where there are none.

    A block without end was cut off: nothing after it is an answer. White space before an answer goes with the block.
    """
    thoughts: list[str] = []
    rest = text
    while (block := _BLOCK.match(rest)) is not None:
        thoughts += [part for name, part in block.groupdict().items() if name != "tag" and part is not None]
        rest = rest[block.end() :]
    if not thoughts and (closed := _CLOSED_ONLY.match(rest)) is not None:
        thoughts, rest = [closed["thought"]], rest[closed.end() :]
    if (final := _FINAL.match(rest)) is not None:
        rest = rest[final.end() :]
    if not thoughts:
        return rest, None
    return rest.lstrip(), "\n".join(thought.strip() for thought in thoughts)


_FENCED = re.compile(r"\s*(?:```|~~~)[\w-]*[^\S\n]*\n?(?P<inside>.*?)\n?[^\S\n]*(?:```|~~~)\s*", re.DOTALL)


def without_fence(answer: str) -> tuple[str, bool]:
    """The answer without the one code fence around all of it, and whether there was one."""
    fenced = _FENCED.fullmatch(answer)
    return (answer, False) if fenced is None else (fenced["inside"], True)
