"""Whether a claim about how much or when follows from another text."""

import math
from bisect import bisect_left
from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from evaluator.quantities.amounts import amounts
from evaluator.quantities.bounds import Bound
from evaluator.quantities.dates import dates, moved
from evaluator.quantities.quantity import Quantity
from evaluator.quantities.units import DAY, Kind

COARSE = 1_000
"""A last digit that is worth at least this much may be rounded."""

ROUNDING = 1e-12
"""How much converting units may change a number, as a share of it."""

KEPT = 4_096
"""How many texts' quantities are kept in memory: claim and evidence are read by words and by their trees."""

_IN_DAYS = {"seconds": (1 / DAY, 1 / DAY), "months": (28.0, 31.0), "working days": (1.0, 3.0)}
"""How many days one may last at least and at most: a weekend may stand between two working days."""

_UPWARDS = (Bound.ABOVE, Bound.AT_LEAST)
_LIMITS = (Bound.AT_LEAST, Bound.AT_MOST, Bound.EXACT)
"""Bounds that rules are made of: at least, at most, up to, within, and "7 to 10 days"."""

_ALIKE = ({Kind.NUMBER, Kind.PERCENT}, {Kind.NUMBER, Kind.MONEY})
"""Kinds that may stand for each other: a score of 58 and a score of 58%."""


class Relation(StrEnum):
    """What a quantity of the evidence says about a quantity of the claim."""

    AGREES = "agrees"
    DIFFERS = "differs"
    OPEN = "open"


def quantities(text: str) -> list[Quantity]:
    """Every quantity of the text, in order of where it stands."""
    return list(_quantities(text))


@lru_cache(maxsize=KEPT)
def _quantities(text: str) -> tuple[Quantity, ...]:
    found = dates(text)
    starts = [one.start for one in found]
    rest = []
    for one in amounts(text):
        last = bisect_left(starts, one.end) - 1
        if last < 0 or found[last].end <= one.start:
            rest.append(one)
    return tuple(sorted([*found, *rest], key=lambda one: one.start))


def comparable(claim: Quantity, evidence: Quantity) -> bool:
    """Whether the two count the same kind of thing."""
    if claim.kind is not evidence.kind:
        return {claim.kind, evidence.kind} in _ALIKE
    return claim.kind is not Kind.MEASURE or claim.base == evidence.base


def relation(claim: Quantity, evidence: Quantity) -> Relation:
    """AGREES where the claim allows all values that the evidence allows, DIFFERS where it allows none, else OPEN.

    Two different limits are OPEN, even where one lies within the other. A parcel that arrived within 14 days arrived
    within 30 days, but a right to return within 14 days is no right to return within 30. Lengths of time that no whole
    number connects, such as 30 days and one month, differ or are OPEN. A claim may be coarser than the evidence:
    "1.4 million" agrees with 1,412,345, since it is rounded rightly.
    """
    if claim.kind is Kind.DATE:
        claim, evidence = _of_one_year(claim, evidence)
    if claim.kind is evidence.kind and claim.base != evidence.base:
        if claim.kind is not Kind.DURATION:
            return Relation.DIFFERS
        return Relation.OPEN if _meet(_in_days(claim), _in_days(evidence)) else Relation.DIFFERS
    low, high = claim.range
    said = evidence.range
    if claim.bound is Bound.EXACT and claim.kind is not Kind.DATE:
        coarser = claim.factor >= COARSE and evidence.factor < claim.factor
        slack = claim.factor / 2 if coarser else ROUNDING * abs(claim.low)
        low, high = low - slack, high + slack
    if low <= said[0] and said[1] <= high:
        limits = claim.bound in _LIMITS and evidence.bound in _LIMITS and rebounded(claim, evidence)
        return Relation.OPEN if limits else Relation.AGREES
    return Relation.OPEN if _meet((low, high), said) else Relation.DIFFERS


def rebounded(claim: Quantity, evidence: Quantity) -> bool:
    """Whether both are bounded, or run from one number to another, but with another number or direction."""
    plain = (claim.bound is Bound.EXACT, evidence.bound is Bound.EXACT)
    if plain[0] != plain[1] or (claim.kind, claim.base) != (evidence.kind, evidence.base):
        return False
    if claim.kind is Kind.DATE:
        claim, evidence = _of_one_year(claim, evidence)
    same = (claim.low, claim.high) == (evidence.low, evidence.high)
    if plain[0]:
        return not same and claim.kind is not Kind.DATE and claim.low < claim.high and evidence.low < evidence.high
    return not same or (claim.bound in _UPWARDS) != (evidence.bound in _UPWARDS)


def nearness(claim: Quantity, evidence: Quantity) -> float:
    """How near the two numbers are without their bounds: 1 where they are the same, near 0 where they are far apart."""
    if claim.kind is Kind.DATE:
        claim, evidence = _of_one_year(claim, evidence)
        return 1.0 / (1.0 + max(abs(claim.low - evidence.low), abs(claim.high - evidence.high)) / 30.0)
    one, other = abs(claim.low), abs(evidence.low)
    if claim.base != evidence.base and claim.kind is Kind.DURATION:
        one, other = _in_days(claim)[1], _in_days(evidence)[1]
        if math.isinf(one) or math.isinf(other):
            return 0.5
    return 1.0 if one == other else min(one, other) / max(one, other)


def _of_one_year(claim: Quantity, evidence: Quantity) -> tuple[Quantity, Quantity]:
    """Both dates. One without a year gets the year of the other, where that is known."""
    if claim.anniversary and not evidence.anniversary:
        claim = moved(claim, date.fromordinal(int(evidence.low)).year)
    elif evidence.anniversary and not claim.anniversary:
        evidence = moved(evidence, date.fromordinal(int(claim.low)).year)
    return claim, evidence


def _in_days(length: Quantity) -> tuple[float, float]:
    least, most = _IN_DAYS[length.base]
    return replace(length, low=length.low * least, high=length.high * most).range


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
