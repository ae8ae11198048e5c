"""The golden questions of a draft: which find other passages once it is in force, for a reader of its page."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from policies.approving.kept_draft import KeptDraft
from policies.change import Publish
from policies.errors import PolicyError
from retriever.access.permissions import Action, Role
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.pages.drafting.looking import to_look
from retriever.entrypoints.http.pages.drafting.telling import told
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.waiting.turns import Turns
from retriever.inspecting.golden_questions import (
    MOST,
    WITHIN,
    Asked,
    GoldenFile,
    GoldenQuestion,
    asked,
    known_questions,
)

KINDS: Mapping[str, tuple[str, str]] = {
    "lost": ("Lost", "The words that decide it are found now, and not with this draft"),
    "abstains": ("Nothing found", "Something is found now, and nothing with this draft"),
    "regoverned": ("Governed otherwise", "The same words are found, and something else governs them"),
    "changed": ("Changed", "Other words are found, or in another order"),
    "gained": ("Gained", "The words that decide it are found with this draft, and not now"),
}
"""What becomes of a question's evidence in the words of people, the worst first."""

STILL = "The words that decide it are still found, and something beside them changed"

SHOWN = 300
"""How many characters of a block are shown."""


def questions(asof: Asof, access: Access, pages: Pages, golden: GoldenFile | None) -> APIRouter:
    """The page of a draft's golden questions. A caller who may know of none is answered as if there were none."""
    routes = APIRouter(include_in_schema=False)
    looking = Annotated[Caller, Depends(to_look(access, Action.WRITE))]
    turns = Turns("sets of golden questions", at_once=1, most=8)

    @routes.get("/drafts/{draft_id}/questions")
    async def ask_questions(draft_id: str, request: Request, caller: looking) -> Response:
        """What becomes of each golden question; it is asked now, before and after the draft."""
        return await turns(lambda: page(draft_id, request, caller))

    def page(draft_id: str, request: Request, caller: Caller) -> Response:
        view = View.of(request, asof.calendar)
        kept = Author(asof, caller).read(draft_id, list(view.audience))
        found = golden_for(asof, golden, caller, kept, view)
        if found == []:
            raise HTTPException(404)
        if not kept.draft.text:
            return RedirectResponse(view.link(f"/drafts/{draft_id}"), 303)
        return pages.page(
            request,
            caller,
            "draft_questions.html",
            view=view,
            bar_action=f"/drafts/{draft_id}/questions",
            bar_hidden=[],
            draft=kept,
            beneath="hx-request" in request.headers,
            asked=None if found is None else questions_shown(asof, kept, found),
        )

    return routes


def golden_for(
    asof: Asof, golden: GoldenFile | None, caller: Caller, kept: KeptDraft, view: View
) -> list[GoldenQuestion] | None:
    """The golden questions that the reader of a draft may know of; None where their file cannot be read any more."""
    if golden is None:
        return []
    found = golden.questions(view.calendar.zone)
    if found is None:
        return None
    return known_questions(found, asof.ledger.timeline(), caller.labels(view.audience), kept.policy_id)


def golden_shown(asof: Asof, golden: GoldenFile | None, caller: Caller, kept: KeptDraft, view: View) -> str:
    """What the page of a draft says of golden questions: "some", "unreadable", "none", or "offered".

    Where the caller may know of none, the page is as where there are none. Who runs the service is told of the option.
    """
    found = golden_for(asof, golden, caller, kept, view)
    if found is None:
        return "unreadable"
    runs_it = caller.key is None or caller.key.role is Role.ADMIN
    return "some" if found else "offered" if runs_it else "none"


def questions_shown(asof: Asof, kept: KeptDraft, found: list[GoldenQuestion]) -> dict[str, Any]:
    """What becomes of the questions, as the page shows it; `unplanned` says why none of them was asked."""
    change = Publish(asof.drafts().released(kept), kept.replace_scheduled)
    try:
        came = asked(found, asof.rehearse([change]))
    except PolicyError as error:
        return {"unplanned": told(error)}
    rows = [_row(question, content, came.planned) for question, content in came.questions]
    moved = [row for row in rows if row["moved"]]
    return {
        "unplanned": None,
        "count": len(rows),
        "changed": sorted((row for row in rows if row["kind"]), key=lambda row: list(KINDS).index(row["change"])),
        "counts": [(word, n) for it, (word, _) in KINDS.items() if (n := _count(rows, it))],
        "same": [row for row in rows if not row["kind"]],
        "moved": len(moved),
        "left_out": _left_out(came),
    }


def _left_out(came: Asked) -> str | None:
    """Which questions were not asked, and how to ask them all."""
    if not came.left_out:
        return None
    number, every = len(came.questions), len(came.questions) + came.left_out
    why = f"{MOST} are asked at most" if number == MOST else f"no more were begun after {WITHIN:g} seconds"
    return (
        f"Of {every} questions the first {number} {'was' if number == 1 else 'were'} asked here: {why}. "
        "`asof plan FILE --cases FILE` asks all of them"
    )


def _count(rows: list[dict[str, Any]], change: str) -> int:
    return sum(row["kind"] is not None and row["change"] == change for row in rows)


def _row(question: GoldenQuestion, content: dict[str, Any], planned: frozenset[str]) -> dict[str, Any]:
    """One question. Where the same words are found in another revision, that is no change to whoever asks."""
    change = content["change"]
    moved = change == "changed" and content["same_words"]
    kind = None if moved or change == "unchanged" else KINDS[change]
    before, after = content["removed"], content["added"]
    if change != "regoverned":
        before, after = _not_in(before, after), _not_in(after, before)
    return {
        "id": content["id"],
        "query": content["query"],
        "as_of": None if question.query.as_of is None else content["as_of"],
        "facts": [f"{facet}: {value}" for facet, value in question.query.facts.items()],
        "audience": [label for label in question.query.audience if label != "public"],
        "change": change,
        "moved": moved,
        "kind": kind,
        "why": STILL if change == "changed" and content["after"]["holds"] else kind and kind[1],
        "before": _side(content["before"], before, planned),
        "after": _side(content["after"], after, planned),
    }


def _side(side: dict[str, Any], shown: list[dict[str, str]], planned: frozenset[str]) -> dict[str, Any]:
    """What one answer holds: each block with its address, and with its words where it is one of those shown."""
    words = {it["citation"]: _cut(it["text"]) for it in shown}
    blocks = []
    for citation in side["citations"]:
        version, _, numbers = citation.partition("#")
        policy_id, _, number = version.rpartition("@")
        href = None if version in planned else f"/p/{policy_id}/{number}#p{numbers.partition('-')[0]}"
        blocks.append({"citation": citation, "numbers": numbers, "href": href, "words": words.get(citation)})
    return {"blocks": blocks, "holds": side["holds"]}


def _not_in(blocks: list[dict[str, str]], others: list[dict[str, str]]) -> list[dict[str, str]]:
    """The blocks whose words none of the others has."""
    texts = {it["text"] for it in others}
    return [it for it in blocks if it["text"] not in texts]


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rpartition(' ')[0] or text[:SHOWN]} …"
