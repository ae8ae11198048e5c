"""What a person may say of a case."""

from enum import StrEnum


class Judgement(StrEnum):
    """It holds, it does not hold, nobody can tell."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
