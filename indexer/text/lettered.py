"""Paragraphs and items that letter or number themselves, as the lists that they are."""

from collections.abc import Sequence

from indexer.text.introducing import Numbering, enumerator, introduces, opens
from indexer.text.outline import Node
from indexer.text.rendering import html_words, opens_or_closes

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
    children = _continued(_adopted([node for node in children if not _unseen(node)]))
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
    """Whether it is a comment or the like: between a paragraph and a list it parts nothing. The tag of a list does."""
    if node.kind != "html" or node.passages or html_words(node.content):
        return False
    return not opens_or_closes(node.content)


def _adopted(children: Sequence[Node]) -> list[Node]:
    found: list[Node] = []
    for at, node in enumerate(children):
        before = found[-1] if found else None
        after = children[at + 1] if at + 1 < len(children) else None
        opened = before is not None and before.kind == "paragraph" and introduces(before.content)
        if node.kind == "break" and opened and after is not None and after.kind in BODIES:
            continue  # a rule between a lead-in and its list parts nothing
        if node.kind in BODIES and before is not None and before.kind == "list" and before.children:
            item = before.children[-1]
            last = item.children[-1] if item.children else None
            if last is not None and last.kind == "paragraph" and opens(last.content):
                item.children.append(node)
                continue
        found.append(node)
    return found


def _continued(children: Sequence[Node]) -> list[Node]:
    """The siblings, with a numbered list that goes on after a paragraph as one list with that paragraph in it."""
    found: list[Node] = []
    for node in children:
        number = _number(node.children[0]) if node.kind == "list" and node.children else 0
        back = next((n for n in range(1, AFTER + 1) if n < len(found) + 1 and found[-n].kind != "paragraph"), 0)
        before = found[-back] if number > 1 and back > 1 else None
        if before is not None and before.kind == "list" and _number(before.children[-1]) == number - 1:
            between = found[len(found) - back + 1 :]
            if not any(introduces(it.content) for it in between):
                del found[len(found) - back + 1 :]
                before.children += [*between, *node.children]
                continue
        found.append(node)
    return found


def _number(item: Node) -> int:
    return int(item.marker[:-1]) if item.marker[:-1].isdigit() else 0


def _lettered_end(children: Sequence[Node], at: int) -> int:
    """Where a run of at least two lettered paragraphs ends that begins at a sibling; the same place for none."""
    numbering, end, taken, look = Numbering(), at, 0, at
    while look < len(children) and look <= end + AFTER and children[look].kind not in ("heading", "break"):
        labels = _labels(children[look])
        if labels and numbering.take(labels[0]) is not None:
            taken += 1 + sum(numbering.take(label) is not None for label in labels[1:])
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


def _labels(node: Node) -> list[str]:
    """The enumerators with which the lines of a paragraph begin, if the first one does."""
    if node.kind != "paragraph" or not enumerator(node.content):
        return []
    return [label for line in node.content.split("\n") if (label := enumerator(line))]


def _as_list(run: Sequence[Node]) -> Node:
    items: list[Node] = []
    numbering = Numbering()
    labelled: list[tuple[int, Node]] = []
    for node in run:
        labels = _labels(node)
        level = numbering.take(labels[0]) if labels else None
        for label in labels[1:]:
            numbering.take(label)
        if level is None:
            labelled[-1][1].children.append(node)
            continue
        item = Node("item", children=[node])
        labelled.append((level, item))
    items = _levelled(labelled)
    return Node("list", content=LETTERED, children=items)


def _nested(node: Node) -> Node:
    """A list whose items letter themselves on several levels, with the deeper ones inside the others."""
    if any(item.kind != "item" for item in node.children):
        return node
    labels = [
        enumerator(item.children[0].content) if item.children and item.children[0].kind == "paragraph" else ""
        for item in node.children
    ]
    numbering = Numbering()
    levels = [numbering.take(label) if label else None for label in labels]
    if None in levels:
        levels = [0 if _opens_alone(item) else 1 for item in node.children]
        if len(levels) < 2 or levels[0] or levels[-1] == 0 or 1 not in levels:
            return node
    if not any(levels):
        return node
    levelled = [(level or 0, item) for level, item in zip(levels, node.children, strict=True)]
    return Node("list", node.span, children=_levelled(levelled))


def _opens_alone(item: Node) -> bool:
    """Whether an item is one paragraph that ends open: the items after it are its own."""
    first = item.children[0] if len(item.children) == 1 else None
    return first is not None and first.kind == "paragraph" and opens(first.content)


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
