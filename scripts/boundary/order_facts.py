"""The facts of an order, as the order system says them: the only ones that a decision may rest on."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError


class BadFact(Exception):
    """A fact that cannot be accepted; the message names it."""


class OrderFacts(BaseModel, frozen=True, extra="forbid"):
    """What is not given is not known, and never guessed."""

    order: Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,12}$")]
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    channel: Literal["web", "store", "phone", "marketplace"] | None = None
    condition: (
        Literal["unused", "opened", "damaged", "faulty", "wrong_item", "packaging_differs", "accident"] | None
    ) = None
    category: Literal["electronics", "software", "gift_card", "perishable"] | None = None
    days_since_delivery: Annotated[int, Field(ge=0, le=36500)] | None = None
    bought_on: date | None = None
    final_sale: bool | None = None
    gift: bool | None = None


def trusted_facts(given: dict[str, Any]) -> dict[str, str]:
    """The facts as text, as the service takes them; BadFact for the first that cannot be accepted."""
    try:
        facts = OrderFacts.model_validate({name: _text(value) for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadFact(f"Fact {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    return {name: _text(value) for name, value in facts.model_dump(mode="json", exclude_none=True).items()}


def read_facts(file: str) -> dict[str, Any]:
    """The JSON object in a file, or on standard input where that is `-`."""
    text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFact(f"The facts in {file} are no JSON: {error}") from error
    if not isinstance(given, dict):
        raise BadFact(f'The facts in {file} are no JSON object; write one such as {{"order": "A10234"}}')
    return given


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
