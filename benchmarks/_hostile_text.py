"""Texts that are hard to read, of any length: one part over and over, and parts that stand in one another."""

from collections.abc import Callable

Family = Callable[[int], str]
"""A text of about so many characters."""

PARTS = (
    *"{([<>*_`~#|:;.,!-=/\\'\"&$§@ \n\t0aé漢—“«",
    *("\u0301", "\u0301\u0316", "\u0308\u0301", "\uff9e\u0316", "\u0915\u093c\u0301", "\u200b", "\x1b]"),
    *("&#", "&#9", "&amp", "a.", "a. ", "A.\n", "a-", "1,", "1.", "1:", "1-", "1 ", "a ", "a b ", "a\n", "\n\n", "\n "),
    *("- ", "\n- a", "1. ", "> ", ">\n", "# ", "|a", "|-", "    a\n", "a: ", "a:\n", "'a ", '": "', "a*", "*a", "``"),
    *("```\n", "---\n", "===\n", "[a", "[a](", "![", "](", "[a]: b\n", "<a", "<a b=", "<!--", "</", "<?", "{{", "{%"),
    *("«a", "“a ", "[1]", "[1, ", "a@", "P-7@1#1 ", "one ", "hundred and ", "not ", "your label ", "from 1 to "),
    *("at least 1 ", "1 day ", "may 1 ", "$1 ", "12:30 ", "if ", "user ", "ignore all ", "act as a "),
)  # fmt: skip


def _repeated(part: str) -> Family:
    return lambda size: (part * (size // len(part) + 1))[:size]


def _after(first: str, part: str) -> Family:
    return lambda size: first + _repeated(part)(size - len(first))


def _halves(first: str, second: str) -> Family:
    return lambda size: _repeated(first)(size // 2) + _repeated(second)(size - size // 2)


def _growing(part: str, end: str) -> Family:
    """The part once, twice, and so on."""

    def text(size: int) -> str:
        pieces, length = [], 0
        while length < size:
            pieces.append(part * len(pieces) + end)
            length += len(pieces[-1])
        return "".join(pieces)[:size]

    return text


def _counted(words: str) -> Family:
    return lambda size: "".join(words.format(number) for number in range(size // len(words) + 1))[:size]


def _table(size: int) -> str:
    """A head as wide as the rows are many, and rows that lack all cells but one."""
    return "|a" * (size // 8) + "|\n" + "|-" * (size // 8) + "|\n" + "|\n" * (size // 4)


def _noted(size: int) -> str:
    """A lead-in with many footnotes above many items."""
    marks = [f"[^{number}]" for number in range(size // 30)]
    lines = ["Paid", *marks, " for:\n\n", *["- a\n"] * len(marks), "\n", *(f"{mark}: b\n" for mark in marks)]
    return "".join(lines)


def _opened(size: int) -> str:
    """Openings in a row in each list inside a list, and many items in the innermost one."""
    lines = ["  " * level + mark + "so:\n\n" for level in range(45) for mark in ("- ", *["  "] * 6)]
    return "".join([*lines, *["  " * 44 + "- a\n"] * (size // 92)])[:size]


def _open_items(size: int) -> str:
    """Lists in lists, each of an item that ends open and one that holds the next list; over and over."""
    return _repeated("".join("  " * level + "- x:\n" + "  " * level + "- y:\n" for level in range(48)))(size)


FAMILIES: dict[str, Family] = {
    **{repr(part): _repeated(part) for part in PARTS},
    "many marks": _after("e", "\u0301\u0316\u0327\u0345\u3099"),
    "list in list": _growing("  ", "- a\n"),
    "quote in quote": _growing("> ", "a\n"),
    "deep quote": _after("> " * 200, "a\n"),
    "` growing": _growing("`", "a "),
    "* growing": _growing("*", "a "),
    "[ then ]": _halves("[", "]"),
    "** then a**": _halves("**", "a**"),
    "> then a": _halves("> ", "a "),
    "- then a": _halves("- ", "a "),
    "spaces then a": lambda size: " " * (size - 1) + "a",
    "wide table": _table,
    "tables": lambda size: (_table(800) + "\n") * (size // 800),
    "link targets": _counted("[a{0}]: b{0}\n"),
    "lettered": _repeated("(a) x\n\n(b) y:\n\n"),
    "openings": _repeated("so:\n\n"),
    "footnotes": _counted("x[^{0}]\n\n[^{0}]: y\n\n"),
    "one footnote": lambda size: "x[^1] †\n\n" * (size // 11) + "[^1]: y\n\n† z\n",
    "footnotes of a lead-in": _noted,
    "openings in lists": _opened,
    "open items": _open_items,
    "lists of HTML": _repeated("<ul>\n\n"),
    "closed lists of HTML": _halves("<ul>\n\n", "</ul>\n\n"),
    "lines of emphasis": _repeated("**not a**\n\nb c d e f g h.\n\n"),
    "comments": _repeated("<!-- a -->\n\nb\n\n"),
    "inline marks": _repeated("*a **b `c [d](e) "),
    "name in braces": _after("[x](#y)\n\n{#", "a"),
    "numbers of a heading": _after("# ", "1."),
    "numbers of a clause": lambda size: "1" + ".1" * (size // 2) + " x",
    "sections and links": _repeated("See section 1 and [b](#c). "),
    "citations by number": _repeated("P-7@1#1 [1] "),
    "marks of an end": _after("a", "</s> "),
    "marks of no end": lambda size: "</s> " * (size // 5) + "a",
    "words": _counted("w{} "),
    "amounts": _counted("We pay {0} dollars within {0} days. "),
    "ordinary": _repeated("Damaged items may be returned within 30 days, if the order was paid. "),
    "empty quotes": _repeated(">>\na\n"),
    "headings in quotes": _repeated("> # h\na\n"),
}
