"""A client of the service, for programs that ask over HTTP; it loads neither a model nor an index.

ClientError
├── Unreachable    no answer came: nothing listens, or the connection broke
└── ProblemError   the service refused; `status`, `code` and `detail` say why (RFC 9457)

    with Client("http://127.0.0.1:8765", key="asof_...") as asof:
        answer = asof.retrieve("May a damaged item be returned?", as_of="2025-04-01")
        print(answer.evidence[0].citation, answer.evidence[0].text)
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

RETRIES = 4
"""How often a request that changes nothing is sent again."""

FIRST_WAIT = 0.1
"""Seconds before the first of them; each next wait is twice as long, and drawn at random up to that."""

BUSY = frozenset({429, 503})


class ClientError(Exception):
    """A request that got no answer to use."""


class Unreachable(ClientError):
    pass


class ProblemError(ClientError):
    def __init__(self, status: int, code: str, detail: str, request_id: str | None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.request_id = status, code, detail, request_id


@dataclass(frozen=True, slots=True)
class Evidence:
    """One passage of an answer; instants are RFC 3339 text, `valid_to` None where no end is set."""

    citation: str
    policy_id: str
    revision: int
    title: str
    section: tuple[str, ...]
    text: str
    text_sha256: str
    valid_from: str
    valid_to: str | None
    recorded_at: str
    confirmed: bool
    rank: int


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why there is no evidence, and when the next rule starts."""

    reason: str
    detail: str
    next_valid_from: str | None


@dataclass(frozen=True, slots=True)
class RetrieveAnswer:
    """The evidence for a question, or why there is none; `content` is the JSON as it came, its receipt included."""

    evidence: tuple[Evidence, ...]
    abstained: Abstention | None
    tokens: int
    receipt: Mapping[str, Any]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Call:
    """A request. `safe` says whether sending it twice does no more than sending it once."""

    method: str
    path: str
    safe: bool
    json: Mapping[str, Any] | None = None
    params: Mapping[str, Any] | None = None


class _Calls:
    """What both clients ask, and how answers are read."""

    @staticmethod
    def retrieve(query: str, fields: Mapping[str, Any]) -> _Call:
        return _Call("POST", "/v1/retrieve", True, {"query": query, **fields})

    @staticmethod
    def verify(citation: str, quote: str | None, fields: Mapping[str, Any]) -> _Call:
        return _Call("POST", "/v1/citations/verify", True, {"citation": citation, "quote": quote, **fields})

    @staticmethod
    def replay(receipt: Mapping[str, Any]) -> _Call:
        return _Call("POST", "/v1/receipts/replay", True, {"receipt": dict(receipt)})

    @staticmethod
    def page(as_of: str | None, after: str | None) -> _Call:
        return _Call("GET", "/v1/policies", True, params=_given(as_of=as_of, after=after))

    @staticmethod
    def policy(policy_id: str, as_of: str | None) -> _Call:
        return _Call("GET", f"/v1/policies/{policy_id}", True, params=_given(as_of=as_of))

    @staticmethod
    def revision(policy_id: str, number: int) -> _Call:
        return _Call("GET", f"/v1/policies/{policy_id}/revisions/{number}", True)

    @staticmethod
    def revisions(policy_id: str) -> _Call:
        return _Call("GET", f"/v1/policies/{policy_id}/revisions", True)

    @staticmethod
    def diff(policy_id: str, before: int, after: int) -> _Call:
        return _Call("GET", f"/v1/policies/{policy_id}/diff", True, params={"before": before, "after": after})

    @staticmethod
    def plan(files: Sequence[str]) -> _Call:
        return _Call("POST", "/v1/plan", True, {"files": list(files)})

    @staticmethod
    def publish(policy_id: str, file: str) -> _Call:
        return _Call("POST", f"/v1/policies/{policy_id}/revisions", False, {"file": file})

    @staticmethod
    def withdraw(policy_id: str, start: str, until: str | None, note: str | None) -> _Call:
        return _Call("POST", f"/v1/policies/{policy_id}/withdraw", False, {"from": start, "until": until, "note": note})


class _Attempts:
    """How a call is tried: again while that is safe and may help, until it has an answer or no more tries."""

    def __init__(self, call: _Call, retries: int) -> None:
        self._call = call
        self._left = retries
        self._wait = FIRST_WAIT

    def answer(self, response: httpx.Response) -> Any:
        """The JSON of a success; None where it is to be tried again after `pause`; else ProblemError."""
        if response.is_success:
            return response.json()
        if response.status_code in BUSY and self._call.safe and self._left:
            return None
        raise _problem(response)

    def failed(self, error: httpx.HTTPError) -> None:
        """Returns where the call may be tried again; else Unreachable."""
        never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        if not self._left or not (self._call.safe or never_sent):
            raise Unreachable(f"{self._call.method} {self._call.path}: {error or type(error).__name__}") from error

    def pause(self, response: httpx.Response | None = None) -> float:
        """The seconds to wait before the next try: what the service asks for, else a growing random time."""
        self._left -= 1
        asked = response.headers.get("retry-after", "") if response is not None else ""
        drawn = random.uniform(self._wait / 2, self._wait)
        self._wait *= 2
        return float(asked) if asked.isdigit() else drawn


class Client:
    """Asks a service and waits for its answers. Requests that change nothing are sent again where none came."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        timeout: float = 30.0,
        retries: int = RETRIES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=url, headers=_headers(key), timeout=timeout, transport=transport)
        self._retries = retries

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def retrieve(self, query: str, **fields: Any) -> RetrieveAnswer:
        """The answer to a question; `fields` are those of `POST /v1/retrieve`."""
        return _retrieved(self._send(_Calls.retrieve(query, fields)))

    def verify(self, citation: str, quote: str | None = None, **fields: Any) -> dict[str, Any]:
        """The check of a citation at `as_of`."""
        return self._send(_Calls.verify(citation, quote, fields))

    def replay(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        """The request of a receipt asked again."""
        return self._send(_Calls.replay(receipt))

    def policies(self, as_of: str | None = None) -> Iterator[dict[str, Any]]:
        """Every policy by id, page after page."""
        after = None
        while True:
            page = self._send(_Calls.page(as_of, after))
            yield from page["policies"]
            if (after := page["next"]) is None:
                return

    def policy(self, policy_id: str, as_of: str | None = None) -> dict[str, Any]:
        """The revision of a policy in force at a date."""
        return self._send(_Calls.policy(policy_id, as_of))

    def revision(self, policy_id: str, number: int) -> dict[str, Any]:
        """One revision with its words."""
        return self._send(_Calls.revision(policy_id, number))

    def revisions(self, policy_id: str) -> dict[str, Any]:
        """Every period of a policy on both clocks."""
        return self._send(_Calls.revisions(policy_id))

    def diff(self, policy_id: str, before: int, after: int) -> dict[str, Any]:
        """What changed between two revisions."""
        return self._send(_Calls.diff(policy_id, before, after))

    def plan(self, files: Sequence[str]) -> dict[str, Any]:
        """What publishing authored files would change."""
        return self._send(_Calls.plan(files))

    def publish(self, policy_id: str, file: str) -> dict[str, Any]:
        """Puts an authored file in force; sent once, unless it could not be sent at all."""
        return self._send(_Calls.publish(policy_id, file))

    def withdraw(self, policy_id: str, start: str, until: str | None = None, note: str | None = None) -> dict[str, Any]:
        """Ends a policy; sent once, unless it could not be sent at all."""
        return self._send(_Calls.withdraw(policy_id, start, until, note))

    def _send(self, call: _Call) -> dict[str, Any]:
        attempts = _Attempts(call, self._retries)
        while True:
            response = None
            try:
                response = self._http.request(call.method, call.path, json=call.json, params=call.params)
            except httpx.HTTPError as error:
                attempts.failed(error)
            else:
                answer: dict[str, Any] | None = attempts.answer(response)
                if answer is not None:
                    return answer
            time.sleep(attempts.pause(response))


class AsyncClient:
    """The same for programs that await."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        timeout: float = 30.0,
        retries: int = RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers=_headers(key), timeout=timeout, transport=transport)
        self._retries = retries

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def retrieve(self, query: str, **fields: Any) -> RetrieveAnswer:
        """The answer to a question; `fields` are those of `POST /v1/retrieve`."""
        return _retrieved(await self._send(_Calls.retrieve(query, fields)))

    async def verify(self, citation: str, quote: str | None = None, **fields: Any) -> dict[str, Any]:
        """The check of a citation at `as_of`."""
        return await self._send(_Calls.verify(citation, quote, fields))

    async def replay(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        """The request of a receipt asked again."""
        return await self._send(_Calls.replay(receipt))

    async def policies(self, as_of: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """Every policy by id, page after page."""
        after = None
        while True:
            page = await self._send(_Calls.page(as_of, after))
            for policy in page["policies"]:
                yield policy
            if (after := page["next"]) is None:
                return

    async def policy(self, policy_id: str, as_of: str | None = None) -> dict[str, Any]:
        """The revision of a policy in force at a date."""
        return await self._send(_Calls.policy(policy_id, as_of))

    async def revision(self, policy_id: str, number: int) -> dict[str, Any]:
        """One revision with its words."""
        return await self._send(_Calls.revision(policy_id, number))

    async def revisions(self, policy_id: str) -> dict[str, Any]:
        """Every period of a policy on both clocks."""
        return await self._send(_Calls.revisions(policy_id))

    async def diff(self, policy_id: str, before: int, after: int) -> dict[str, Any]:
        """What changed between two revisions."""
        return await self._send(_Calls.diff(policy_id, before, after))

    async def plan(self, files: Sequence[str]) -> dict[str, Any]:
        """What publishing authored files would change."""
        return await self._send(_Calls.plan(files))

    async def publish(self, policy_id: str, file: str) -> dict[str, Any]:
        """Puts an authored file in force; sent once, unless it could not be sent at all."""
        return await self._send(_Calls.publish(policy_id, file))

    async def withdraw(
        self, policy_id: str, start: str, until: str | None = None, note: str | None = None
    ) -> dict[str, Any]:
        """Ends a policy; sent once, unless it could not be sent at all."""
        return await self._send(_Calls.withdraw(policy_id, start, until, note))

    async def _send(self, call: _Call) -> dict[str, Any]:
        attempts = _Attempts(call, self._retries)
        while True:
            response = None
            try:
                response = await self._http.request(call.method, call.path, json=call.json, params=call.params)
            except httpx.HTTPError as error:
                attempts.failed(error)
            else:
                answer: dict[str, Any] | None = attempts.answer(response)
                if answer is not None:
                    return answer
            await asyncio.sleep(attempts.pause(response))


def _headers(key: str | None) -> dict[str, str]:
    return {} if key is None else {"authorization": f"Bearer {key}"}


def _given(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _problem(response: httpx.Response) -> ProblemError:
    try:
        body = response.json()
    except ValueError:
        body = None
    fields = body if isinstance(body, dict) else {}
    code, detail = fields.get("code", "no_problem"), fields.get("detail", response.text[:200] or response.reason_phrase)
    return ProblemError(response.status_code, str(code), str(detail), response.headers.get("x-request-id"))


def _retrieved(content: Mapping[str, Any]) -> RetrieveAnswer:
    abstained = content["abstained"]
    return RetrieveAnswer(
        evidence=tuple(_evidence(item) for item in content["evidence"]),
        abstained=None if abstained is None else Abstention(**abstained),
        tokens=content["tokens"],
        receipt=content["receipt"],
        content=content,
    )


def _evidence(item: Mapping[str, Any]) -> Evidence:
    names = ("citation", "policy_id", "revision", "title", "text", "text_sha256", "valid_from", "valid_to")
    return Evidence(
        **{name: item[name] for name in names},
        section=tuple(item["section"]),
        recorded_at=item["recorded_at"],
        confirmed=item["applicability"] == "applies",
        rank=item["rank"],
    )
