"""What a page is looked at with: the point on both clocks and the labels, which every link carries along."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from starlette.requests import Request

from policies.calendar import UTC_CALENDAR, Calendar
from policies.instant import parse_instant

CARRIED = ("as_of", "known_at", "audience")
MOST = 200
"""The most characters of an instant or a label that a link carries."""


@dataclass(frozen=True, slots=True)
class View:
    """`as_of` and `known_at` as they were typed, None where nothing was; `audience` are labels that were asked for.

    Dates are read and told by the `calendar`, the home's.
    """

    as_of: str | None = None
    known_at: str | None = None
    audience: tuple[str, ...] = ()
    calendar: Calendar = UTC_CALENDAR

    @classmethod
    def of(cls, request: Request, calendar: Calendar = UTC_CALENDAR) -> "View":
        """The view that the address of a request names."""
        asked = request.query_params
        labels = (label.strip() for text in asked.getlist("audience") for label in text.split(","))
        audience = tuple(label for label in labels if label)
        return cls(_typed(asked.get("as_of")), _typed(asked.get("known_at")), audience, calendar)

    @property
    def is_now(self) -> bool:
        """Whether the page shows what holds now, as known now."""
        return self.as_of is None and self.known_at is None

    def at(self, as_of: str | None, known_at: str | None = None) -> "View":
        """The same view from another point."""
        return replace(self, as_of=as_of, known_at=known_at)

    def dated(self, as_of: str | None) -> "View":
        """The same view at another date, as known at the same instant."""
        return replace(self, as_of=as_of)

    def link(self, path: str, **asked: object) -> str:
        """The address of a page, with this view and further parameters; those that are None are left out."""
        pairs = list(_pairs(asked))
        dates = (("as_of", self.as_of), ("known_at", self.known_at))
        pairs += [(name, self.short(text)) for name, text in dates if text is not None]
        pairs += [("audience", label) for label in self.audience]
        path, hash_, anchor = path.partition("#")
        query = f"?{urlencode(pairs)}" if pairs else ""
        return f"{quote(path, safe='/@:')}{query}{hash_}{anchor}"

    def short(self, text: str) -> str:
        """An instant as a date where that says the same; what is no instant as it is."""
        try:
            at = parse_instant(text, self.calendar.zone)
        except ValueError:
            return text
        return self.calendar.day(at).isoformat() if self.calendar.starts_day(at) else text


def _pairs(asked: dict[str, object]) -> Iterable[tuple[str, str]]:
    for name, value in asked.items():
        values = value if isinstance(value, list | tuple) else [value]
        yield from ((name, str(it)) for it in values if it is not None and it != "")


def _typed(text: str | None) -> str | None:
    text = (text or "").strip()[:MOST]
    return text or None
