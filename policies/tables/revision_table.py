"""Every recorded revision as columns, so that filtering all of them takes a few array operations."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from policies.revision import VersionId

Flags: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.int64]

Labels: TypeAlias = tuple[str, ...]

MOST_AUDIENCES = 256
"""How many callers' sets of labels are remembered; any more are worked out each time."""

EVERY_ROW = slice(None)


class RevisionTable:
    """One row for each revision, by publish tx: `txs` ascend, `conditional` says whether it applies to some facts only,
    `erased` whether its words are gone. It never changes; `extended` copies columns, and does not sort all anew.
    """

    def __init__(self) -> None:
        self.txs: Rows = np.empty(0, dtype=np.int64)
        self.conditional: Flags = np.empty(0, dtype=np.bool_)
        self.erased: Flags = np.empty(0, dtype=np.bool_)
        self._policies = np.empty(0, dtype=np.int32)
        self._numbers = np.empty(0, dtype=np.int32)
        self._audiences = np.empty(0, dtype=np.int32)
        self._names = _Names()
        self._distinct = _Audiences()

    def extended(
        self,
        txs: Mapping[int, VersionId],
        audiences: Mapping[int, Labels],
        conditional: Iterable[int] = (),
        erased: Iterable[int] = (),
    ) -> "RevisionTable":
        """This table after further events: with later revisions, with the labels that they or earlier ones have now,
        and without what was erased. A revision goes by its publish tx; `txs` ascend.
        """
        made = RevisionTable()
        versions = txs.values()
        made._names = self._names.with_ids(version.policy_id for version in versions)
        made._distinct = self._distinct.with_sets(audiences.values())
        made.txs = np.append(self.txs, np.array(list(txs), dtype=np.int64))
        policies = [made._names.numbers[version.policy_id] for version in versions]
        made._policies = np.append(self._policies, np.array(policies, dtype=np.int32))
        made._numbers = np.append(self._numbers, np.array([each.number for each in versions], dtype=np.int32))
        made._audiences = np.append(self._audiences, np.zeros(len(txs), dtype=np.int32))
        made._audiences[made._rows(audiences)] = [made._distinct.codes[theirs] for theirs in audiences.values()]
        made.conditional = np.append(self.conditional, np.zeros(len(txs), dtype=np.bool_))
        made.conditional[made._rows(conditional)] = True
        made.erased = np.append(self.erased, np.zeros(len(txs), dtype=np.bool_))
        made.erased[made._rows(erased)] = True
        return made

    def version(self, row: int) -> VersionId:
        """The revision in a row."""
        return VersionId(self._names.ids[self._policies[row]], int(self._numbers[row]))

    def at(self, txs: Rows) -> Rows:
        """The rows of some publish transactions."""
        return np.searchsorted(self.txs, txs)

    def by_version_id(self, rows: Rows) -> Rows:
        """The rows in the order of their policy ids, then of their numbers."""
        return rows[np.lexsort((self._numbers[rows], self._names.ranks[self._policies[rows]]))]

    def readable(self, labels: Labels, rows: Rows | slice = EVERY_ROW) -> Flags:
        """Which revisions a caller with these labels may read; shape (rows,)."""
        return self._distinct.readable(labels)[self._audiences[rows]]

    def of_policies(self, policy_ids: Iterable[str], rows: Rows | slice = EVERY_ROW) -> Flags:
        """Which revisions are of one of these policies; shape (rows,)."""
        numbers = self._names.numbers
        wanted = [numbers[policy_id] for policy_id in set(policy_ids) if policy_id in numbers]
        return np.isin(self._policies[rows], np.array(wanted, dtype=np.int32))

    def ids_like(self, names: Iterable[str]) -> set[str]:
        """The policy ids that are equal to one of these names, case aside; a name of digits alone is no id here."""
        like = self._names.by_lower
        return {policy for name in names if not name.isdigit() for policy in like.get(name.lower(), ())}

    def _rows(self, txs: Iterable[int]) -> Rows:
        return self.at(np.array(list(txs), dtype=np.int64))


class _Names:
    """Policy ids by their number, in the order in which they came, and their ranks among all. It never changes."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.numbers: dict[str, int] = {}
        self.ranks: Rows = np.empty(0, dtype=np.int64)
        self._ascending: list[str] = []

    def with_ids(self, ids: Iterable[str]) -> "_Names":
        """These names and others; those that are known already change nothing."""
        new = [policy_id for policy_id in dict.fromkeys(ids) if policy_id not in self.numbers]
        if not new:
            return self
        made = _Names()
        made.ids = [*self.ids, *new]
        made.numbers = {**self.numbers, **{name: number for number, name in enumerate(new, start=len(self.ids))}}
        if len(new) == 1:  # the usual case: one more, and no sorting of all
            rank = bisect_left(self._ascending, new[0])
            made._ascending = [*self._ascending[:rank], new[0], *self._ascending[rank:]]
            made.ranks = np.append(self.ranks + (self.ranks >= rank), rank)
        else:
            made._ascending = sorted(made.ids)
            made.ranks = np.empty(len(made.ids), dtype=np.int64)
            made.ranks[[made.numbers[name] for name in made._ascending]] = np.arange(len(made.ids))
        if "by_lower" in self.__dict__:
            made.__dict__["by_lower"] = _by_lower(new, self.by_lower)
        return made

    @cached_property
    def by_lower(self) -> dict[str, tuple[str, ...]]:
        """The ids, by what they are in lower case."""
        return _by_lower(self.ids, {})


def _by_lower(ids: Iterable[str], before: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found = dict(before)
    for policy_id in ids:
        found[policy_id.lower()] = (*found.get(policy_id.lower(), ()), policy_id)
    return found


class _Audiences:
    """The different sets of labels by which revisions may be read: few, of however many. It never changes."""

    def __init__(self) -> None:
        self.codes: dict[Labels, int] = {}
        self._readable: dict[Labels, Flags] = {}

    def with_sets(self, audiences: Iterable[Labels]) -> "_Audiences":
        """These sets and others; those that are known already change nothing."""
        new = [theirs for theirs in dict.fromkeys(audiences) if theirs not in self.codes]
        if not new:
            return self
        made = _Audiences()
        made.codes = {**self.codes, **{theirs: code for code, theirs in enumerate(new, start=len(self.codes))}}
        return made

    def readable(self, labels: Labels) -> Flags:
        """Which sets share a label with these; by their codes."""
        found = self._readable.get(labels)
        if found is None:
            found = np.array([not set(theirs).isdisjoint(labels) for theirs in self.codes], dtype=np.bool_)
            if len(self._readable) < MOST_AUDIENCES:
                self._readable[labels] = found
        return found
