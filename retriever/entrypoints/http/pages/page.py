"""A page as a response: templates filled with what the library says, and what every page has around it."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from starlette.requests import Request

from policies.calendar import UTC_CALENDAR, Calendar
from policies.instant import format_instant, parse_instant
from retriever.access.permissions import Action, may
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Caller
from retriever.entrypoints.http.pages.view import CARRIED, View
from retriever.errors import BadQuery
from retriever.inspecting.log import set_values

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from jinja2.runtime import Context
    from markupsafe import Markup

HERE = Path(__file__).parent
STATIC = HERE / "static"

STATES: Mapping[str, str] = {
    "in_force": "In force",
    "superseded": "Superseded",
    "scheduled": "Scheduled",
    "withdrawn": "Withdrawn",
    "erased": "Erased",
    "ended": "Ended",
    "none": "Not in force",
}
"""The word for each state of a policy or a revision."""


class Pages:
    """Makes the pages of one service. The templates are read when the first page is asked for."""

    def __init__(self, asof: Asof, keys_required: bool) -> None:
        self._asof = asof
        self._keys_required = keys_required
        self._calendar = UTC_CALENDAR

    def view_without_ledger(self, request: Request) -> View:
        """A view by the calendar of the last page: for pages that may not wait for the ledger, or come without it.

        Labels that links cannot carry are left out: the page that refuses them is such a page.
        """
        try:
            return View.of(request, self._calendar)
        except BadQuery:
            return View(calendar=self._calendar)

    def page(
        self, request: Request, caller: Caller | None, template: str, *, status: int = 200, **content: Any
    ) -> HTMLResponse:
        """A template filled with its content; `caller` is None where nobody is signed in."""
        view = content["view"] = content.get("view") or View.of(request, self._asof.calendar)
        self._calendar = view.calendar
        path, now = request.url.path, self._asof.clock()
        hidden = [(name, value) for name, value in request.query_params.multi_items() if name not in CARRIED]
        around = {
            "path": path,
            "link": view.link,
            "now": format_instant(now),
            "today": view.calendar.day(now).isoformat(),
            "zone": view.calendar.name,
            "key": None if caller is None else caller.key,
            "is_admin": caller is not None and caller.operates,
            "may_write": caller is not None and (caller.key is None or may(caller.key.role, Action.WRITE)),
            "may_approve": caller is not None and caller.key is not None and may(caller.key.role, Action.APPROVE),
            "signed_in": caller is not None,
            "keys_required": self._keys_required,
            "bar_action": path,
            "bar_hidden": [(name, value) for name, value in hidden if name != "after"],
            "bar_points": None,
            "bar_before": None,
            "bar_after": None,
            "with_bar": True,
        }
        return HTMLResponse(filled(self._environment.get_template(template), {**around, **content}), status)

    @cached_property
    def _environment(self) -> "Environment":
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        made = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        made.context_class = _noted_contexts()
        made.filters.update(_told_by_its_view())
        made.globals.update(states=STATES, file=_files(), set_values=set_values)
        return made


MADE = "_contexts_made"
"""Under this name, which no template asks for, a template's values hold the contexts that were made for it."""


def filled(template: "Template", values: Mapping[str, Any]) -> str:
    """The template with these values, of which nothing is kept.

    A macro refers to itself and to the context of its page, which holds all that the page shows. Only a collection of
    all garbage would find that, and nothing else runs meanwhile. So each context is emptied here.
    """
    contexts: list[Context] = []
    try:
        return "".join(template.root_render_func(template.new_context({**values, MADE: contexts})))
    finally:
        for context in contexts:
            context.parent.clear()
            context.vars.clear()


def _noted_contexts() -> "type[Context]":
    """Contexts of templates, each of which is noted where `filled` looks for it."""
    from jinja2.runtime import Context

    class Noted(Context):
        def __init__(self, environment: Any, parent: dict[str, Any], *others: Any, **named: Any) -> None:
            super().__init__(environment, parent, *others, **named)
            parent.get(MADE, []).append(self)

    return Noted


def date(text: str, calendar: Calendar = UTC_CALENDAR) -> str:
    """An instant of JSON as people write it, by a calendar: the date alone where a day starts then."""
    at = parse_instant(text)
    if calendar.starts_day(at):
        return calendar.day(at).isoformat()
    return f"{calendar.instant(at).partition(' = ')[0].removesuffix(calendar.name).rstrip()} {calendar.name}"


def moment(text: str | None, calendar: Calendar = UTC_CALENDAR, none: str = "no end set") -> "Markup":
    """An instant as an element that holds all of it, in UTC; its title says what is left out in the words."""
    from markupsafe import Markup

    if text is None:
        return Markup(none)
    told = date(text, calendar)
    exact = Markup(' title="{0}"').format(text) if "." in text or calendar != UTC_CALENDAR else ""
    return Markup('<time datetime="{0}"{1}>{2}</time>').format(text, exact, told)


def period(start: str, end: str | None, calendar: Calendar = UTC_CALENDAR) -> "Markup":
    """A period that nobody can misread at its last day."""
    from markupsafe import Markup

    if end is None:
        return Markup("from {0}, no end set").format(moment(start, calendar))
    what = "day" if calendar.starts_day(parse_instant(end)) else "instant"
    return Markup("from {0}, until {1} (that {2} not included)").format(
        moment(start, calendar), moment(end, calendar), what
    )


def _told_by_its_view() -> dict[str, Any]:
    """The filters of templates: `date`, `moment`, `period` and `short`, by the calendar of the page's view."""
    from jinja2 import pass_context

    @pass_context
    def as_date(context: Any, text: str) -> str:
        return date(text, context["view"].calendar)

    @pass_context
    def as_moment(context: Any, text: str | None, none: str = "no end set") -> "Markup":
        return moment(text, context["view"].calendar, none)

    @pass_context
    def as_period(context: Any, start: str, end: str | None) -> "Markup":
        return period(start, end, context["view"].calendar)

    @pass_context
    def as_short(context: Any, text: str) -> str:
        found: str = context["view"].short(text)
        return found

    return {"date": as_date, "moment": as_moment, "period": as_period, "short": as_short}


def _files() -> Mapping[str, str]:
    """The address of each file that pages load, under a name that changes with its content."""
    names = (
        "pages.css",
        "pages.js",
        "htmx.min.js",
        "docs.js",
        "swagger/swagger-ui-bundle.js",
        "swagger/swagger-ui.css",
    )
    digests = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12] for name in names}
    return {name: f"/static/{name}?v={digest}" for name, digest in digests.items()}
