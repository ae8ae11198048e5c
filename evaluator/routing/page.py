"""A routing as a page: one HTML file that fetches nothing; each owner with its rules, why they fired, what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evaluator.routing.routing import CASELESS, Route, Routing
from retriever.quoting.untrusted import inert

TEMPLATE = Path(__file__).with_name("page.html")


def page(routing: Routing) -> str:
    """The HTML of a routing; any text in it is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown, keep_trailing_newline=True)
    owners = [
        (owner, routes, [(of, _alike(of)) for of in routing.by_rule().values() if of[0].rule.owner == owner])
        for owner, routes in routing.by_owner().items()
    ]
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        routing=routing, owners=owners, caseless=CASELESS
    )


def _alike(routes: Sequence[Route]) -> list[tuple[list[str], list[str]]]:
    """What was measured, each once, with the names of the traces of which it was."""
    found: dict[tuple[str, ...], list[str]] = {}
    for route in routes:
        found.setdefault(route.reasons, []).append(route.place)
    return [(list(said), names) for said, names in found.items()]


def _shown(value: Any) -> Any:
    return inert(value) if type(value) is str else value
