"""The list of policies, and one policy as of a date or by its number."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from policies.errors import UnknownRevision
from policies.revision import VersionId
from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.number import number_in
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.policy_words import PolicyWords, forget_policy_words, policy_words
from retriever.entrypoints.http.pages.view import View
from retriever.inspecting.log import publish_logged
from retriever.inspecting.standing.listing import points_of_all, standing_policies
from retriever.inspecting.standing.reading import erasures, policy_read

LISTED = 200
"""How many policies a page lists."""


def policies(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The pages that show policies to those who may read them."""
    routes = APIRouter(include_in_schema=False)
    reader = Annotated[Caller, Depends(access.to(Action.READ))]

    @routes.get("/")
    async def list_policies(request: Request, caller: reader) -> Response:
        """Each policy with how it stands, who answers for it, and what comes next."""
        asked = request.query_params

        def page() -> Response:
            view = View.of(request, asof.calendar)
            now, labels = asof.clock(), caller.labels(view.audience)
            point = {"as_of": view.as_of, "known_at": view.known_at}
            words = asked.get("q", "")
            found = standing_policies(
                asof.ledger, now, labels, **point, words=words, after=asked.get("after"), limit=LISTED
            )
            around = points_of_all(asof.ledger, now, labels, **point)
            return pages.page(
                request,
                caller,
                "policies.html",
                view=view,
                found=found,
                words=words,
                bar_before=around["before"],
                bar_after=around["after"],
            )

        return await run_in_threadpool(page)

    @routes.get("/p/{policy_id}")
    async def show_policy(policy_id: str, request: Request, caller: reader) -> Response:
        """What is in force of a policy at a date."""
        return await run_in_threadpool(shown, request, caller, policy_id, None)

    @routes.get("/p/{policy_id}/{number}")
    async def show_revision(policy_id: str, number: str, request: Request, caller: reader) -> Response:
        """One revision for good."""
        named = number_in(number)
        if named is None or named >= 1_000_000_000:
            raise UnknownRevision(f"There is no revision {number[:20]} of {policy_id}; its timeline lists them")
        return await run_in_threadpool(shown, request, caller, policy_id, named)

    erased = 0

    def shown(request: Request, caller: Caller, policy_id: str, number: int | None) -> Response:
        nonlocal erased
        view = View.of(request, asof.calendar)
        if (now_erased := erasures(asof.ledger)) != erased:
            forget_policy_words()
            erased = now_erased
        found = policy_read(
            asof.ledger,
            policy_id,
            asof.clock(),
            caller.labels(view.audience),
            number=number,
            as_of=view.as_of,
            known_at=view.known_at,
        )
        status = 410 if found["state"] == "erased" else 200
        return pages.page(
            request,
            caller,
            "policy.html",
            view=view,
            status=status,
            found=found,
            words=_words(found),
            published=_published(asof, found, caller.labels(view.audience)),
            numbered=number is not None,
            bar_action=f"/p/{policy_id}",
            bar_points=found["points"],
            bar_before=None if found["before"] is None else found["before"]["at"],
            bar_after=None if found["after"] is None else found["after"]["at"],
        )

    return routes


def _published(asof: Asof, found: dict[str, Any], labels: tuple[str, ...]) -> dict[str, Any] | None:
    """How the words that are shown were published."""
    shown = found["shown"]
    return None if shown is None else publish_logged(asof.ledger, VersionId.parse(shown["version"]), labels)


def _words(found: dict[str, Any]) -> PolicyWords | None:
    shown = found["shown"]
    if shown is None:
        return None
    spans = [(passage["char_start"], passage["char_end"]) for passage in shown["passages"]]
    return policy_words(shown["version"], shown["text"], spans)
