from collections.abc import Mapping

import numpy as np
import pytest

from policies.revision import VersionId
from policies.tables.revision_table import RevisionTable

P7_1, P7_2, P7_10, P70_1, A_1 = (VersionId.parse(text) for text in ("P-7@1", "P-7@2", "P-7@10", "P-70@1", "A@1"))

TXS = {9: P7_10, 2: P70_1, 1: P7_1, 4: P7_2, 6: A_1}
AUDIENCES = {
    P7_1: ("public",),
    P7_2: ("legal", "staff"),
    P7_10: ("public", "staff"),
    P70_1: (),
    A_1: ("public",),
}


def made(txs: Mapping[int, VersionId]) -> RevisionTable:
    """The table of some of these revisions, at once."""
    ordered = dict(sorted(txs.items()))
    audiences = {tx: AUDIENCES[version] for tx, version in ordered.items()}
    return RevisionTable().extended(ordered, audiences, {4, 6} & ordered.keys(), {2} & ordered.keys())


def versions(table: RevisionTable) -> list[VersionId]:
    return [table.version(row) for row in range(len(table.txs))]


@pytest.fixture
def table() -> RevisionTable:
    return made(TXS)


def test_rows_are_by_publish_tx(table: RevisionTable) -> None:
    assert table.txs.tolist() == [1, 2, 4, 6, 9]
    assert versions(table) == [P7_1, P70_1, P7_2, A_1, P7_10]
    assert table.at(np.array([9, 1, 4, 4])).tolist() == [4, 0, 2, 2]
    assert table.at(np.array([], dtype=np.int64)).tolist() == []


def test_order_is_by_policy_id_and_then_by_number_and_not_by_its_digits(table: RevisionTable) -> None:
    rows = table.by_version_id(np.array([4, 3, 2, 1, 0]))
    assert [table.version(row) for row in rows.tolist()] == [A_1, P7_1, P7_2, P7_10, P70_1]
    assert table.by_version_id(np.array([2, 0])).tolist() == [0, 2]


def test_flags_stand_at_the_rows_of_their_versions(table: RevisionTable) -> None:
    assert table.conditional.tolist() == [False, False, True, True, False]
    assert table.erased.tolist() == [False, True, False, False, False]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("public",), [True, False, False, True, True]),
        (("staff",), [False, False, True, False, True]),
        (("legal", "public"), [True, False, True, True, True]),
        (("nobody",), [False] * 5),
        ((), [False] * 5),
    ],
)
def test_one_shared_label_makes_a_revision_readable(
    table: RevisionTable, labels: tuple[str, ...], expected: list[bool]
) -> None:
    assert table.readable(labels).tolist() == expected
    assert table.readable(labels).tolist() == expected
    assert table.readable(labels).dtype == np.bool_


def test_revisions_of_policies_are_those_of_exactly_these_names(table: RevisionTable) -> None:
    assert table.of_policies(["P-7"]).tolist() == [True, False, True, False, True]
    assert table.of_policies(["P-70", "A", "P-70", "P-404"]).tolist() == [False, True, False, True, False]
    assert table.of_policies([]).tolist() == [False] * 5


def test_flags_of_some_rows_are_those_rows_of_all_flags(table: RevisionTable) -> None:
    rows = np.array([3, 0, 4])
    assert table.readable(("staff",), rows).tolist() == table.readable(("staff",))[rows].tolist()
    assert table.of_policies(["P-7"], rows).tolist() == [False, True, True]


def test_table_without_revisions_has_no_rows() -> None:
    table = RevisionTable()
    none = np.array([], dtype=np.int64)
    assert (table.txs.tolist(), table.by_version_id(none).tolist(), table.ids_like(["p-7"])) == ([], [], set())
    flags = (table.conditional, table.erased, table.readable(("public",)), table.of_policies(["P-7"]))
    assert [(column.dtype, column.shape) for column in flags] == [(np.bool_, (0,))] * 4


@pytest.mark.parametrize("first", [[], [1], [1, 2, 4]])
def test_table_that_was_extended_is_the_same_as_one_made_of_all(first: list[int]) -> None:
    table = RevisionTable().extended({tx: TXS[tx] for tx in first}, dict.fromkeys(first, ("legal",)), {4} & set(first))
    table.readable(("public",))
    table.readable(("legal", "staff"))
    for tx in sorted(set(TXS) - set(first)):
        table.ids_like(["a"])  # what it looks up is handed on
        before = table
        table = table.extended({tx: TXS[tx]}, {tx: ("staff",)}, {4, 6} & {tx})
        assert tx not in before.txs
    table = table.extended({}, {tx: AUDIENCES[version] for tx, version in TXS.items()}, erased=[2])
    whole = made(TXS)
    assert (table.txs.tolist(), versions(table)) == (whole.txs.tolist(), versions(whole))
    rows = np.arange(len(TXS))
    assert table.by_version_id(rows).tolist() == whole.by_version_id(rows).tolist()
    assert table.conditional.tolist() == whole.conditional.tolist()
    assert table.erased.tolist() == whole.erased.tolist()
    for labels in (("public",), ("legal", "staff"), ("staff",), ()):
        assert table.readable(labels).tolist() == whole.readable(labels).tolist()
    for policy in ("P-7", "P-70", "A", "B"):
        assert table.of_policies([policy]).tolist() == whole.of_policies([policy]).tolist()
    assert table.ids_like(["p-7", "a"]) == whole.ids_like(["p-7", "a"]) == {"P-7", "A"}
