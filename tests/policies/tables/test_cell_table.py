import random
from itertools import pairwise

import pytest

from policies.instant import FOREVER
from policies.tables.cell_table import CellTable, Row

ONE: Row = (0, 10, 100, FOREVER, 1)
GONE: Row = (10, FOREVER, 100, FOREVER, 0)


def test_table_without_cells_has_nothing_in_force() -> None:
    table = CellTable()
    assert (table.in_force(0, 0).tolist(), table.withdrawn(0, 0), table.next_change(0, 0)) == ([], [], None)


def test_cell_that_was_painted_over_holds_for_those_who_knew_no_better() -> None:
    first = CellTable().extended({"P-7": ([ONE, GONE], [])})
    later = first.extended(
        {"P-7": ([(0, FOREVER, 200, FOREVER, 2)], [(0, 10, 100, 200, 1), (10, FOREVER, 100, 200, 0)])}
    )
    assert [later.in_force(5, known).tolist() for known in (99, 100, 199, 200)] == [[], [1], [1], [2]]
    assert [later.withdrawn(15, known) for known in (99, 100, 199, 200)] == [[], ["P-7"], ["P-7"], []]
    assert (first.in_force(5, 300).tolist(), first.withdrawn(15, 300)) == ([1], ["P-7"])  # as it was


def test_withdrawal_is_no_change_of_what_is_in_force_by_itself() -> None:
    table = CellTable().extended({"P-7": ([ONE, (10, 20, 100, FOREVER, 0), (30, 40, 100, FOREVER, 0)], [])})
    assert [table.next_change(after, 100) for after in (-5, 0, 9, 10, 20)] == [0, 10, 10, None, None]


def test_policies_withdrawn_at_the_same_instant_are_in_the_order_of_their_ids() -> None:
    table = CellTable().extended({name: ([GONE], []) for name in ("B", "C", "A")})
    table = table.extended({"D": ([(11, FOREVER, 100, FOREVER, 0)], [])})
    assert table.withdrawn(12, 100) == ["D", "A", "B", "C"]


@pytest.mark.parametrize("seed", range(5))
def test_table_extended_step_by_step_says_the_same_as_its_cells(seed: int) -> None:
    """Many policies and steps, so that parts are brought together; asked of each instant that is a bound."""
    chance = random.Random(seed)
    table, tops, covered = CellTable(), dict[str, list[Row]](), list[tuple[str, Row]]()
    for step in range(1, 120):
        changed = {}
        for name in {f"P-{chance.randrange(6)}" for _ in range(chance.choice((1, 1, 1, 4)))}:
            past = [(a, b, known, 100 * step, tx) for a, b, known, _, tx in tops.get(name, [])]
            bounds = sorted(chance.sample(range(40), 4))
            top: list[Row] = [(a, b, 100 * step, FOREVER, chance.choice((0, step))) for a, b in pairwise(bounds)]
            tops[name] = top
            covered += [(name, row) for row in past]
            changed[name] = (top, past)
        table = table.extended(changed)
        cells = [*((name, row) for name, rows in tops.items() for row in rows), *covered]
        for _ in range(6):
            at, known = chance.randrange(42), chance.choice((100 * step, 100 * step + 5, chance.randrange(100 * step)))
            hits = [(name, row) for name, row in cells if row[0] <= at < row[1] and row[2] <= known < row[3]]
            assert table.in_force(at, known).tolist() == sorted(row[4] for _, row in hits if row[4])
            gone = sorted((-row[0], name) for name, row in hits if not row[4])
            assert table.withdrawn(at, known) == [name for _, name in gone]
            bounds = [bound for _, row in cells if row[4] and row[2] <= known < row[3] for bound in row[:2]]
            later = [bound for bound in bounds if at < bound < FOREVER]
            assert table.next_change(at, known) == min(later, default=None)
