"""Everything that can go wrong between a program and the service.

ClientError
├── ProblemError    the service refused; `status`, `code`, `detail` and `request_id` say what and why
├── Unreachable     no answer came; `may_have_arrived` says whether the service may have acted on the request
└── BadAnswer       an answer came, but not from the service
"""

import httpx

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""These errors come before there is a connection, so nothing was sent."""

SHOWN = 200
"""How many characters are shown of an answer that is not from the service."""


class ClientError(Exception):
    """A request that gave no result."""


class ProblemError(ClientError):
    """A refusal. `code` stays the same over releases; it is None if something other than the service refused."""

    def __init__(self, status: int, code: str | None, detail: str, request_id: str | None) -> None:
        named = "" if request_id is None else f", request {request_id}"
        super().__init__(f"{detail} ({status} {code or 'without a code'}{named})")
        self.status, self.code, self.detail, self.request_id = status, code, detail, request_id

    @classmethod
    def of(cls, response: httpx.Response) -> "ProblemError":
        """The refusal in a response: its problem details, or its first words if it has none."""
        body = _problem(response)
        code, detail = body.get("code"), body.get("detail")
        return cls(
            response.status_code,
            code if isinstance(code, str) else None,
            detail if isinstance(detail, str) else _shown(response),
            response.headers.get("x-request-id"),
        )


class Unreachable(ClientError):
    """No answer. If the request may have arrived, ask the service whether it acted on the request."""

    def __init__(self, error: httpx.RequestError) -> None:
        self.may_have_arrived = not isinstance(error, NEVER_SENT)
        what = str(error) or type(error).__name__
        hint = "it may have arrived all the same" if self.may_have_arrived else "is `asof serve` running there?"
        super().__init__(f"{error.request.method} {error.request.url}: {what}; {hint}")


class BadAnswer(ClientError):
    def __init__(self, response: httpx.Response, problem: str) -> None:
        request = response.request
        super().__init__(f"{request.method} {request.url} was not answered by Asof's service: {problem}")


def _problem(response: httpx.Response) -> dict[str, object]:
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _shown(response: httpx.Response) -> str:
    return " ".join(response.text.split())[:SHOWN] or response.reason_phrase
