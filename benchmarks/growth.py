"""How the time of each reader of text grows with the text's length, on texts made to be hard: exponents."""

import argparse
import gc
import math
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks._hostile_text import FAMILIES, Family
from benchmarks._text_readers import READERS, Reader


class Growth(NamedTuple):
    """Seconds of processor time at a size, and by which power of the size they grow: 1 is in proportion."""

    size: int
    seconds: float
    exponent: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", nargs="?", help="as for other benchmarks; nothing of it is read")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="in characters")
    arguments.add_argument(
        "--reader", nargs="+", metavar="NAME", choices=READERS, default=list(READERS), help="default all"
    )
    arguments.add_argument(
        "--family", nargs="+", metavar="NAME", choices=FAMILIES, default=list(FAMILIES), help="default all"
    )
    arguments.add_argument("--above", type=float, default=1.2, help="print exponents above this (default 1.2)")
    arguments.add_argument("--most", type=float, default=5.0, help="go on to longer texts up to these seconds")
    arguments.add_argument(
        "--worst", type=int, help="only so many families of a reader reach the last size: the steepest, the slowest"
    )
    given = arguments.parse_args()
    print(f"{'reader':<34} {'family':<20} characters   seconds  exponent")
    for name in given.reader:
        found = grown(READERS[name], given.family, given.sizes, given.most, given.worst, given.above)
        worst = max(found, key=steepness)
        slowest = max(found, key=slowness)
        for measured, family in dict.fromkeys(
            [*(each for each in found if each[0].exponent > given.above), worst, slowest]
        ):
            row = f"{name:<34} {family:<20} {measured.size:>10,} {measured.seconds:>9.3f} {measured.exponent:>9.2f}"
            print(row, flush=True)


def grown(
    reader: Reader, families: Sequence[str], sizes: Sequence[int], most: float, worst: int | None, above: float
) -> list[tuple[Growth, str]]:
    """The growth on each family. With `worst`, only so many of the steepest and of the slowest reach the last size."""
    if worst is None:
        return [(growth(reader, FAMILIES[family], sizes, most, above=above), family) for family in families]
    found = [(growth(reader, FAMILIES[family], sizes[:-1], most, above=above), family) for family in families]
    chosen = {family for key in (steepness, slowness) for _, family in sorted(found, key=key)[-worst:]}
    longer = [(growth(reader, FAMILIES[family], sizes, most, above=above), family) for family in sorted(chosen)]
    return [each for each in found if each[1] not in chosen] + longer


def steepness(each: tuple[Growth, str]) -> float:
    """The exponent."""
    return each[0].exponent


def slowness(each: tuple[Growth, str]) -> float:
    """Seconds a character."""
    return each[0].seconds / each[0].size


AGAIN = 3
"""Times that a growth which looks too steep is measured again: other work on the machine makes some times longer."""


def growth(
    reader: Reader,
    family: Family,
    sizes: Sequence[int],
    most: float = math.inf,
    times: int = 3,
    above: float = math.inf,
) -> Growth:
    """The growth from the first size to the last, or to the first at which reading takes longer than `most`.

    Where the exponent is above `above`, both sizes are read again, and the least seconds of each count.
    """
    first = seconds = taken(reader, family(sizes[0]), times)
    size = sizes[0]
    for size in sizes[1:]:
        seconds = taken(reader, family(size), times)
        if seconds > most:
            break
    for _ in range(AGAIN):
        if _exponent(first, seconds, size / sizes[0]) <= above:
            break
        first = min(first, taken(reader, family(sizes[0]), times))
        seconds = min(seconds, taken(reader, family(size), times))
    return Growth(size, seconds, _exponent(first, seconds, size / sizes[0]))


def _exponent(first: float, last: float, longer: float) -> float:
    return math.log(max(last, LEAST) / max(first, LEAST)) / math.log(longer)


LEAST = 0.001
"""Seconds below which a time says nothing of growth."""


SHORTER = 60
"""Characters: whole pieces of most families. `a b ` less its last two reads the same backwards: no words are moved."""


def taken(reader: Reader, text: str, times: int = 3) -> float:
    """The least seconds of processor time that reading takes, of up to so many times.

    Each time the text is `SHORTER` shorter, so that nothing is known from before and it is of the same kind.
    """
    found: list[float] = []
    gc.disable()
    try:
        while len(found) < times and sum(found) < 0.2:
            shorter = text[: len(text) - SHORTER * len(found)]
            begun = time.thread_time()
            reader(shorter)
            found.append(time.thread_time() - begun)
    finally:
        gc.enable()
    return min(found)


if __name__ == "__main__":
    main()
