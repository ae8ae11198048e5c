"""Pages on which words are written: the form of a new draft, of one that is kept, and what the lint finds in them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from policies.approving.kept_draft import KeptDraft
from policies.change import Publish
from policies.errors import DraftError, UnknownDraft
from policies.revision import Draft
from policies.sources.draft import parse_draft
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.pages.drafting.answered import answered, done, person_of, undated
from retriever.entrypoints.http.pages.drafting.form import Written, sent, template, words_of, written
from retriever.entrypoints.http.pages.drafting.looking import to_look
from retriever.entrypoints.http.pages.drafting.telling import status_of, told
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.inspecting.standing.reading import policy_read


def writing(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The pages of forms. A refusal is the form again, with the words that were sent."""
    routes = APIRouter(include_in_schema=False)
    author = Annotated[Caller, Depends(access.to(Action.WRITE))]
    looking = Annotated[Caller, Depends(to_look(access, Action.WRITE))]
    turns, checks = Turns("changes of drafts", at_once=4, most=32), Turns("checks of drafts", at_once=2, most=16)

    @routes.get("/drafts/new")
    async def begin(request: Request, caller: looking) -> Response:
        """The form for a new draft: with a template, or with the words of a policy."""
        policy_id = request.query_params.get("policy", "").strip()
        labels = caller.labels(View.of(request).audience)

        def page() -> Response:
            now = asof.clock()
            found = policy_read(asof.ledger, policy_id, now, labels) if policy_id else None
            if found is not None and found["shown"] is None and found["numbers"]:
                found = policy_read(asof.ledger, policy_id, now, labels, number=found["numbers"][-1])
            if found is None or found["shown"] is None:
                return form(request, caller, Written(template(asof.calendar.day(now).isoformat(), policy_id)))
            return form(request, caller, Written(words_of(found["shown"])), of=found["version"])

        return await run_in_threadpool(page)

    @routes.post("/drafts/new")
    async def keep(request: Request, caller: author) -> Response:
        """Keeps the words as a draft, whatever the lint finds."""
        async with sent(request) as fields:
            given = await written(fields)

        def kept() -> Response:
            draft = parsed(given)
            new = Author(asof, caller).keep(draft, None, replace_scheduled=given.replace_scheduled)
            return done(request, f"/drafts/{new.id}", "kept")

        return await answered(turns, request, kept, lambda error: form(request, caller, given, error))

    @routes.post("/drafts/check")
    async def check(request: Request, caller: looking) -> Response:
        """The form again, with what the lint finds in its words. Nothing is kept."""
        async with sent(request) as fields:
            given = await written(fields)

        def checked() -> Response:
            kept = still_there(caller, given.draft)
            try:
                change = Publish(parsed(given), given.replace_scheduled)
                found = [it.content() for it in asof.lint([change], caller.writes_as)]
            except DraftError as error:
                return form(request, caller, given, kept=kept, lint=[], unread=told(error))
            return form(request, caller, given, kept=kept, lint=found)

        return await checks(checked)

    @routes.get("/drafts/{draft_id}/edit")
    async def begin_edit(draft_id: str, request: Request, caller: looking) -> Response:
        """The form with the words of a draft."""

        def page() -> Response:
            kept = Author(asof, caller).read(draft_id, list(View.of(request).audience))
            words = Written(kept.draft.text, replace_scheduled=kept.replace_scheduled, seen=kept.digest())
            return form(request, caller, words, kept=kept)

        return await run_in_threadpool(page)

    @routes.post("/drafts/{draft_id}/edit")
    async def edit(draft_id: str, request: Request, caller: author) -> Response:
        """Gives a draft other words. Where it has others than those that were opened, the form comes back with both."""
        async with sent(request) as fields:
            given = await written(fields)
        writes = Author(asof, caller)

        def edited() -> Response:
            writes.seen(draft_id)
            replaces = given.replace_scheduled
            writes.edit(draft_id, parsed(given), None, replace_scheduled=replaces, expected=given.seen)
            return done(request, f"/drafts/{draft_id}", "edited")

        def refused(error: Exception) -> Response:
            return form(request, caller, given, error, kept=still_there(caller, draft_id))

        return await answered(turns, request, edited, refused)

    def still_there(caller: Caller, draft_id: str | None) -> KeptDraft | None:
        """The draft whose words a form has; None where it is a new one, or gone: then they are those of a new one."""
        try:
            return None if draft_id is None else Author(asof, caller).seen(draft_id)
        except UnknownDraft:
            return None

    def parsed(given: Written) -> Draft:
        if given.refused is not None:
            raise given.refused
        return parse_draft(given.words, given.where, asof.calendar)

    def form(
        request: Request,
        caller: Caller,
        given: Written,
        error: Exception | None = None,
        *,
        kept: KeptDraft | None = None,
        of: str | None = None,
        lint: list[dict[str, Any]] | None = None,
        unread: str | None = None,
    ) -> Response:
        return pages.page(
            request,
            caller,
            "draft_form.html",
            status=200 if error is None else status_of(error),
            view=undated(request, asof.calendar),
            with_bar=False,
            given=given,
            kept=kept,
            of=of,
            refused=None if error is None else told(error),
            theirs=kept if kept is not None and given.seen not in (None, kept.digest()) else None,
            lint=lint,
            unread=unread,
            person=person_of(caller),
        )

    return routes
