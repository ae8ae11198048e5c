"""Whether what approvals said is what the signatures of their events commit to, and belongs to the words published."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from policies.approving.consent import sealed
from policies.errors import LedgerDamaged
from policies.event import Event
from policies.revision import VersionId


def check_approvals(
    rows: Iterable[Mapping[str, Any]],
    digests: Mapping[VersionId, str],
    signed: Mapping[int, Event],
    erased: Mapping[VersionId, int],
    without_reason: Collection[int],
) -> None:
    """LedgerDamaged names the first event whose approval does not fit.

    `digests` are those of the words that are there, `signed` the events with a signature, and `erased` the event that
    erased a revision. The events `without_reason` lost their reason to an erasure.
    """
    found = {row["tx"]: row for row in rows}
    for tx, event in signed.items():
        version = VersionId(event.policy_id, event.revision or 0)
        _check(event, found.pop(tx, None), version, digests.get(version), erased.get(version, 0) > tx, without_reason)
    for tx in found:
        raise LedgerDamaged(f"There is an approval of event {tx}, but that event has none")


def _check(
    event: Event,
    row: Mapping[str, Any] | None,
    version: VersionId,
    digest: str | None,
    gone: bool,
    without_reason: Collection[int],
) -> None:
    signature = event.approval or event.forced
    assert signature is not None
    if gone:
        if row is not None:
            raise LedgerDamaged(f"{version} was erased, but what the approval of event {event.tx} said is still there")
        return
    content, reason = (None, None) if row is None else (row["content"], row["reason"])
    if signature.digest is not None:
        if row is None or content is None:
            raise LedgerDamaged(f"What was approved by event {event.tx} is missing")
        if sealed(row["salt"], "approved", content) != signature.digest:
            raise LedgerDamaged(f"What was approved by event {event.tx} is not what it committed to")
        if digest is not None and json.loads(content)["words"] != digest:
            raise LedgerDamaged(f"The words of {version} are not those that event {event.tx} says were approved")
    if signature.reason is None or (reason is None and event.tx in without_reason):
        return
    if row is None or reason is None:
        raise LedgerDamaged(f"The reason of the approval of event {event.tx} is missing")
    if sealed(row["salt"], "reason", reason) != signature.reason:
        raise LedgerDamaged(f"The reason of the approval of event {event.tx} is not the one that it committed to")
