"""What was found of a measurement."""

from collections.abc import Iterable
from typing import NamedTuple


class Found(NamedTuple):
    """The value of a measurement, and the detail that it comes from."""

    value: bool | None
    detail: str = ""


NOTHING = Found(None)


def every(asked: Iterable[tuple[bool | None, str]]) -> Found:
    """False where anything failed, with what failed; true where all held; else not measured."""
    answers = list(asked)
    lost = list(dict.fromkeys(detail for value, detail in answers if value is False))
    if lost:
        return Found(False, "; ".join(lost[:3]) + (f"; and {len(lost) - 3} more" if len(lost) > 3 else ""))
    if not answers or any(value is None for value, _ in answers):
        return NOTHING
    return Found(True, f"{len(answers)} of {len(answers)}")
