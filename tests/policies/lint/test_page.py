"""How the rules see a page: blocks with words, marks, containers and lines of the file."""

from tests.policies.lint.pages import FIRST_LINE, page, places


def test_blocks_stand_on_lines_of_the_file_and_hold_what_a_reader_sees() -> None:
    blocks = page("# Items\n\nSee **torn** [items](#items)\nand `code`.\n\n> - One\n").blocks
    assert [(block.kind, block.line - FIRST_LINE + 1, block.within) for block in blocks] == [
        ("heading", 1, ()),
        ("paragraph", 3, ()),
        ("paragraph", 6, ("quote", "list", "item")),
    ]
    paragraph = blocks[1]
    assert paragraph.words == "See torn items\nand \ufffc."
    assert [paragraph.words[start:end] for start, end in paragraph.bold] == ["torn"]
    assert [(paragraph.words[link.start : link.end], link.target) for link in paragraph.links] == [("items", "#items")]
    assert [paragraph.line_at(paragraph.words.index(word)) for word in ("See", "and")] == [paragraph.line, 9]


def test_cells_know_their_column_and_items_their_number() -> None:
    blocks = page("| a | b |\n|---|---|\n| c | d |\n\n3. One\n4. Two").blocks
    assert [(block.kind, block.column) for block in blocks[:4]] == [
        ("header cell", 0),
        ("header cell", 1),
        ("cell", 0),
        ("cell", 1),
    ]
    assert [block.number for block in blocks[4:]] == ["3", "4"]


def test_lines_that_end_as_windows_has_them_are_read_alike() -> None:
    table = "| a | b |\n|---|---|\n| c |\n"
    body = f"**Damaged items**\n\nWithin 30 days they are eligible.\n\nEffective January 1, 2024\n\n{table}"
    assert places(body.replace("\n", "\r\n")) == places(body)
    assert places(body) == [(1, "bold-heading"), (5, "other-date"), (9, "broken-table")]
