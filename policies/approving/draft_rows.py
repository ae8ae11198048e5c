"""The rows of drafts and of what approvals said, in the ledger's file: every statement of SQL about them.

They lie beside the words, outside the chain of events, so that they change and go without a trace in it. A file that
an earlier version wrote, and that cannot be written now, has no such tables: then there are no drafts.
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.approving.consent import Consent
from policies.approving.kept_draft import KeptDraft
from policies.event import Signature

Row = Mapping[str, Any]

AT_ONCE = 8
"""Drafts read at a time, where not all may be wanted."""

_OPEN = "state not in ('published', 'erased')"


@dataclass(frozen=True, slots=True)
class Opened:
    """What an event's signature commits to, as long as no erasure removed it."""

    tx: int
    content: str | None
    reason: str | None


class DraftRows:
    """The rows, read by `query` and changed by `execute`; whoever changes them holds a transaction."""

    def __init__(self, query: Callable[..., list[Row]], execute: Callable[[str, tuple[Any, ...]], object]) -> None:
        self._query = query
        self._execute = execute
        self._there = False

    def all(self, policy_id: str | None = None) -> list[KeptDraft]:
        """All drafts, or those of a policy, by id."""
        sql = "select * from drafts where ? is null or policy_id = ? order by id"
        return [KeptDraft.of_row(row) for row in self._rows(sql, policy_id, policy_id)]

    def open(self, policy_id: str | None = None) -> list[KeptDraft]:
        """Those of them that still have words of their own: neither published nor erased."""
        sql = f"select * from drafts where {_OPEN} and (? is null or policy_id = ?) order by id"
        return [KeptDraft.of_row(row) for row in self._rows(sql, policy_id, policy_id)]

    def open_in_turn(self, after: str = "") -> Iterator[KeptDraft]:
        """The open ones with an id past `after`, by id, read as they are asked for: each may have megabytes."""
        sql = f"select * from drafts where {_OPEN} and id > ? order by id limit ?"
        while rows := self._rows(sql, after, AT_ONCE):
            yield from map(KeptDraft.of_row, rows)
            after = rows[-1]["id"]

    def find(self, draft_id: str) -> KeptDraft | None:
        """The draft of an id; None where there is none."""
        return next((KeptDraft.of_row(row) for row in self._rows("select * from drafts where id = ?", draft_id)), None)

    def write(self, kept: KeptDraft) -> None:
        """Adds a draft, or puts it in the place of the one of its id."""
        row = kept.row()
        self._execute(
            "insert or replace into drafts (id, policy_id, state, content) values (?, ?, ?, ?)",
            (row["id"], row["policy_id"], row["state"], row["content"]),
        )

    def delete(self, draft_id: str) -> None:
        self._execute("delete from drafts where id = ?", (draft_id,))

    def seal(self, tx: int, consent: Consent) -> Signature:
        """Keeps what a person agreed to and why, under a salt, and returns the signature that commits to both."""
        salt = secrets.token_bytes(16)
        if consent.content is not None or consent.reason is not None:
            self._execute(
                "insert into approvals (tx, salt, content, reason) values (?, ?, ?, ?)",
                (tx, salt, consent.content, consent.reason),
            )
        return consent.signature(salt)

    def opened(self, txs: Collection[int] | None = None) -> dict[int, Opened]:
        """What the signatures of these events commit to, of those of which something is left; of all without `txs`."""
        if txs is None:
            rows = self._rows("select * from approvals")
        else:
            listed = "[" + ",".join(map(str, txs)) + "]"
            rows = self._rows("select * from approvals where tx in (select value from json_each(?))", listed)
        return {row["tx"]: Opened(row["tx"], row["content"], row["reason"]) for row in rows}

    def approval_rows(self) -> list[Row]:
        """What approvals said, as it is stored, for who checks it."""
        return self._rows("select * from approvals order by tx")

    def forget(self, tx: int) -> None:
        """Removes all that the signature of an event commits to."""
        self._execute("delete from approvals where tx = ?", (tx,))

    def forget_reason(self, tx: int) -> None:
        """Removes the reason that the signature of an event commits to."""
        self._execute("update approvals set reason = null where tx = ?", (tx,))

    def lost(self, passages: str, policy_id: str, revision: int) -> set[str]:
        """Of these passages, a JSON array, those that stand in no revision but this one."""
        sql = (
            "select value from json_each(?) as passage "
            "where not exists (select 1 from words where instr(text, passage.value) > 0 "
            "and not (policy_id = ? and revision = ?))"
        )
        return {row["value"] for row in self._query(sql, passages, policy_id, revision)}

    def _rows(self, sql: str, *parameters: Any) -> list[Row]:
        if not self._there:
            self._there = bool(self._query("select 1 from sqlite_master where type = 'table' and name = 'approvals'"))
        return self._query(sql, *parameters) if self._there else []
