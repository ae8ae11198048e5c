"""The tables of ledger.db, as sqlite-utils migrations; a change of format is a further function here.

Importing sqlite-utils is slow. It imports pandas where that is installed, which takes half a second more. So it is
imported without pandas here, and code that needs no table imports `ledger_store` alone.
"""

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
_loaded = "pandas" in _modules
if not _loaded:
    _modules["pandas"] = None  # `import pandas` then fails as if it were not installed
try:
    from sqlite_utils import Database as Database
    from sqlite_utils import Migrations
finally:
    if not _loaded:
        del _modules["pandas"]

migrations = Migrations("asof.ledger")

KNOWN = frozenset(
    {"m001_events_and_words", "m002_writes_recorded_once", "m003_events_that_undo", "m004_drafts_and_approvals"}
)
"""The names of all migrations. A later version of Asof wrote a ledger that has any other."""

READ = frozenset({"m001_events_and_words"})
"""The names of those without which nothing can be read."""


@migrations()
def m001_events_and_words(db: Database) -> None:
    """`events` is append-only; `words` holds what an erasure removes, outside the chain of hashes."""
    db.table("events").create(
        {
            "tx": int,
            "recorded_at": int,
            "policy_id": str,
            "revision": int,
            "content": str,
            "hash": str,
        },
        pk="tx",
        not_null={"recorded_at", "policy_id", "content", "hash"},
        strict=True,
    )
    db.table("events").create_index(["policy_id", "tx"])
    db.table("words").create(
        {
            "policy_id": str,
            "revision": int,
            "digest": str,
            "salt": bytes,
            "title": str,
            "text": str,
            "note": str,
            "splitter": str,
            "spans": str,
        },
        pk=("policy_id", "revision"),
        not_null={"digest", "salt", "title", "text", "splitter", "spans"},
        strict=True,
    )


@migrations()
def m002_writes_recorded_once(db: Database) -> None:
    """`once` says which events a named write came to, so that sending it again records nothing."""
    db.table("once").create(
        {
            "name": str,
            "request": str,
            "recorded_at": int,
            "after": int,
            "until": int,
            "unchanged": str,
        },
        pk="name",
        not_null={"request", "recorded_at", "after", "until", "unchanged"},
        strict=True,
    )


@migrations()
def m003_events_that_undo(db: Database) -> None:
    """Events may undo others from here on, so earlier versions may not read them; a commit's events are found fast."""
    db.table("events").create_index(["recorded_at"])


@migrations()
def m004_drafts_and_approvals(db: Database) -> None:
    """`drafts` wait for an approval; `approvals` holds what people agreed to and why, outside the chain of hashes."""
    db.table("drafts").create(
        {"id": str, "policy_id": str, "state": str, "content": str},
        pk="id",
        not_null={"policy_id", "state", "content"},
        strict=True,
    )
    db.table("approvals").create(
        {"tx": int, "salt": bytes, "content": str, "reason": str}, pk="tx", not_null={"salt"}, strict=True
    )
