"""Every recorded revision as columns, so that filtering all of them takes a few array operations."""

from collections.abc import Iterable, Mapping
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
        self.order[sorted(range(len(rows)), key=lambda row: (rows[row][1].policy_id, rows[row][1].number))] = np.arange(
            len(rows)
        )
        self._rows = {version: row for row, version in enumerate(self.versions)}
        self.conditional = self._flags(conditional)
        self.erased = self._flags(erased)
        self._audiences = [audiences[version] for version in self.versions]
        self._readable: dict[tuple[str, ...], Flags] = {}

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
