"""Paragraphs and items that letter or number themselves, as the lists that they are."""

from collections.abc import Sequence

from indexer.text.introducing import Numbering, enumerator, opens
from indexer.text.outline import Node
from indexer.text.rendering import html_words

AFTER = 3
"""So many paragraphs between "(a)" and "(b)" belong to "(a)", at most."""

LETTERED = "lettered"
"""The content of a list whose items letter themselves."""

BODIES = frozenset(("list", "table", "quote", "code", "html"))
"""The kinds of blocks that a paragraph may introduce."""


def with_lettered(children: Sequence[Node]) -> list[Node]:
    """The siblings, with paragraphs that letter or number themselves as the items of a list.

    Such a list has its enumerators as `content`, so that what introduces it is known as a chapeau. What stands behind a
    list whose last item ends open is a part of that item.
    """
    children = _adopted([node for node in children if not _unseen(node)])
    found: list[Node] = []
    at = 0
    while at < len(children):
        node = children[at]
        end = _lettered_end(children, at) if node.kind == "paragraph" and enumerator(node.content) else at
        if end == at:
            found.append(_nested(node) if node.kind == "list" else node)
            at += 1
        else:
            found.append(_as_list(children[at:end]))
            at = end
    return found


def _unseen(node: Node) -> bool:
    """Whether it is a comment or the like: between a paragraph and a list it parts nothing."""
    return node.kind == "html" and not node.passages and not html_words(node.content)


def _adopted(children: Sequence[Node]) -> list[Node]:
    found: list[Node] = []
    for node in children:
        before = found[-1] if found else None
        if node.kind in BODIES and before is not None and before.kind == "list" and before.children:
            item = before.children[-1]
            last = item.children[-1] if item.children else None
            if last is not None and last.kind == "paragraph" and opens(last.content):
                item.children.append(node)
                continue
        found.append(node)
    return found


def _lettered_end(children: Sequence[Node], at: int) -> int:
    """Where a run of at least two lettered paragraphs ends that begins at a sibling; the same place for none."""
    numbering, end, taken, look = Numbering(), at, 0, at
    while look < len(children) and look <= end + AFTER and children[look].kind not in ("heading", "break"):
        label = enumerator(children[look].content) if children[look].kind == "paragraph" else ""
        if label and numbering.take(label) is not None:
            taken += 1
            end = look + 1
        elif not taken:
            return at
        look += 1
    if taken < 2:
        return at
    # A list right behind the last one, which opens it, is its own.
    while end < len(children) and children[end].kind in BODIES and opens(children[end - 1].content):
        end += 1
    return end


def _as_list(run: Sequence[Node]) -> Node:
    items: list[Node] = []
    numbering = Numbering()
    labelled: list[tuple[int, Node]] = []
    for node in run:
        label = enumerator(node.content) if node.kind == "paragraph" else ""
        level = numbering.take(label) if label else None
        if level is None:
            labelled[-1][1].children.append(node)
            continue
        item = Node("item", children=[node])
        labelled.append((level, item))
    items = _levelled(labelled)
    return Node("list", content=LETTERED, children=items)


def _nested(node: Node) -> Node:
    """A list whose items letter themselves on several levels, with the deeper ones inside the others."""
    labels = [
        enumerator(item.children[0].content) if item.children and item.children[0].kind == "paragraph" else ""
        for item in node.children
    ]
    numbering = Numbering()
    levels = [numbering.take(label) if label else None for label in labels]
    if not any(levels) or None in levels:
        return node
    levelled = [(level or 0, item) for level, item in zip(levels, node.children, strict=True)]
    return Node("list", node.span, children=_levelled(levelled))


def _levelled(items: Sequence[tuple[int, Node]]) -> list[Node]:
    """Items by their levels, each inside the last one of the level above it."""
    top: list[Node] = []
    last: list[Node] = []
    for level, item in items:
        del last[level:]
        if not last:
            top.append(item)
        else:
            above = last[-1].children
            if not above or above[-1].kind != "list" or above[-1].content != LETTERED:
                above.append(Node("list", content=LETTERED))
            above[-1].children.append(item)
        last.append(item)
    return top
