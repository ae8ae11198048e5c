import numpy as np
import pytest

from policies.revision import VersionId
from policies.revision_table import RevisionTable

P7_1, P7_2, P7_10, P70_1, A_1 = (VersionId.parse(text) for text in ("P-7@1", "P-7@2", "P-7@10", "P-70@1", "A@1"))

TXS = {9: P7_10, 2: P70_1, 1: P7_1, 4: P7_2, 6: A_1}
AUDIENCES = {
    P7_1: ("public",),
    P7_2: ("legal", "staff"),
    P7_10: ("public", "staff"),
    P70_1: (),
    A_1: ("public",),
}


@pytest.fixture
def table() -> RevisionTable:
    return RevisionTable(TXS, AUDIENCES, [P7_2, A_1], [P70_1])


def test_rows_are_by_publish_tx(table: RevisionTable) -> None:
    assert table.txs.tolist() == [1, 2, 4, 6, 9]
    assert table.versions == [P7_1, P70_1, P7_2, A_1, P7_10]
    assert table.at(np.array([9, 1, 4, 4])).tolist() == [4, 0, 2, 2]
    assert table.at(np.array([], dtype=np.int64)).tolist() == []


def test_order_is_by_policy_id_and_then_by_number_and_not_by_its_digits(table: RevisionTable) -> None:
    # A@1, P-7@1, P-7@2, P-7@10, P-70@1
    assert table.order.tolist() == [1, 4, 2, 0, 3]


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


def test_table_without_revisions_has_no_rows() -> None:
    table = RevisionTable({}, {}, [], [])
    assert (table.txs.tolist(), table.versions, table.order.tolist()) == ([], [], [])
    flags = (table.conditional, table.erased, table.readable(("public",)), table.of_policies(["P-7"]))
    assert [(column.dtype, column.shape) for column in flags] == [(np.bool_, (0,))] * 4


@pytest.mark.parametrize("first", [[], [1], [1, 2, 4]])
def test_table_that_was_extended_is_the_same_as_one_made_of_all(first: list[int]) -> None:
    known = {tx: TXS[tx] for tx in first}
    table = RevisionTable(known, dict.fromkeys(known.values(), ("legal",)), {P7_2} & set(known.values()), [])
    table.readable(("public",))
    table.readable(("legal", "staff"))
    for tx in sorted(set(TXS) - set(first)):
        later = TXS[tx]
        table.ids_like(["a"])  # what it looks up stays, where no policy is new
        table = table.extended({tx: later}, {later: ("staff",)}, {P7_2, A_1} & {later}, [])
    table = table.extended({}, AUDIENCES, [], [P70_1])
    whole = RevisionTable(TXS, AUDIENCES, [P7_2, A_1], [P70_1])
    assert (table.txs.tolist(), table.versions) == (whole.txs.tolist(), whole.versions)
    assert table.order.tolist() == whole.order.tolist()
    assert table.conditional.tolist() == whole.conditional.tolist()
    assert table.erased.tolist() == whole.erased.tolist()
    for labels in (("public",), ("legal", "staff"), ("staff",), ()):
        assert table.readable(labels).tolist() == whole.readable(labels).tolist()
    for policy in ("P-7", "P-70", "A", "B"):
        assert table.of_policies([policy]).tolist() == whole.of_policies([policy]).tolist()
    assert table.ids_like(["p-7", "a"]) == {"P-7", "A"}
