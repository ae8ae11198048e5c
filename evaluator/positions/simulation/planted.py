"""A planted position bias: the chance of a right answer by position. For simulated readers only."""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bias:
    """The chance of a right answer at given positions from 0, and straight lines between them.

    `shared` is the share of luck that all positions of a question have in common. At 0 they are independent. At 1 a
    question is right at all positions whose chance is high enough, and wrong at the others. The chances stay as they
    are.
    """

    points: tuple[tuple[int, float], ...]
    oracle: float = 0.95
    closed_book: float = 0.05
    shared: float = 0.0

    def chance(self, position: int | None, of: int) -> float:
        """The chance with the answer at this position of `of` passages; None stands for no position."""
        if position is None:
            return self.closed_book
        if of == 1:
            return self.oracle
        after = bisect_right(self.points, position, key=lambda point: point[0])
        if after in (0, len(self.points)):
            return self.points[min(after, len(self.points) - 1)][1]
        (left, low), (right, high) = self.points[after - 1 : after + 1]
        return low + (high - low) * (position - left) / (right - left)

    def right(self, seed: int, question: str, content: str, position: int | None, of: int) -> bool:
        """Whether a request is answered rightly: the same for the same seed and content, in any order."""
        common = luck(seed, "common", content) < self.shared
        drawn = luck(seed, "question", question) if common else luck(seed, "content", content)
        return drawn < self.chance(position, of)


def luck(seed: int, *parts: str) -> float:
    """A number in [0, 1) that depends on the seed and the parts alone."""
    digest = hashlib.sha256("\x1f".join((str(seed), *parts)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def parse_points(text: str) -> tuple[tuple[int, float], ...]:
    """The points in text such as `0:0.85,9:0.6,19:0.85`; ValueError where it is none."""
    try:
        pairs = (item.split(":") for item in text.split(","))
        points = tuple((int(position), float(chance)) for position, chance in pairs)
    except ValueError as error:
        raise ValueError(f"{text!r} is no curve; write POSITION:CHANCE, such as 0:0.85,9:0.6,19:0.85") from error
    places = [at for at, _ in points]
    if any(not 0 <= chance <= 1 for _, chance in points) or sorted(set(places)) != places:
        raise ValueError(f"{text!r} is no curve; positions have to rise and chances to lie from 0 to 1")
    return points


def outcomes(bias: Bias, positions: tuple[int, ...], of: int, cases: int, seed: int) -> list[list[int]]:
    """0 or 1 for each of so many cases at each position, as the reader would answer them, without any request."""
    return [
        [int(bias.right(seed, f"{case}", f"{case} {position}", position, of)) for position in positions]
        for case in range(cases)
    ]
