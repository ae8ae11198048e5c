"""What a page is looked at with: the point on both clocks and the labels, which every link carries along."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from starlette.requests import Request

from policies.calendar import UTC_CALENDAR, Calendar
from policies.instant import parse_instant
from retriever.errors import BadQuery

CARRIED = ("as_of", "known_at", "audience")
MOST = 200
"""The most characters of an instant or a label that a link carries."""

MOST_LABELS, MOST_TOGETHER = 50, 2_000
"""The most labels that a link carries, and their characters together: a page has hundreds of links."""


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
        """The view that the address of a request names; BadQuery where it names more labels than links can carry."""
        asked = request.query_params
        audience = _labels(asked.getlist("audience"))
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

    def link(self, path: str, /, **asked: object) -> str:
        """The address of a page, with this view and further parameters; those that are None are left out."""
        return self.address(path, asked.items())

    def address(self, path: str, asked: Iterable[tuple[str, object]]) -> str:
        """The same with parameters in pairs: for names that came with a request, which may be any and come twice."""
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


def _labels(texts: Iterable[str]) -> tuple[str, ...]:
    """The distinct labels in parameters of an address, with commas between them."""
    labels = dict.fromkeys(label.strip() for text in texts for label in text.split(","))
    labels.pop("", None)
    if len(labels) > MOST_LABELS:
        raise BadQuery("audience", f"names {len(labels):,} labels; name at most {MOST_LABELS} in the address of a page")
    if (longest := max(map(len, labels), default=0)) > MOST:
        raise BadQuery("audience", f"holds a label of {longest:,} characters; name labels of at most {MOST}")
    if (together := sum(map(len, labels))) > MOST_TOGETHER:
        problem = f"names labels of {together:,} characters together; name fewer, of at most {MOST_TOGETHER:,} together"
        raise BadQuery("audience", problem)
    return tuple(labels)


def _pairs(asked: Iterable[tuple[str, object]]) -> Iterable[tuple[str, str]]:
    for name, value in asked:
        values = value if isinstance(value, list | tuple) else [value]
        yield from ((name, str(it)) for it in values if it is not None and it != "")


def _typed(text: str | None) -> str | None:
    text = (text or "").strip()[:MOST]
    return text or None
