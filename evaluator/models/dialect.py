"""How an endpoint has to be asked: which form of structured output it knows, and which fields it refuses."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

FORMS = ("json_schema", "json_object with schema", "json_object", "plain")
"""The forms of structured output, the strictest first; the second is that of llama.cpp and some hosts."""

LIMITS = ("max_tokens", "max_completion_tokens")
"""The two names of the limit of an answer's tokens: the older one, and the one that reasoning models ask for."""

OPTIONAL = ("stream_options", "temperature", "seed", "top_p")
"""Fields without which a question can still be asked."""

ONLY_NAMED = ("stream", "system")
"""What is asked otherwise only where the endpoint names it: a stream, and a message of the system."""

UNNAMED = (400, 415, 422, 500, 501)
"""The statuses under which servers refuse a field without naming it; 500 is that of llama.cpp's Python server."""

REFUSALS = (*UNNAMED, 404)
"""The statuses under which servers refuse a field that they name; a 404 that names none is a wrong path or model."""

_TOO_LONG = re.compile(r"context|too long|too large|maximum.{0,20}length|content.?filter|content management", re.I)
"""Of a refusal in such words the prompt is the cause, whatever the fields."""

_NAMED = {
    "response_format": re.compile(r"response_?format|json_schema|json_object|structured|grammar|guided", re.IGNORECASE),
    "limit": re.compile(r"max_(?:completion_)?tokens", re.IGNORECASE),
    "system": re.compile(r"\bsystem(?: role| message|'? role)\b|role.{0,20}\bsystem\b", re.IGNORECASE),
    **{name: re.compile(rf"\b{name}(?:ing)?\b", re.IGNORECASE) for name in (*OPTIONAL, "stream")},
}

_SCHEMA_IN_WORDS = "Answer with one JSON object by this JSON Schema and nothing else:\n"


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question: `parameters` are other fields of its body, `schema` the JSON Schema of the answer wanted.

    `told` says that the messages describe the form of the answer already, for endpoints that take no schema.
    """

    model: str
    messages: Sequence[Mapping[str, str]]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    stream: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to ask: the form of structured output, the name of the limit of tokens, and the fields to leave out."""

    form: str = FORMS[0]
    limit: Literal["given", "other", "none"] = "given"
    left_out: frozenset[str] = frozenset()
    system: bool = True
    """Whether the first message may be of the system; else the user says it."""

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The body of the request in this dialect; where the form knows no schema, the prompt says it."""
        body: dict[str, Any] = {"model": request.model, "messages": list(request.messages), **request.parameters}
        body |= {"stream": True, "stream_options": {"include_usage": True}} if request.stream else {}
        if (given := _limit(body)) is not None and self.limit != "given":
            value = body.pop(given)
            body |= {LIMITS[1 - LIMITS.index(given)]: value} if self.limit == "other" else {}
        if request.schema is not None:
            body |= self._structured(request)
        if not self.system:
            body["messages"] = _of_users(body["messages"])
        out = self.left_out | ({"stream_options"} if "stream" in self.left_out else set())
        return {name: value for name, value in body.items() if name not in out}

    def _structured(self, request: ChatRequest) -> dict[str, Any]:
        assert request.schema is not None
        if self.form == "json_schema":
            schema = {"name": "answer", "schema": dict(request.schema)}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        if self.form == "plain":
            form = {}
        else:
            schema = {"schema": dict(request.schema)} if self.form == FORMS[1] else {}
            form = {"response_format": {"type": "json_object", **schema}}
        told = request.messages if request.told else _telling(request.messages, json.dumps(dict(request.schema)))
        return {"messages": list(told), **form}

    def words(self, request: ChatRequest) -> tuple[str, ...]:
        """What is asked otherwise than wanted, such as `temperature left out`."""
        wanted, asked = Dialect().body(request), self.body(request)
        gone = sorted(wanted.keys() - asked.keys() - {*LIMITS, "response_format"})
        words = [f"{name} left out" for name in gone]
        if request.schema is not None and self.form != FORMS[0]:
            words.insert(0, f"response_format {self.form}" if self.form != "plain" else "response_format left out")
        if (before := _limit(wanted)) != (after := _limit(asked)):
            words.append(f"{before} left out" if after is None else f"{after} for {before}")
        if not self.system:
            words.append("the system's message said by the user")
        return tuple(words)

    def named(self, request: ChatRequest, status: int | None, reason: str) -> "Dialect | None":
        """The dialect without the first field that the endpoint's reason names; None where it names none sent."""
        if status not in REFUSALS:
            return None
        if _TOO_LONG.search(reason) and not _NAMED["response_format"].search(reason):
            return None
        body = self.body(request)
        for name in ("response_format", *OPTIONAL, "limit", *ONLY_NAMED):
            if _NAMED[name].search(reason) and (step := self._without(name, body)) is not None:
                return step
        return None

    def others(self, request: ChatRequest, status: int | None, reason: str) -> Iterator["Dialect"]:
        """Where the reason names no field: the dialects to try, one step each, then all steps together.

        Only what asks for structure or a stream is tried so: of other requests a fault is theirs, whatever the fields.
        """
        if status not in UNNAMED and not (status == 404 and "parameters" in reason):
            return
        if _TOO_LONG.search(reason) or (request.schema is None and not request.stream):
            return
        body = self.body(request)
        least = self
        while (step := least._without("response_format", least.body(request))) is not None:
            yield step
            least = step
        for name in (*OPTIONAL, "limit"):
            if (single := self._without(name, body)) is not None:
                yield single
            least = least._without(name, least.body(request)) or least
        yield least

    def _without(self, name: str, body: Mapping[str, Any]) -> "Dialect | None":
        """One step down from a field that the body holds."""
        if name == "response_format":
            if "response_format" not in body:
                return None
            return replace(self, form=FORMS[FORMS.index(self.form) + 1])
        if name == "system":
            return replace(self, system=False) if self.system and body["messages"][0]["role"] == "system" else None
        if name == "limit":
            return replace(self, limit="other" if self.limit == "given" else "none") if _limit(body) else None
        return replace(self, left_out=self.left_out | {name}) if name in body else None


def _limit(body: Mapping[str, Any]) -> str | None:
    return next((name for name in LIMITS if name in body), None)


def _telling(messages: Sequence[Mapping[str, str]], schema: str) -> list[Mapping[str, str]]:
    """The messages with the schema at the end of the first."""
    first, *others = messages
    return [{**first, "content": f"{first['content']}\n{_SCHEMA_IN_WORDS}{schema}"}, *others]


def _of_users(messages: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The messages with the system's said at the beginning of the user's first."""
    first, second, *others = messages
    return [{**second, "content": f"{first['content']}\n\n{second['content']}"}, *others]
