"""Search as of a date, and receipts: what was answered, asked again."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from retriever.access.permissions import Action
from retriever.answering.explanation import explained_answer
from retriever.asking.query import Query, parse_query
from retriever.bootstrap import Asof
from retriever.entrypoints.assistants.tools import OnAnswer
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.entrypoints.http.waiting.turns import InTurn
from retriever.errors import BadQuery
from retriever.governed_words import lines_after, lines_before, words_of
from retriever.traces.receipt_store import ReceiptStore, known_receipt

VERDICTS: Mapping[str, str] = {
    "same": "The same evidence, byte for byte",
    "differs": "Other evidence than then",
    "erased": "It rested on words that were erased since",
    "not_readable": "It rested on words that you may not read",
    "another_pipeline": "It was answered by another pipeline",
}


def searching(
    asof: Asof,
    access: Access,
    pages: Pages,
    on_answer: OnAnswer,
    receipts: ReceiptStore | None,
    in_turn: InTurn,
) -> APIRouter:
    """The pages that answer questions, `in_turn` with those of the routes."""
    routes = APIRouter(include_in_schema=False)
    asker = Annotated[Caller, Depends(access.to(Action.ASK))]

    @routes.get("/search")
    async def search(request: Request, caller: asker) -> Response:
        """The blocks in force at a date that answer a question; the address holds all that was asked."""
        asked = request.query_params
        fields: dict[str, Any] = {
            "q": asked.get("q", "").strip(),
            "facts": _split(asked.getlist("fact")),
            "policies": _split(asked.getlist("policy")),
            "k": asked.get("k", "").strip() or "5",
            "strict": "strict" in asked,
            "explain": "explain" in asked,
        }

        def page() -> Response:
            view = View.of(request, asof.calendar)
            query = _query(view, fields, caller.labels(view.audience)) if fields["q"] else None
            content: dict[str, Any] = {"answer": None, "explained": None}
            if query is not None:
                found = asof.retriever.retrieve(query)
                answer = found.content()
                on_answer(found, answer)
                content["answer"] = answer
                content["hits"] = [_hit(item) for item in answer["evidence"]]
                if fields["explain"]:
                    content["explained"] = explained_answer(asof.retriever, answer)
            return pages.page(
                request, caller, "search.html", view=view, fields=fields, receipts=receipts is not None, **content
            )

        return await in_turn(page)

    @routes.get("/receipts/{id}")
    async def show_receipt(id: str, request: Request, caller: asker) -> Response:
        """A receipt that was given out lately, and what its request gives now."""
        view = View.of(request, asof.calendar)

        def page() -> Response:
            labels = caller.labels(view.audience)
            receipt = known_receipt(receipts, id, labels)
            again = asof.replay(receipt, labels).content()
            hits = [_hit(item) for item in again["answer"]["evidence"]] if again["answer"] else []
            return pages.page(
                request,
                caller,
                "receipt.html",
                view=view,
                receipt=receipt,
                again=again,
                verdict=VERDICTS[again["verdict"]],
                hits=hits,
            )

        return await in_turn(page)

    return routes


def _query(view: View, fields: Mapping[str, Any], labels: tuple[str, ...]) -> Query:
    return parse_query(
        {
            "query": fields["q"],
            "as_of": view.as_of,
            "known_at": view.known_at,
            "policies": fields["policies"] or None,
            "facts": dict(map(_fact, fields["facts"])),
            "audience": labels,
            "k": _number(fields["k"]),
            "strict": fields["strict"],
        },
        view.calendar.zone,
    )


def _split(texts: Iterable[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _fact(text: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise BadQuery("fact", f"is {text!r}; write a facet and its value, such as region=US")
    return name, value


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise BadQuery("k", f"is {text!r}; write a whole number from 1 to 1000")
    return int(text)


def _hit(item: dict[str, Any]) -> dict[str, Any]:
    """An item of evidence with its address here, and with its words as a reader of the page sees them."""
    first = item["passages"][0]["citation"].rpartition("#")[2].partition("-")[0]
    return {
        **item,
        "href": f"/p/{item['policy_id']}/{item['revision']}#p{first}",
        "shown": words_of(item),
        "before": [line for line in lines_before(item) if not line.startswith("under the heading")],
        "behind": lines_after(item),
    }
