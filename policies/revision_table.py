"""Every recorded revision as columns, so that filtering all of them takes a few array operations."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from copy import copy
from functools import cached_property

import numpy as np
import numpy.typing as npt

from policies.revision import VersionId

Flags = npt.NDArray[np.bool_]

MOST_AUDIENCES = 256
"""How many callers' sets of labels are remembered; any more are worked out each time."""


class RevisionTable:
    """One row for each revision, by publish tx: `txs` ascend, `versions` name each, `order` is its rank by version id.

    `audiences` holds each revision's labels. `conditional` says whether it applies to some facts only, `erased` whether
    its words are gone.
    """

    def __init__(
        self,
        txs: Mapping[int, VersionId],
        audiences: Mapping[VersionId, tuple[str, ...]],
        conditional: Iterable[VersionId],
        erased: Iterable[VersionId],
    ) -> None:
        rows = sorted(txs.items())
        self.txs = np.array([tx for tx, _ in rows], dtype=np.int64)
        self.versions = [version for _, version in rows]
        self.order = np.empty(len(rows), dtype=np.int64)
        by_rank = sorted(range(len(rows)), key=lambda row: _rank(self.versions[row]))
        self.order[by_rank] = np.arange(len(rows))
        self._ranked = [_rank(self.versions[row]) for row in by_rank]
        self._rows = {version: row for row, version in enumerate(self.versions)}
        self.conditional = self._flags(conditional)
        self.erased = self._flags(erased)
        self._audiences = [audiences[version] for version in self.versions]
        self._readable: dict[tuple[str, ...], Flags] = {}

    def extended(
        self,
        txs: Mapping[int, VersionId],
        audiences: Mapping[VersionId, tuple[str, ...]],
        conditional: Iterable[VersionId],
        erased: Iterable[VersionId],
    ) -> "RevisionTable":
        """This table after further events: with later revisions, with the labels that they or earlier ones have now,
        and without what is erased by now. It costs some array operations, and not the sorting of all."""
        made = copy(self)
        if not {version.policy_id for version in txs.values()} <= self._by_policy.keys():
            made.__dict__.pop("_by_lower", None)
        made.txs = np.append(self.txs, np.array(list(txs), dtype=np.int64))
        made.versions = [*self.versions, *txs.values()]
        made.order = np.append(self.order, np.zeros(len(txs), dtype=np.int64))
        made._ranked = list(self._ranked)
        made._rows = dict(self._rows)
        by_policy = dict(self._by_policy)
        for row, version in enumerate(txs.values(), start=len(self.versions)):
            rank = bisect_left(made._ranked, _rank(version))
            made._ranked.insert(rank, _rank(version))
            earlier = made.order[:row]
            earlier[earlier >= rank] += 1
            made.order[row] = rank
            made._rows[version] = row
            by_policy[version.policy_id] = [*by_policy.get(version.policy_id, ()), version]
        made.__dict__["_by_policy"] = by_policy
        made.conditional = _longer(self.conditional, len(txs))
        made.conditional[[made._rows[version] for version in conditional]] = True
        made.erased = made._flags(erased)
        made._audiences = [*self._audiences, *((),) * len(txs)]
        for version, theirs in audiences.items():
            made._audiences[made._rows[version]] = theirs
        changed = [(made._rows[version], frozenset(theirs)) for version, theirs in audiences.items()]
        made._readable = {}
        for labels, before in list(self._readable.items()):
            made._readable[labels] = found = _longer(before, len(txs))
            for row, held in changed:
                found[row] = not held.isdisjoint(labels)
        return made

    def at(self, txs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The rows of some publish transactions."""
        return np.searchsorted(self.txs, txs)

    def readable(self, labels: tuple[str, ...]) -> Flags:
        """Which revisions a caller with these labels may read; shape (rows,)."""
        found = self._readable.get(labels)
        if found is None:
            distinct = {audience: not set(audience).isdisjoint(labels) for audience in set(self._audiences)}
            found = np.array([distinct[audience] for audience in self._audiences], dtype=np.bool_)
            if len(self._readable) < MOST_AUDIENCES:
                self._readable[labels] = found
        return found

    def of_policies(self, policy_ids: Iterable[str]) -> Flags:
        """Which revisions are of one of these policies; shape (rows,)."""
        wanted = set(policy_ids)
        return self._flags(version for policy in wanted for version in self._by_policy.get(policy, ()))

    def ids_like(self, names: Iterable[str]) -> set[str]:
        """The policy ids that are equal to one of these names, case aside; a name of digits alone is no id here."""
        return {policy for name in names if not name.isdigit() for policy in self._by_lower.get(name.lower(), ())}

    @cached_property
    def _by_lower(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for policy in self._by_policy:
            found.setdefault(policy.lower(), []).append(policy)
        return found

    @cached_property
    def _by_policy(self) -> dict[str, list[VersionId]]:
        found: dict[str, list[VersionId]] = {}
        for version in self.versions:
            found.setdefault(version.policy_id, []).append(version)
        return found

    def _flags(self, versions: Iterable[VersionId]) -> Flags:
        flags = np.zeros(len(self.versions), dtype=np.bool_)
        flags[[self._rows[version] for version in versions]] = True
        return flags


def _rank(version: VersionId) -> tuple[str, int]:
    """What revisions are ordered by."""
    return version.policy_id, version.number


def _longer(flags: Flags, more: int) -> Flags:
    return np.append(flags, np.zeros(more, dtype=np.bool_))
