"""The words of a text, by which wordings are compared."""

from indexer.text.words import WORD


def words(text: str) -> list[str]:
    """The alphanumeric words of a text in order, in lower case; everything between them is dropped."""
    return WORD.findall(text.lower())


def overlaps(one: str, other: str) -> bool:
    """Whether the words of either text stand, whole and in order, within those of the other; False without words."""
    left, right = (f" {' '.join(words(text))} " for text in (one, other))
    return bool(left.strip() and right.strip()) and (left in right or right in left)
