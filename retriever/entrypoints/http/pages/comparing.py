"""Two revisions of a policy side by side, or in one text, with what became of each passage."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from retriever.access.permissions import Action
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Access, Caller
from retriever.entrypoints.http.pages.page import Pages
from retriever.entrypoints.http.pages.view import View
from retriever.governed_words import LABELS, OTHER
from retriever.inspecting.standing.reading import number_at, policy_read

KINDS: Mapping[str, str] = {
    "reworded": "Changed",
    "added": "Added",
    "removed": "Removed",
    "moved": "Moved",
    "split": "Split",
    "merged": "Merged",
    "regoverned": "Governed otherwise",
    "unchanged": "Unchanged",
}
"""The word for what became of a passage."""


@dataclass
class Section:
    """A section of the later revision, with what became of its passages."""

    name: tuple[str, ...]
    anchor: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """How many passages changed, moved, came or went, or are governed otherwise."""
        return sum(row["kind"] != "unchanged" for row in self.rows)

    def runs(self) -> Iterator[tuple[bool, list[dict[str, Any]]]]:
        """The rows in runs, each with whether it is one of unchanged passages."""
        run: list[dict[str, Any]] = []
        for row in self.rows:
            if row["kind"] != "unchanged":
                if run:
                    yield True, run
                    run = []
                yield False, [row]
            else:
                run.append(row)
        if run:
            yield True, run


def comparing(asof: Asof, access: Access, pages: Pages) -> APIRouter:
    """The page that compares any two revisions, named by number or by date."""
    routes = APIRouter(include_in_schema=False)
    reader = Annotated[Caller, Depends(access.to(Action.READ))]

    @routes.get("/p/{policy_id}/compare")
    async def compare(policy_id: str, request: Request, caller: reader) -> Response:
        """What changed from one revision to the other."""
        asked = request.query_params

        def page() -> Response:
            view = View.of(request, asof.calendar)
            now, labels = asof.clock(), caller.labels(view.audience)
            here = policy_read(asof.ledger, policy_id, now, labels, as_of=view.as_of, known_at=view.known_at)
            texts = [asked.get("a", "").strip(), asked.get("b", "").strip()]
            numbers = [
                number_at(asof.ledger, policy_id, text, now, labels, view.known_at) if text else None for text in texts
            ]
            a, b = _defaults(numbers[0], numbers[1], here)
            content: dict[str, Any] = {"sections": None}
            if a is not None and b is not None:
                content = revisions_compared(asof, policy_id, (a, b), labels, view.known_at)
            return pages.page(
                request,
                caller,
                "compare.html",
                view=view,
                here=here,
                a=texts[0] or a or "",
                b=texts[1] or b or "",
                both=asked.get("view") == "both",
                kinds=KINDS,
                **content,
            )

        return await run_in_threadpool(page)

    return routes


def revisions_compared(
    asof: Asof, policy_id: str, numbers: tuple[int, int], labels: tuple[str, ...], known_at: str | None = None
) -> dict[str, Any]:
    """What pages show of two revisions of a policy: both sides, and what changed by sections."""
    now = asof.clock()
    before, after = (policy_read(asof.ledger, policy_id, now, labels, number=it, known_at=known_at) for it in numbers)
    found = asof.diff(f"{policy_id}@{numbers[0]}", f"{policy_id}@{numbers[1]}", labels)
    return {
        "sections": sections(found["passages"], before, after),
        "counts": [(KINDS[kind], count) for kind, count in found["counts"].items() if count],
        "governing": [governing(change) for change in found["governing"]],
        "sides": [before, after],
    }


def sections(passages: list[dict[str, Any]], before: dict[str, Any], after: dict[str, Any]) -> list[Section]:
    """The changes of passages under the headings that they stand under; removed ones under those of before."""
    found: list[Section] = []
    for change in passages:
        side, ordinal = (after, change["after"]) if change["after"] is not None else (before, change["before"])
        name = tuple(side["shown"]["passages"][ordinal - 1]["section"])
        if not found or found[-1].name != name:
            found.append(Section(name, f"c{len(found) + 1}"))
        found[-1].rows.append(change | {"said": _said(change), "governing": [*map(governing, change["governing"])]})
    return found


def _defaults(a: int | None, b: int | None, here: dict[str, Any]) -> tuple[int | None, int | None]:
    """The two numbers, or what stands for those that were left out: what is in force, and what was before it."""
    b = b or here["number"] or (here["numbers"][-1] if here["numbers"] else None)
    if a is None:
        before = here["before"] and here["before"]["number"]
        earlier = [number for number in here["numbers"] if b is not None and number < b]
        a = before if before and before != b else (earlier[-1] if earlier else None)
    return a, b


def _said(change: dict[str, Any]) -> str:
    """Where a passage was and is, by its handles."""
    was, now = (", ".join(f"#{number}" for number in change[side]) for side in ("all_before", "all_after"))
    if change["kind"] == "split":
        return f"{was} became {now}"
    if change["kind"] == "merged":
        return f"{was} became one, {now}"
    if change["kind"] == "moved" or change["moved"]:
        return f"from {was} to {now}"
    if not was or not now:
        return was or now
    return now if was == now else f"{was}, now {now}"


_CHANGES = {"reworded": "changed", "moved": "governs other passages", "added": "is new", "removed": "is gone"}


def governing(change: dict[str, Any]) -> dict[str, Any]:
    """A change of governing words, with what is said of it."""
    kind = "title" if change["kind"] == "title" else LABELS.get(change["kind"], OTHER)
    counted = Counter(change.get("after") or change.get("before") or ())
    return {**change, "label": kind, "said": _CHANGES[change["change"]], "governs": sorted(counted)}
