"""Tables that a reader of the page would see otherwise than their author meant."""

import re
from collections.abc import Iterator

from policies.lint.finding import Found, Rule, quoted
from policies.lint.page import Page

_BAR = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r"[ \t]*+\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+")
_GRID = re.compile(r"\+(?:[-=:]{3,}\+)+")


def _tables(page: Page) -> Iterator[Found]:
    rows: dict[int, str] = {}
    for block in page.blocks:
        if block.kind in ("cell", "header cell"):
            rows.setdefault(block.line, block.kind)
    yield from _rows(page, rows)
    for block in page.blocks:
        if block.kind != "paragraph":
            continue
        lines = block.words.split("\n")
        grid = [number for number, line in enumerate(lines) if _GRID.fullmatch(line.strip())]
        dashes = [number for number, line in enumerate(lines) if "|" in line and _DELIMITER.fullmatch(line)]
        if grid:
            yield block.line + grid[0], "A table drawn with + and - is read as one paragraph"
        elif dashes:
            yield block.line + dashes[0], _unread(lines, dashes[0])
        elif sum(map(_is_row, lines)) >= 2:
            yield block.line, "These rows have no line |---|---| below the first, so they are one paragraph"


def _is_row(line: str) -> bool:
    """Whether a line stands between bars."""
    bare = line.strip()
    return bare.startswith("|") and bare.endswith("|") and bool(bare[1:-1].strip())


def _unread(lines: list[str], at: int) -> str:
    """Why a line of dashes made no table."""
    if at == 0:
        return "This line of dashes has no header right above it, so the table is one paragraph"
    header, dashes = _cells(lines[at - 1]), _cells(lines[at])
    return f"The header has {header} cells and the line below it {dashes} cells, so the table is one paragraph"


def _rows(page: Page, rows: dict[int, str]) -> Iterator[Found]:
    width = 0
    for line, kind in rows.items():
        raw = page.lines[line - page.first_line].lstrip(" \t>")
        cells = _cells(raw)
        if kind == "header cell":
            width = cells
        elif not _BAR.search(raw) and width > 1:
            yield line, f"{quoted(raw)} has no bar: it stands right below a table and became a row of it"
        elif cells > width and _holds_words(raw, width):
            yield line, f"The row has {cells} cells and the header {width}: what stands in the last ones is not shown"
        elif cells < width and _last_holds_words(raw):
            yield line, f"The row has {cells} cells and the header {width}: its words may stand in the wrong column"


def _holds_words(row: str, width: int) -> bool:
    """Whether anything stands in the cells of a row behind the first `width`."""
    bare = row.strip()
    return any(map(str.strip, _BAR.split(bare.removeprefix("|"))[width:]))


def _last_holds_words(row: str) -> bool:
    """Whether anything stands in the last cell of a row. Where not, its end was left empty: nothing is displaced."""
    return bool(_BAR.split(row.strip().removesuffix("|"))[-1].strip())


def _cells(row: str) -> int:
    """How many cells a line of a table has."""
    bare = row.strip()
    bars = len(_BAR.findall(bare))
    return bars + 1 - bare.startswith("|") - (bare.endswith("|") and not bare.endswith("\\|") and bars > 1)


RULES = (
    Rule(
        "broken-table",
        "a table with rows of another width than its header, or that is read as a paragraph",
        "Give each row the cells of the header, the header a line |---|---|, and the table blank lines around it",
        "| Item | Days |\n|---|---|\n| Damaged | 30 | yes |",
        "| Item | Days |\n|---|---|\n| Damaged \\| torn | 30 |",
        _tables,
    ),
)
