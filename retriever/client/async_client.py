"""The service as an object for `await`: the methods of `blocking_client`, in the same words; a test compares them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx

from retriever.client import calls
from retriever.client.answers import Answer, Page, Receipt
from retriever.client.calls import TIMEOUT, Call, Content, RetrieveFields, VerifyFields
from retriever.client.retries import RETRIES, Retries
from retriever.client.stream_checks import CheckedSentence, OnFault, StreamChecks
from retriever.client.streams import Piece, checked_async

T = TypeVar("T")


class AsyncClient:
    """The service at an address, like `Client`, for programs that use `await`. Use one client per event loop."""

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout: float | httpx.Timeout | None = TIMEOUT,
        retries: Retries = RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers=calls.headers(key), timeout=timeout, transport=transport)
        self._retries = retries

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def retrieve(self, query: str, **fields: Unpack[RetrieveFields]) -> Answer:
        """The passages in force at a date that answer a question, with a receipt; or why there are none."""
        return await self._ask(calls.retrieve(query, fields))

    async def verify(self, citation: str, quote: str | None = None, **fields: Unpack[VerifyFields]) -> Content:
        """Whether a citation exists, was in force at a date and holds a quote; its `verdict` is the result."""
        return await self._ask(calls.verify(citation, quote, fields))

    def check_stream(
        self, pieces: AsyncIterable[Piece], answer: Answer, *, on_fault: OnFault = "hold"
    ) -> AsyncGenerator[CheckedSentence, None]:
        """Each sentence of a streamed text once its citations were checked against the answer that the model was shown.

        `shown` is what a reader may see. With `hold`, a sentence with findings is held back; with `mark`, it is marked.
        One without citations is passed on at once. What the service cannot be asked about is a finding. If the stream
        breaks, the words of the sentence that had not ended are given with a finding, and then the error is raised.
        """
        return checked_async(self.verify, pieces, StreamChecks(answer, on_fault))

    async def replay(self, receipt: Receipt | Mapping[str, Any], audience: Sequence[str] = ()) -> Content:
        """A receipt's request asked again: the same evidence byte for byte, or the reason why it is not the same."""
        return await self._ask(calls.replay(receipt, audience))

    async def receipt(self, id: str, audience: Sequence[str] = ()) -> Content:
        """A receipt that was given out recently, by its id."""
        return await self._ask(calls.receipt(id, audience))

    async def keep_trace(self, trace: Mapping[str, Any]) -> Content:
        """The trace of an answer as the service keeps it; its fields are those of `POST /v1/traces` at /docs."""
        return await self._ask(calls.keep_trace(trace))

    def traces(self, audience: Sequence[str] = ()) -> AsyncIterator[Content]:
        """Every trace that the caller may see, in the order of arrival; pages are loaded when they are needed."""
        return self._items(calls.traces(audience))

    def policies(self, as_of: str | None = None, audience: Sequence[str] = ()) -> AsyncIterator[Content]:
        """Each policy by id with what is in force of it, all at one instant; pages are loaded when they are needed."""
        return self._items(calls.policies(as_of, audience))

    async def policy(self, policy_id: str, as_of: str | None = None, audience: Sequence[str] = ()) -> Content:
        """The revision of a policy in force at a date, with its words and passages."""
        return await self._ask(calls.policy(policy_id, as_of, audience))

    async def revision(self, policy_id: str, number: int, audience: Sequence[str] = ()) -> Content:
        """One revision with its words and passages."""
        return await self._ask(calls.revision(policy_id, number, audience))

    async def revisions(
        self, policy_id: str, audience: Sequence[str] = (), *, after: int = 0, limit: int | None = None
    ) -> Content:
        """Every period of a policy on both clocks, and every event, in the order of recording.

        With a `limit`, a page of so many events and their periods; its `next` is the `after` of the next page.
        """
        return await self._ask(calls.revisions(policy_id, audience, after, limit))

    async def scheduled(
        self,
        policy: str | None = None,
        *,
        as_of: str | None = None,
        until: str | None = None,
        within: int | None = None,
        audience: Sequence[str] = (),
    ) -> Content:
        """What comes into force or ends after a date, soonest first: until another date, or for so many days."""
        return await self._ask(calls.scheduled(policy, as_of, until, within, audience))

    async def due(
        self,
        policy: str | None = None,
        *,
        as_of: str | None = None,
        within: int | None = None,
        audience: Sequence[str] = (),
    ) -> Content:
        """What asks for an author at a date or within days of it: reviews, ends that nothing follows, gaps."""
        return await self._ask(calls.due(policy, as_of, within, audience))

    def log(
        self,
        policy: str | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        audience: Sequence[str] = (),
    ) -> AsyncIterator[Content]:
        """Every event with who, when, what and why, the newest first; pages are loaded when they are needed."""
        return self._items(calls.log(policy, since, until, audience))

    async def changes(self, after: int = 0, *, wait: int = 0, audience: Sequence[str] = ()) -> Content:
        """The events after a transaction; `next` is where to go on. A `wait` in seconds is shorter than the timeout."""
        return await self._ask(calls.changes(after, wait, audience))

    async def diff(self, policy_id: str, before: int, after: int, audience: Sequence[str] = ()) -> Content:
        """What changed between two revisions, passage by passage."""
        return await self._ask(calls.diff(policy_id, before, after, audience))

    async def plan(self, files: Sequence[str], *, replace_scheduled: bool = False, strict: bool = False) -> Content:
        """What publishing authored files, given as their text, would change; `strict` refuses what the lint finds."""
        return await self._ask(calls.plan(files, replace_scheduled, strict))

    async def publish(
        self, policy_id: str, file: str, *, replace_scheduled: bool = False, strict: bool = False
    ) -> Content:
        """What was recorded of an authored file, given as its text. It is searchable. A retry records it once.

        With `strict`, what the lint finds refuses it: ProblemError with the code `lint`.
        """
        return await self._ask(calls.publish(policy_id, file, replace_scheduled, strict))

    async def withdraw(
        self,
        policy_id: str,
        start: str,
        *,
        until: str | None = None,
        through: str | None = None,
        note: str | None = None,
        dry_run: bool = False,
        audience: Sequence[str] = (),
    ) -> Content:
        """What was recorded of a policy's end, for good, until a date or through one. A retry records it only once."""
        return await self._ask(calls.withdraw(policy_id, start, until, through, note, dry_run, audience))

    async def restore(
        self,
        policy_id: str,
        start: str,
        *,
        note: str | None = None,
        dry_run: bool = False,
        audience: Sequence[str] = (),
    ) -> Content:
        """What was recorded: what withdrawals hide is in force again from a date on. A retry records it only once."""
        return await self._ask(calls.restore(policy_id, start, note, dry_run, audience))

    async def correct(
        self,
        policy_id: str,
        number: int,
        file: str,
        *,
        note: str | None = None,
        dry_run: bool = False,
        strict: bool = False,
        audience: Sequence[str] = (),
    ) -> Content:
        """What was recorded: new words in the place of a revision, over its periods. A retry records it only once."""
        return await self._ask(calls.correct(policy_id, number, file, note, dry_run, strict, audience))

    async def unschedule(
        self,
        policy_id: str,
        number: int,
        *,
        note: str | None = None,
        dry_run: bool = False,
        audience: Sequence[str] = (),
    ) -> Content:
        """What was recorded: a revision that has not begun never comes into force. A retry records it only once."""
        return await self._ask(calls.unschedule(policy_id, number, note, dry_run, audience))

    async def describe(
        self,
        policy_id: str,
        *,
        owner: str | None = None,
        note: str | None = None,
        review_by: str | None = None,
        clear: Sequence[str] = (),
        dry_run: bool = False,
        audience: Sequence[str] = (),
    ) -> Content:
        """What was recorded of a policy's owner, note and review date; no answer changes. A retry does it once.

        `clear` names those of which nothing is to be said any more.
        """
        return await self._ask(calls.describe(policy_id, owner, note, review_by, clear, dry_run, audience))

    async def undo(
        self, tx: int | None = None, *, note: str | None = None, dry_run: bool = False, audience: Sequence[str] = ()
    ) -> Content:
        """What was recorded: a commit, the newest or that of `tx`, counts no more. A retry records it only once."""
        return await self._ask(calls.undo(tx, note, dry_run, audience))

    def drafts(self, audience: Sequence[str] = ()) -> AsyncIterator[Content]:
        """The drafts that the key may see; pages are loaded when they are needed."""
        return self._items(calls.drafts(audience))

    async def draft(self, draft_id: str, audience: Sequence[str] = ()) -> Content:
        """A draft with its words, what they change, and what the lint finds in them."""
        return await self._ask(calls.draft(draft_id, audience))

    async def keep_draft(self, file: str, *, replace_scheduled: bool = False, author: str | None = None) -> Content:
        """The draft that an authored file, given as its text, became; `author` where no key says who writes."""
        return await self._ask(calls.keep_draft(file, replace_scheduled, author))

    async def edit_draft(
        self, draft_id: str, file: str, *, replace_scheduled: bool = False, author: str | None = None
    ) -> Content:
        """The draft with other words. An approval of its earlier words is void."""
        return await self._ask(calls.edit_draft(draft_id, file, replace_scheduled, author))

    async def delete_draft(self, draft_id: str) -> Content:
        """The draft that was removed for good."""
        return await self._ask(calls.delete_draft(draft_id))

    async def submit_draft(self, draft_id: str, *, author: str | None = None) -> Content:
        """The draft, handed in for another person to approve."""
        return await self._ask(calls.submit_draft(draft_id, author))

    async def approve_draft(
        self, draft_id: str, digest: str, *, note: str | None = None, later: bool = False
    ) -> Content:
        """The draft of this digest, approved, and what was recorded of it. A retry records it only once."""
        return await self._ask(calls.approve_draft(draft_id, digest, note, later))

    async def publish_draft(self, draft_id: str) -> Content:
        """What was recorded of a draft that was approved for later. A retry records it only once."""
        return await self._ask(calls.publish_draft(draft_id))

    async def reject_draft(self, draft_id: str, reason: str) -> Content:
        """The draft, given back to its writer with a reason."""
        return await self._ask(calls.reject_draft(draft_id, reason))

    async def sign_off(
        self, policy_id: str, number: int, *, note: str | None = None, audience: Sequence[str] = ()
    ) -> Content:
        """What was recorded: another person has read what was published without its approval."""
        return await self._ask(calls.sign_off(policy_id, number, note, audience))

    async def ready(self) -> Content:
        """The generation that answers; ProblemError if the service is not ready."""
        return await self._ask(calls.ready())

    async def _items(self, call: Call[Page] | None) -> AsyncIterator[Content]:
        while call is not None:
            page = await self._ask(call)
            for item in page.items:
                yield item
            call = calls.following(call, page)

    async def _ask(self, call: Call[T]) -> T:
        sent = 1
        while (wait := self._retries.wait(sent, outcome := await self._send(call))) is not None:
            await asyncio.sleep(wait)
            sent += 1
        return call.result(outcome)

    async def _send(self, call: Call[Any]) -> httpx.Response | httpx.RequestError:
        try:
            return await self._http.send(call.request(self._http))
        except httpx.RequestError as error:
            return error
