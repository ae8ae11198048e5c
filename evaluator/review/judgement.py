"""What a person may say of a case."""

from enum import StrEnum


class Judgement(StrEnum):
    """It holds, it does not, it cannot be told."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
