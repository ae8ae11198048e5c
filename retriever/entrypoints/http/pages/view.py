"""What a page is looked at with: the point on both clocks and the labels, which every link carries along."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from starlette.requests import Request

CARRIED = ("as_of", "known_at", "audience")
MOST = 200
"""The most characters of an instant or a label that a link carries."""


@dataclass(frozen=True, slots=True)
class View:
    """`as_of` and `known_at` as they were typed, None where nothing was; `audience` are labels that were asked for."""

    as_of: str | None = None
    known_at: str | None = None
    audience: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: Request) -> "View":
        """The view that the address of a request names."""
        asked = request.query_params
        labels = (label.strip() for text in asked.getlist("audience") for label in text.split(","))
        return cls(_typed(asked.get("as_of")), _typed(asked.get("known_at")), tuple(label for label in labels if label))

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
        pairs += [(name, _short(text)) for name in ("as_of", "known_at") if (text := getattr(self, name)) is not None]
        pairs += [("audience", label) for label in self.audience]
        path, hash_, anchor = path.partition("#")
        query = f"?{urlencode(pairs)}" if pairs else ""
        return f"{quote(path, safe='/@:')}{query}{hash_}{anchor}"


def _short(text: str) -> str:
    """An instant as a date where that says the same."""
    return text.removesuffix("T00:00:00Z")


def _pairs(asked: dict[str, object]) -> Iterable[tuple[str, str]]:
    for name, value in asked.items():
        values = value if isinstance(value, list | tuple) else [value]
        yield from ((name, str(it)) for it in values if it is not None and it != "")


def _typed(text: str | None) -> str | None:
    text = (text or "").strip()[:MOST]
    return text or None
