"""Periods on two clocks as rectangles, worked out by hand."""

from itertools import pairwise

import pytest

from retriever.entrypoints.http.pages.rectangles import EVEN, HEIGHT, ROOM, WIDTH, drawn


def period(revision: int | None, valid: tuple[str, str | None], known: tuple[str, str | None]) -> dict[str, object]:
    return {
        "revision": revision,
        "valid_from": valid[0],
        "valid_to": valid[1],
        "recorded_from": known[0],
        "recorded_to": known[1],
    }


def test_one_open_period_is_the_whole_drawing() -> None:
    drawing = drawn([period(1, ("2024-01-01", None), ("2024-01-01", None))])
    cell = drawing.cells[0]
    assert (cell.x, cell.y, cell.width, cell.height) == (0, 0, WIDTH, HEIGHT)
    assert (cell.is_open, cell.corrects) == (True, False)


def test_a_bound_stands_by_its_rank_and_by_its_time() -> None:
    """Of three bounds the middle one has rank 1/2; a quarter of the time has passed there."""
    rows = [
        period(1, ("2024-01-01", "2024-01-02"), ("2024-01-01", None)),
        period(2, ("2024-01-02", "2024-01-05"), ("2024-01-01", None)),
    ]
    first, second = drawn(rows).cells
    middle = WIDTH * (1 - ROOM) * (EVEN / 2 + (1 - EVEN) / 4)
    assert first.width == pytest.approx(middle)
    assert (second.x, second.x + second.width) == (pytest.approx(middle), pytest.approx(WIDTH * (1 - ROOM)))


def test_what_was_recorded_later_stands_higher_and_what_it_covered_ends_there() -> None:
    rows = [
        period(1, ("2024-01-01", None), ("2024-01-01", "2024-06-01")),
        period(1, ("2024-01-01", "2024-03-01"), ("2024-06-01", None)),
        period(2, ("2024-03-01", None), ("2024-06-01", None)),
    ]
    old, left, new = drawn(rows).cells
    line = HEIGHT * ROOM
    assert (old.y, old.y + old.height) == (pytest.approx(line), pytest.approx(HEIGHT))
    assert (left.y, new.y) == (0, 0)
    assert new.height == pytest.approx(line)
    assert [cell.is_open for cell in (old, left, new)] == [False, True, True]


def test_only_what_paints_over_the_past_corrects() -> None:
    base = period(1, ("2024-01-01", None), ("2024-01-01", "2024-06-01"))
    past = period(2, ("2024-03-01", None), ("2024-06-01", None))
    future = period(2, ("2024-09-01", None), ("2024-06-01", None))
    first = period(1, ("2020-01-01", None), ("2024-01-01", None))
    assert [cell.corrects for cell in drawn([base, past]).cells] == [False, True]
    assert [cell.corrects for cell in drawn([base, future]).cells] == [False, False]
    assert [cell.corrects for cell in drawn([first]).cells] == [False]


def test_marks_of_an_axis_keep_apart() -> None:
    rows = [period(n, (f"2024-01-{n:02}", f"2024-01-{n + 1:02}"), ("2024-01-01", None)) for n in range(1, 30)]
    places = [place for place, _ in drawn(rows).across]
    assert len(places) < 30
    assert all(later - before >= 76 for before, later in pairwise(places))


def test_nothing_recorded_is_nothing_drawn() -> None:
    assert drawn([]).cells == ()
