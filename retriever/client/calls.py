"""The request for each call to the service, and how its response is read. Both clients share this."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Generic, Literal, TypedDict, TypeVar
from urllib.parse import quote

import httpx

from retriever.client.answers import Answer, Page, Receipt, parse_answer, parse_object, parse_page
from retriever.client.errors import ProblemError, Unreachable

T = TypeVar("T")

Content = dict[str, Any]

TIMEOUT = 30.0
"""How many seconds an answer may take."""


class RetrieveFields(TypedDict, total=False):
    """The fields of a question besides its words; `POST /v1/retrieve` at /docs explains each."""

    as_of: str | None
    known_at: str | None
    policies: Sequence[str] | None
    facts: Mapping[str, str]
    audience: Sequence[str]
    k: int
    max_tokens: int | None
    strict: bool
    order: Literal["rank", "edges"]
    merge: bool
    collapse: bool
    block_tokens: int | None
    min_generation: int | None
    explain: bool


class VerifyFields(TypedDict, total=False):
    """The instant at which a citation should hold, and the labels of the reader."""

    as_of: str | None
    known_at: str | None
    audience: Sequence[str]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and how its answer is read. A request may arrive twice without harm.

    `cursor` is the parameter that asks for the page behind another one.
    """

    method: str
    path: str
    parse: Callable[[httpx.Response], T]
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Content | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cursor: str = "after"

    def request(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        given = {name: value for name, value in self.params.items() if value is not None}
        return http.build_request(self.method, self.path, params=given, json=self.body, headers=self.headers)

    def result(self, outcome: httpx.Response | httpx.RequestError) -> T:
        """The answer of the service; ProblemError, Unreachable or BadAnswer if there is none."""
        if isinstance(outcome, httpx.RequestError):
            raise Unreachable(outcome) from outcome
        if not outcome.is_success:
            raise ProblemError.of(outcome)
        return self.parse(outcome)


def retrieve(query: str, fields: RetrieveFields) -> Call[Answer]:
    return Call("POST", "/v1/retrieve", parse_answer, body={"query": query, **fields})


def verify(citation: str, quote: str | None, fields: VerifyFields) -> Call[Content]:
    return _post("/v1/citations/verify", {"citation": citation, "quote": quote, **fields})


def replay(receipt: Receipt | Mapping[str, Any], audience: Sequence[str]) -> Call[Content]:
    whole = asdict(receipt) if isinstance(receipt, Receipt) else dict(receipt)
    return _post("/v1/receipts/replay", {"receipt": whole, "audience": audience})


def receipt(id: str, audience: Sequence[str]) -> Call[Content]:
    return _get(f"/v1/receipts/{quote(id, safe='')}", audience=audience)


def keep_trace(trace: Mapping[str, Any]) -> Call[Content]:
    return _post("/v1/traces", dict(trace))


def traces(audience: Sequence[str]) -> Call[Page]:
    return Call("GET", "/v1/traces", parse_page, {"audience": audience})


def policies(as_of: str | None, audience: Sequence[str]) -> Call[Page]:
    return Call("GET", "/v1/policies", parse_page, {"as_of": as_of, "audience": audience})


def policy(policy_id: str, as_of: str | None, audience: Sequence[str]) -> Call[Content]:
    return _get(_path(policy_id), as_of=as_of, audience=audience)


def revision(policy_id: str, number: int, audience: Sequence[str]) -> Call[Content]:
    return _get(f"{_path(policy_id)}/revisions/{number}", audience=audience)


def revisions(policy_id: str, audience: Sequence[str], after: int, limit: int | None) -> Call[Content]:
    return _get(f"{_path(policy_id)}/revisions", audience=audience, after=after, limit=limit)


def scheduled(
    policy: str | None, as_of: str | None, until: str | None, within: int | None, audience: Sequence[str]
) -> Call[Content]:
    return _get("/v1/scheduled", policy=policy, as_of=as_of, until=until, within=within, audience=audience)


def due(policy: str | None, as_of: str | None, within: int | None, audience: Sequence[str]) -> Call[Content]:
    return _get("/v1/due", policy=policy, as_of=as_of, within=within, audience=audience)


def log(policy: str | None, since: str | None, until: str | None, audience: Sequence[str]) -> Call[Page]:
    params = {"policy": policy, "since": since, "until": until, "audience": audience}
    return Call("GET", "/v1/log", parse_page, params, cursor="before")


def changes(after: int, wait: int, audience: Sequence[str]) -> Call[Content]:
    return _get("/v1/changes", after=after, wait=wait, audience=audience)


def diff(policy_id: str, before: int, after: int, audience: Sequence[str]) -> Call[Content]:
    return _get(f"{_path(policy_id)}/diff", before=before, after=after, audience=audience)


def plan(files: Sequence[str], replace_scheduled: bool, strict: bool) -> Call[Content]:
    given = [files] if isinstance(files, str) else files
    return _post("/v1/plan", {"files": given, "replace_scheduled": replace_scheduled, "strict": strict})


def publish(policy_id: str, file: str, replace_scheduled: bool, strict: bool) -> Call[Content]:
    body = {"files": [file], "replace_scheduled": replace_scheduled, "strict": strict}
    return _write(f"{_path(policy_id)}/revisions", body)


def withdraw(
    policy_id: str,
    start: str,
    until: str | None,
    through: str | None,
    note: str | None,
    dry_run: bool,
    audience: Sequence[str],
) -> Call[Content]:
    body = {"from": start, "until": until, "note": note, "dry_run": dry_run, "audience": audience}
    body |= {} if through is None else {"through": through}
    return _write(f"{_path(policy_id)}/withdraw", body)


def restore(policy_id: str, start: str, note: str | None, dry_run: bool, audience: Sequence[str]) -> Call[Content]:
    body = {"from": start, "note": note, "dry_run": dry_run, "audience": audience}
    return _write(f"{_path(policy_id)}/restore", body)


def correct(
    policy_id: str, number: int, file: str, note: str | None, dry_run: bool, strict: bool, audience: Sequence[str]
) -> Call[Content]:
    body = {"revision": number, "file": file, "note": note, "dry_run": dry_run, "strict": strict, "audience": audience}
    return _write(f"{_path(policy_id)}/correct", body)


def unschedule(policy_id: str, number: int, note: str | None, dry_run: bool, audience: Sequence[str]) -> Call[Content]:
    body = {"revision": number, "note": note, "dry_run": dry_run, "audience": audience}
    return _write(f"{_path(policy_id)}/unschedule", body)


def describe(
    policy_id: str,
    owner: str | None,
    note: str | None,
    review_by: str | None,
    clear: Sequence[str],
    dry_run: bool,
    audience: Sequence[str],
) -> Call[Content]:
    given = {"owner": owner, "note": note, "review_by": review_by}
    said = {name: value for name, value in given.items() if value is not None} | dict.fromkeys(clear)
    body = {**said, "dry_run": dry_run, "audience": audience}
    return _write(f"{_path(policy_id)}/describe", body)


def undo(tx: int | None, note: str | None, dry_run: bool, audience: Sequence[str]) -> Call[Content]:
    return _write("/v1/undo", {"tx": tx, "note": note, "dry_run": dry_run, "audience": audience})


def drafts(audience: Sequence[str]) -> Call[Page]:
    return Call("GET", "/v1/drafts", parse_page, {"audience": audience})


def draft(draft_id: str, audience: Sequence[str]) -> Call[Content]:
    return _get(_draft(draft_id), audience=audience)


def keep_draft(file: str, replace_scheduled: bool, author: str | None) -> Call[Content]:
    return _post("/v1/drafts", {"file": file, "replace_scheduled": replace_scheduled, "author": author})


def edit_draft(draft_id: str, file: str, replace_scheduled: bool, author: str | None) -> Call[Content]:
    body = {"file": file, "replace_scheduled": replace_scheduled, "author": author}
    return Call("PUT", _draft(draft_id), parse_object, body=body)


def delete_draft(draft_id: str) -> Call[Content]:
    return Call("DELETE", _draft(draft_id), parse_object)


def submit_draft(draft_id: str, author: str | None) -> Call[Content]:
    return _post(f"{_draft(draft_id)}/submit", {"author": author})


def approve_draft(draft_id: str, digest: str, note: str | None, later: bool) -> Call[Content]:
    return _write(f"{_draft(draft_id)}/approve", {"digest": digest, "note": note, "later": later})


def publish_draft(draft_id: str) -> Call[Content]:
    return _write(f"{_draft(draft_id)}/publish", {})


def reject_draft(draft_id: str, reason: str) -> Call[Content]:
    return _post(f"{_draft(draft_id)}/reject", {"reason": reason})


def sign_off(policy_id: str, number: int, note: str | None, audience: Sequence[str]) -> Call[Content]:
    return _write(f"{_path(policy_id)}/sign-off", {"revision": number, "note": note, "audience": audience})


def ready() -> Call[Content]:
    return _get("/readyz")


def following(call: Call[Page], page: Page) -> Call[Page] | None:
    """The call for the page behind one, at the instant of that one; None behind the last page."""
    if page.next is None:
        return None
    instant = {} if page.as_of is None else {"as_of": page.as_of}
    return replace(call, params={**call.params, **instant, call.cursor: page.next})


def headers(key: str | None) -> dict[str, str]:
    """What every request of a client with this key, or without one, says."""
    return {} if key is None else {"authorization": f"Bearer {key.strip()}"}


def _get(path: str, **params: Any) -> Call[Content]:
    return Call("GET", path, parse_object, params)


def _post(path: str, body: Content) -> Call[Content]:
    return Call("POST", path, parse_object, body=body)


def _write(path: str, body: Content) -> Call[Content]:
    """A write with its own key. By this key, the service recognizes the write if it arrives again."""
    return Call("POST", path, parse_object, body=body, headers={"idempotency-key": str(uuid.uuid4())})


def _path(policy_id: str) -> str:
    return f"/v1/policies/{quote(policy_id, safe='')}"


def _draft(draft_id: str) -> str:
    return f"/v1/drafts/{quote(draft_id, safe='')}"
