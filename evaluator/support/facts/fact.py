"""Trusted facts as what they say: sentences for a scorer, and a number with its unit where the fact is one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluator.quantities import Quantity, quantities

_UNITS = r"seconds?|minutes?|hours?|(?:business_|working_|calendar_)?days?|weeks?|months?|years?"
_SINCE = re.compile(rf"(?P<unit>{_UNITS})_(?:since|after|from)_(?P<event>[a-z_]+)", re.IGNORECASE)
_AGO = re.compile(rf"(?P<event>[a-z_]+?)_(?P<unit>{_UNITS})_ago", re.IGNORECASE)
_ON = re.compile(r"(?P<event>[a-z_]+)_(?:on|at|date)", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

_DONE = {
    "delivery": ("was delivered", "arrived"),
    "arrival": ("arrived",),
    "receipt": ("was received",),
    "dispatch": ("was dispatched", "was sent"),
    "shipment": ("was shipped", "was sent"),
    "purchase": ("was purchased", "was bought"),
    "order": ("was ordered",),
    "payment": ("was paid",),
    "return": ("was returned",),
}
"""What happened, by the noun for it."""

_WHAT = ("It", "The item", "The order")
"""What an answer calls the one thing that the facts are about."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A trusted fact. `names` are the words of its name; `quantity` is its number, where it counts something."""

    name: str
    value: str
    names: tuple[str, ...]
    quantity: Quantity | None = None
    event: str | None = None

    @property
    def said(self) -> str:
        """The value as words: `gift_card` as "gift card"."""
        return self.value.replace("_", " ")

    def sentences(self) -> Iterator[str]:
        """What the fact says, in words in which an answer may say it."""
        name, said = " ".join(self.names), self.said
        event = (self.event or "").replace("_", " ")
        if self.event is not None and self.quantity is not None:
            yield f"The {event} was {said} ago."
            yield f"{said} have passed since {event}."
            done = _DONE.get(event, (f"was {event}",) if event.endswith("ed") else ())
            yield from (f"{what} {did} {said} ago." for did in done for what in _WHAT)
        elif self.event is not None:
            yield from (f"{what} was {event} on {said}." for what in _WHAT)
        elif said in ("true", "false"):
            is_it = "is" if said == "true" else "is not"
            yield from (f"{what} {is_it} {article}{name}." for what in _WHAT for article in ("", "a "))
        else:
            yield f"The {name} is {said}."
            if _NUMBER.match(said) is None:
                yield from (f"{what} {is_it} {said}." for what in _WHAT for is_it in ("is", "was"))


def read_facts(facts: Mapping[str, str]) -> list[Fact]:
    """Facts by name, such as `days_since_delivery: 12`, as what they say."""
    return [_fact(name, value.strip()) for name, value in facts.items() if value.strip()]


def _fact(name: str, value: str) -> Fact:
    words = tuple(word for word in re.split(r"[\W_]+", name.lower()) if word)
    if _NUMBER.fullmatch(value) and (found := _SINCE.fullmatch(name) or _AGO.fullmatch(name)):
        unit = found["unit"].replace("_", " ")
        said = f"{value} {unit if unit.endswith('s') or value == '1' else unit + 's'}"
        return Fact(name, said, words, _one(said), found["event"].lower())
    if _DATE.match(value) and (dated := _ON.fullmatch(name)):
        return Fact(name, value, words, None, dated["event"].lower())
    return Fact(name, value, words, _one(value))


def _one(said: str) -> Quantity | None:
    found = quantities(said)
    return found[0] if len(found) == 1 and found[0].end - found[0].start == len(said.strip()) else None
