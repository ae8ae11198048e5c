"""A query: a question with a point on both clocks, a scope and trusted facts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from policies.instant import Instant, format_instant, from_datetime, parse_instant, parse_last_day
from policies.normal_form import MOST_MARKS, too_many_marks
from policies.revision import POLICY_ID, PUBLIC
from policies.timeline import Timeline
from retriever.errors import BadQuery, NotKnownYet

MAX_CHARACTERS = 20_000
MAX_K = 1000
MAX_TOKENS = 1_000_000_000
MAX_BLOCK_TOKENS = 10_000
ORDERS = ("rank", "edges")

_SURROGATE = re.compile("[\ud800-\udfff]")
_FIELDS = frozenset(
    (
        *("query", "as_of", "known_at", "policies", "facts", "audience", "k", "max_tokens", "strict", "order"),
        *("merge", "collapse", "block_tokens"),
    )
)


@dataclass(frozen=True, slots=True)
class Query:
    """`as_of` None means now, `known_at` None means the watermark. `audience` holds the caller's labels.

    `k` counts blocks, each with at most `block_tokens` tokens; None means as many as the service is set to. `merge`
    joins neighbouring blocks of one section into one. `collapse` keeps only the best of several blocks that say the
    same in different policies, and names the others beside it.
    """

    text: str
    as_of: Instant | None = None
    known_at: Instant | None = None
    policies: tuple[str, ...] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    audience: tuple[str, ...] = PUBLIC
    k: int = 5
    max_tokens: int | None = None
    strict: bool = False
    order: str = "rank"
    merge: bool = False
    collapse: bool = False
    block_tokens: int | None = None


def parse_query(fields: Mapping[str, Any], zone: tzinfo = UTC) -> Query:
    """The query in JSON fields named as in a request; BadQuery names the field that cannot be accepted.

    Unknown fields are ignored, and null is the same as absent. A date is its start in the zone.
    """
    given = {name: value for name, value in fields.items() if name in _FIELDS and value is not None}
    text = given.get("query")
    if not isinstance(text, str) or not text.strip():
        raise BadQuery("query", "is empty; ask a question")
    if len(text) > MAX_CHARACTERS:
        raise BadQuery("query", f"has {len(text):,} characters, over the limit of {MAX_CHARACTERS:,}")
    check_characters([text], "query")
    return Query(
        text=text,
        as_of=query_instant(given.get("as_of"), "as_of", zone),
        known_at=query_instant(given.get("known_at"), "known_at", zone),
        policies=_policies(given.get("policies")),
        facts=_facts(given.get("facts", {})),
        audience=parse_labels(given.get("audience", [])),
        k=_count(given.get("k", 5), "k", MAX_K),
        max_tokens=_optional(given, "max_tokens", MAX_TOKENS),
        strict=_flag(given.get("strict", False), "strict"),
        order=_order(given.get("order", "rank")),
        merge=_flag(given.get("merge", False), "merge"),
        collapse=_flag(given.get("collapse", False), "collapse"),
        block_tokens=_optional(given, "block_tokens", MAX_BLOCK_TOKENS),
    )


def query_instant(value: Any, field: str, zone: tzinfo = UTC) -> Instant | None:
    """An instant given as text, where a date is its start in the zone, or as an aware datetime."""
    if value is None:
        return None
    try:
        if isinstance(value, datetime):
            return from_datetime(value)
        if isinstance(value, str):
            return parse_instant(value, zone)
    except ValueError as error:
        raise BadQuery(field, str(error)) from error
    raise BadQuery(field, f"is {value!r}; give a date such as 2025-03-01 or an RFC 3339 instant")


def query_end(until: Any, through: Any, fields: tuple[str, str], zone: tzinfo = UTC) -> Instant | None:
    """When a period ends, given by its end or by its last day; BadQuery where both are given."""
    if through is None:
        return query_instant(until, fields[0], zone)
    if until is not None:
        raise BadQuery(fields[1], f"was given together with {fields[0]}; give one: the last day, or the end")
    try:
        return parse_last_day(str(through), zone)
    except ValueError as error:
        raise BadQuery(fields[1], str(error)) from error


def known_by(timeline: Timeline, known_at: Instant | None) -> Instant:
    """The given `known_at`, or the watermark if none is given; NotKnownYet if it lies past the watermark."""
    watermark = timeline.recorded_at
    if known_at is not None and known_at > watermark:
        raise NotKnownYet(
            "known_at",
            f"{format_instant(known_at)} lies past what is recorded, {format_instant(watermark)}; "
            "leave it out to use everything known",
        )
    return watermark if known_at is None else known_at


def parse_labels(value: Any) -> tuple[str, ...]:
    """A caller's access labels; everyone holds `public`."""
    return tuple(sorted({*PUBLIC, *_texts(value, "audience")}))


def _policies(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = _texts([value] if isinstance(value, str) else value, "policies")
    for name in names:
        if not POLICY_ID.fullmatch(name):
            raise BadQuery("policies", f"{name!r} is not a policy id")
    if not names:
        raise BadQuery("policies", "is an empty list; name at least one policy, or leave it out to search all")
    return tuple(sorted(set(names)))


def _texts(value: Any, field: str) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise BadQuery(field, f"is {value!r}; give a list of names")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise BadQuery(field, f"holds {item!r}; give names")
    check_characters(value, field)
    return [item.strip() for item in value]


def _facts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for pair in value.items() for item in pair):
        raise BadQuery("facts", f"is {value!r}; give facets with one text value each, such as region: US")
    check_characters([*value, *value.values()], "facts")
    return dict(sorted(value.items()))


def check_characters(texts: Iterable[str], field: str) -> None:
    """Refuses what is no text: lone surrogates, and combining marks without end."""
    for text in texts:
        if _SURROGATE.search(text):
            raise BadQuery(field, "holds a lone surrogate, which is no character")
        if too_many_marks(text) is not None:
            raise BadQuery(field, f"holds more than {MOST_MARKS} combining marks in a row; remove them")


def _count(value: Any, field: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise BadQuery(field, f"is {value!r}; give a whole number of at least 1 and at most {most}")
    return value


def _optional(given: Mapping[str, Any], field: str, most: int) -> int | None:
    return _count(given[field], field, most) if field in given else None


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise BadQuery(field, f"is {value!r}; give true or false")
    return value


def _order(value: Any) -> str:
    if value not in ORDERS:
        raise BadQuery("order", f"is {value!r}; give one of {', '.join(ORDERS)}")
    return str(value)
