"""An event: one entry of the ledger, hashed onto the one before it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Any, Literal, get_args

import rfc8785

from policies.errors import LedgerTooNew
from policies.instant import FOREVER, Instant
from policies.period import Period

Kind = Literal[
    "publish", "withdraw", "restore", "erase", "restrict", "undo", "unschedule", "describe", "settings", "sign_off"
]
KINDS = frozenset(get_args(Kind))
NOTHING = 0
"""What stands for a revision in paint that shows nothing: the policy then says neither words nor "withdrawn"."""
GENESIS = "0" * 64
"""What stands for "the hash before" in the first event."""

NONE_SAID: Mapping[str, Any] = {}
"""Of all events that have no facets, or no settings: one for each would take 64 bytes of every event in memory."""


@dataclass(frozen=True, slots=True)
class Paint:
    """One period of a policy's valid timeline and the revision it takes.

    None paints "withdrawn". NOTHING paints what a period shows of which nothing was ever said; only an undo does so.
    The period belongs to a rule. `origin` is where that rule starts, and `open_ended` says whether it has no end of its
    own. A later open-ended publish stops at the origin of an open-ended rule. A bounded rule that starts inside that
    publish stays on top.
    """

    period: Period
    revision: int | None
    origin: Instant
    open_ended: bool


@dataclass(frozen=True, slots=True)
class Base:
    """What a draft was written on: the newest revision of its policy, and the newest event that painted that policy.

    A policy that is new has neither: None and 0.
    """

    revision: int | None = None
    tx: int = 0


@dataclass(frozen=True, slots=True)
class Signature:
    """Who stands for an event, since when, and for what: a draft, what it was written on, and why.

    `digest` is the commitment SHA-256(salt, what was approved), and `reason` SHA-256(salt, reason). Both texts are rows
    outside the event, so that an erasure can remove them.
    """

    person: str
    at: Instant
    draft: str | None = None
    digest: str | None = None
    base: Base | None = None
    reason: str | None = None

    def content(self) -> dict[str, Any]:
        """The signature as JSON values."""
        base = None if self.base is None else {"revision": self.base.revision, "tx": self.base.tx}
        return {
            "person": self.person,
            "at": str(self.at),
            "draft": self.draft,
            "digest": self.digest,
            "base": base,
            "reason": self.reason,
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any] | None) -> "Signature | None":
        """The signature of these JSON values; None where there are none."""
        if content is None:
            return None
        base = content["base"]
        return cls(
            content["person"],
            int(content["at"]),
            content["draft"],
            content["digest"],
            None if base is None else Base(base["revision"], base["tx"]),
            content["reason"],
        )


@dataclass(frozen=True, slots=True)
class Event:
    """What one author did to one policy. `words` is the commitment SHA-256(salt, words) of a publish.

    What was asked is kept where the paint alone does not tell: `undoes` are the tx of the events that an undo takes
    back, `replace_scheduled` is a publish's, and `start` is the instant from which on a restore holds. A publish that
    `corrects` a revision takes the periods that it shows. `clears` are the fields that a description empties.
    `settings` are those of the home, in an event of no policy.

    `approval` says who let a publish come into force, or who signed a revision off. `forced` says who published without
    the approval that was required. An erasure names in `reasons` the events whose reasons it removed.
    """

    tx: int
    recorded_at: Instant
    kind: Kind
    policy_id: str
    revision: int | None
    painted: tuple[Paint, ...]
    author: str | None
    note: str | None
    previous: str
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NONE_SAID)
    audience: tuple[str, ...] = ()
    owner: str | None = None
    words: str | None = None
    review_by: Instant | None = None
    undoes: tuple[int, ...] = ()
    replace_scheduled: bool = False
    start: Instant | None = None
    corrects: int | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: NONE_SAID)
    approval: Signature | None = None
    forced: Signature | None = None
    reasons: tuple[int, ...] = ()
    clears: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """The event as JSON values: what is stored, and what the hash covers.

        What later versions added is left out where it says nothing, so that earlier events keep their bytes.
        """
        content = {
            "tx": self.tx,
            "recorded_at": str(self.recorded_at),
            "kind": self.kind,
            "policy_id": self.policy_id,
            "revision": self.revision,
            "painted": [_paint_content(paint) for paint in self.painted],
            "author": self.author,
            "note": self.note,
            "previous": self.previous,
            "applies_to": {facet: list(values) for facet, values in self.applies_to.items()},
            "audience": list(self.audience),
            "owner": self.owner,
            "words": self.words,
        }
        if self.review_by is not None:
            content["review_by"] = str(self.review_by)
        if self.undoes:
            content["undoes"] = list(self.undoes)
        if self.replace_scheduled:
            content["replace_scheduled"] = True
        if self.start is not None:
            content["start"] = str(self.start)
        if self.corrects is not None:
            content["corrects"] = self.corrects
        if self.settings:
            content["settings"] = dict(self.settings)
        if self.approval is not None:
            content["approval"] = self.approval.content()
        if self.forced is not None:
            content["forced"] = self.forced.content()
        if self.reasons:
            content["reasons"] = list(self.reasons)
        if self.clears:
            content["clears"] = list(self.clears)
        return content

    def canonical(self) -> bytes:
        """The canonical JSON (RFC 8785) of `content()`."""
        return rfc8785.dumps(self.content())

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "Event":
        """The event of these JSON values; LedgerTooNew where its kind is not known."""
        if content["kind"] not in KINDS:
            raise LedgerTooNew(
                f"Event {content['tx']} is of the kind {content['kind']!r}, which this version of Asof does not know; "
                "upgrade Asof to open this ledger"
            )
        return cls(
            tx=content["tx"],
            recorded_at=int(content["recorded_at"]),
            kind=content["kind"],
            policy_id=intern(content["policy_id"]),
            revision=content["revision"],
            painted=tuple(_paint(paint) for paint in content["painted"]),
            author=content["author"],
            note=content["note"],
            previous=content["previous"],
            applies_to={facet: _shared(*values) for facet, values in content["applies_to"].items()} or NONE_SAID,
            audience=_shared(*content["audience"]),
            owner=content["owner"],
            words=content["words"],
            review_by=None if content.get("review_by") is None else int(content["review_by"]),
            undoes=tuple(content.get("undoes", ())),
            replace_scheduled=content.get("replace_scheduled", False),
            start=None if content.get("start") is None else int(content["start"]),
            corrects=content.get("corrects"),
            settings=content.get("settings") or NONE_SAID,
            approval=Signature.from_content(content.get("approval")),
            forced=Signature.from_content(content.get("forced")),
            reasons=tuple(content.get("reasons", ())),
            clears=tuple(content.get("clears", ())),
        )


def event_hash(canonical: bytes) -> str:
    """The SHA-256 of an event's canonical bytes, in hexadecimal. The bytes hold the hash of the event before."""
    return hashlib.sha256(canonical).hexdigest()


def _paint_content(paint: Paint) -> list[Any]:
    """The JSON values of a paint. Instants are strings: they pass 2**53, and other tools round such JSON numbers."""
    end = None if paint.period.end >= FOREVER else str(paint.period.end)
    return [str(paint.period.start), end, paint.revision, str(paint.origin), paint.open_ended]


def _paint(content: list[Any]) -> Paint:
    start, end, revision, origin, open_ended = content
    period = Period(int(start), FOREVER if end is None else int(end))
    return Paint(period, revision, period.start if origin == start else int(origin), open_ended)


@lru_cache(maxsize=4096)
def _shared(*values: str) -> tuple[str, ...]:
    """The values as a tuple: most events have the labels and facets of others."""
    return values
