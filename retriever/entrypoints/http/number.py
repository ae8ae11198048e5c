"""A number in an address of a page: of a transaction, or of a revision."""

MOST = 2**53
"""Nothing recorded has a greater number."""


def number_in(text: str) -> int | None:
    """The number that a part of an address is, from 1 to `MOST`; None where it is none, however long it is."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST))):
        return None
    number = int(text)
    return number if 0 < number <= MOST else None
