"""A routing as a page: one HTML file that fetches nothing; each owner with its rules, why they fired, what to do."""

from pathlib import Path
from typing import Any

from evaluator.routing.routing import Routing
from retriever.quoting.untrusted import inert

TEMPLATE = Path(__file__).with_name("page.html")


def page(routing: Routing) -> str:
    """The HTML of a routing; any text in it is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown, keep_trailing_newline=True)
    owners = [
        (owner, routes, {name: of for name, of in routing.by_rule().items() if of[0].rule.owner == owner})
        for owner, routes in routing.by_owner().items()
    ]
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(routing=routing, owners=owners)


def _shown(value: Any) -> Any:
    return inert(value) if type(value) is str else value
