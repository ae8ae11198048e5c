"""What changed of two texts, as commands print it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.text import Text

KINDS_IN_WORDS = {
    "lead_in": "lead-in",
    "parent_item": "parent item",
    "table_header": "table header",
    "list_closing": "closing words",
}
"""Kinds of governing words as they are printed, where they are not words of their own."""

_STYLES = {"same": "", "removed": "red strike", "added": "green underline"}
_SIGNS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


def print_difference(before: str, after: str, content: dict[str, Any]) -> None:
    """Prints what changed of two texts, passage by passage."""
    from retriever.entrypoints.printing import console

    out = console()
    coloured = out.color_system is not None
    out.print(f"{before} -> {after}: {counted(content['counts'])}")
    for change in content["governing"]:
        places = " -> ".join(f"over {ordinals(change[side])}" for side in ("before", "after") if change[side])
        out.print(f"\n{KINDS_IN_WORDS.get(change['kind'], change['kind'])} {change['change']} {places}".rstrip())
        out.print(_marked(change["words"], coloured))
    for change in content["passages"]:
        if change["kind"] == "unchanged":
            continue
        places = " -> ".join(ordinals(change[side]) for side in ("all_before", "all_after") if change[side])
        moved = " and moved" if change["moved"] and change["kind"] != "moved" else ""
        out.print(f"\n{change['kind']}{moved} {places}")
        for governing in change["governing"]:
            name = KINDS_IN_WORDS.get(governing["kind"], governing["kind"])
            out.print(_marked(governing["words"], coloured, f"  {name} {governing['change']}: "))
        out.print(_marked(change["words"], coloured))


def counted(counts: dict[str, int]) -> str:
    """How many passages of each kind there are; of the kinds that are not there only the commonest are named."""
    always = ("unchanged", "reworded", "added", "removed")
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count or kind in always)


def ordinals(passages: list[int]) -> str:
    """Passages as a citation names them: `#2-4, #7`."""
    runs: list[list[int]] = []
    for ordinal in passages:
        if runs and ordinal == runs[-1][-1] + 1:
            runs[-1].append(ordinal)
        else:
            runs.append([ordinal])
    return ", ".join(f"#{run[0]}" if len(run) == 1 else f"#{run[0]}-{run[-1]}" for run in runs)


def _marked(words: list[dict[str, str]], coloured: bool, begin: str = "    ") -> "Text":
    """Marked words: coloured on a terminal, between [-signs-] and {+signs+} elsewhere."""
    from rich.text import Text

    from retriever.entrypoints.printing import inert

    text = Text(begin)
    for run in words:
        content = inert(" ".join(run["text"].split()))
        opening, closing = ("", "") if coloured else _SIGNS[run["mark"]]
        text.append(f"{opening}{content}{closing} ", style=_STYLES[run["mark"]] if coloured else "")
    return text


def signed(words: list[dict[str, str]]) -> str:
    """Marked words on one line, between signs."""
    from retriever.entrypoints.printing import inert

    runs = ("{1}{0}{2}".format(run["text"].strip(), *_SIGNS[run["mark"]]) for run in words)
    return inert(" ".join(" ".join(runs).split()))
