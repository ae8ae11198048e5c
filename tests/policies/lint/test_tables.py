"""Tables that a reader of the page would see otherwise than their author meant."""

from time import perf_counter

import pytest

from tests.policies.lint.pages import found, places

TABLE = "| Item | Days |\n|---|---|\n"


def test_a_row_with_more_cells_than_the_header_is_found_on_its_line() -> None:
    [finding] = found(TABLE + "| Torn | 30 |\n| Lost | 10 | not abroad |")
    assert (finding.line, finding.rule) == (9, "broken-table")
    assert finding.reason == "The row has 3 cells and the header 2: what stands in the last ones is not shown"


def test_an_empty_cell_too_many_loses_nothing() -> None:
    assert places(TABLE + "| Torn | 30 | |") == []


def test_a_row_with_fewer_cells_is_found() -> None:
    assert places(TABLE + "| Torn |") == [(3, "broken-table")]


def test_a_row_whose_end_is_left_empty_displaces_nothing() -> None:
    wide = "| Item | Days | Who | Since |\n|---|---|---|---|\n"
    assert places(wide + "| Torn | 30 | |") == []
    assert places(wide + "| Torn | 30 ||") == []
    assert places(wide + "| Torn | | 30 |") == [(3, "broken-table")]


def test_a_line_right_below_a_table_has_become_a_row_of_it() -> None:
    [finding] = found(TABLE + "| Torn | 30 |\nGifts are handled apart.")
    assert (
        finding.reason == '"Gifts are handled apart." has no bar: it stands right below a table and became a row of it'
    )


def test_escaped_bars_and_tables_without_outer_bars_are_whole() -> None:
    assert places("Item | Days\n---|---\nTorn \\| lost | 30") == []
    assert places("> | Item | Days |\n> |---|---|\n> | Torn | 30 |") == []


def test_a_header_of_another_width_than_its_dashes_makes_no_table() -> None:
    [finding] = found("| Item | Days | Who |\n|---|---|\n| Torn | 30 | buyer |")
    assert (finding.line, finding.rule) == (7, "broken-table")
    assert finding.reason == "The header has 3 cells and the line below it 2 cells, so the table is one paragraph"


def test_rows_without_dashes_and_drawn_tables_are_paragraphs() -> None:
    assert places("| Torn | 30 |\n| Lost | 10 |") == [(1, "broken-table")]
    assert places("+------+----+\n| Torn | 30 |\n+------+----+") == [(1, "broken-table")]


def test_a_line_of_dashes_with_a_hundred_thousand_blanks_is_read_at_once() -> None:
    begun = perf_counter()
    assert places("Torn\n-" + " " * 100_000 + "x |") == []
    assert perf_counter() - begun < 5  # a search that tried every split of the blanks took a minute and more


@pytest.mark.parametrize(
    ("line", "is_row"), [("|a|", True), (" | a ", False), ("|", False), ("| |", False), ("a|", False)]
)
def test_a_row_without_a_table_stands_between_two_bars(line: str, is_row: bool) -> None:
    assert [rule for _, rule in places(f"{line}\n{line}")] == ["broken-table"] * is_row
