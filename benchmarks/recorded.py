"""What questions, publishes and generations cost while more and more is recorded, as `survive` records it."""

import argparse
import gc
import os
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks._survive_load import FULL, LIVE, SUBJECTS, policy_file
from policies.change import Change, Publish, Withdraw
from policies.errors import ChangeRefused
from policies.instant import format_instant, now
from policies.sources.draft import parse_draft
from retriever.asking.query import parse_query
from retriever.bootstrap import Asof
from retriever.entrypoints.garbage import collect_seldom

PYTHONS_OWN = gc.get_threshold()

SECOND, DAY = 1_000_000, 86_400_000_000

AT_ONCE = 100
"""Changes of a commit while a home is filled."""

MEASURED = 60
"""Publishes at each size, with five questions after each, one of them about all policies."""


class Authors:
    """Changes such as the authors of `survive` make: a policy with `FULL` of them is withdrawn for good."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._writes: dict[str, int] = {}
        self._made = 0

    @property
    def policies(self) -> list[str]:
        return list(self._writes)

    def change(self) -> Change:
        chance = self._chance
        while len(self._writes) < 8 * LIVE:
            self._made += 1
            self._writes[f"R-{self._made}"] = 0
        policy = chance.choice(self.policies)
        self._writes[policy] += 1
        start = now() + int(chance.uniform(-5, 10) * SECOND)
        if self._writes[policy] > FULL:
            del self._writes[policy]
            return Withdraw(policy, start)
        if self._writes[policy] > 3 and chance.random() < 0.06:
            return Withdraw(policy, start, start + int(chance.uniform(1, 15) * SECOND))
        return Publish(parse_draft(policy_file(policy, "w", chance), "file"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", nargs="?", help="not needed: the benchmark makes its own policies")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 36_000], help="transactions")
    given = arguments.parse_args()
    os.environ |= {"ASOF_MIN_DENSE": "0", "ASOF_MIN_COVERAGE": "0", "ASOF_VIEW_MB": "64"}
    chance = random.Random(7)
    authors = Authors(chance)
    print("milliseconds of processor time of one thread, means")
    columns = ("transactions   opened", "with Python's own collections", "publish", "taken in by another")
    print("   ".join([*columns, "question about one", "about all"]), flush=True)
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as folder:
        for size in given.sizes:
            fill(Asof.at(folder), authors, size)
            print(measured(Path(folder), authors, chance), flush=True)


def fill(asof: Asof, authors: Authors, size: int) -> None:
    """Records changes until there are so many transactions; what is refused is left out."""
    recorded = 0
    while recorded < size:
        changes = [authors.change() for _ in range(AT_ONCE)]
        try:
            asof.write(changes)
        except ChangeRefused:  # nothing to withdraw then
            asof.write([change for change in changes if isinstance(change, Publish)])
        recorded = asof.ledger.newest_tx()


def measured(home: Path, authors: Authors, chance: random.Random) -> str:
    """A line of the table: one process that writes and answers, and another that only answers."""
    gc.set_threshold(*PYTHONS_OWN)
    often = min(spent(Asof.at(home).index.newest) for _ in range(3))
    collect_seldom()  # as every process of `asof`
    opened = min(spent(Asof.at(home).index.newest) for _ in range(3))
    writing, other = Asof.at(home), Asof.at(home)
    writing.index.newest()
    other.index.newest()
    question(other, chance, None)  # the model is read
    publish, taken, one, of_all = 0.0, 0.0, 0.0, 0.0
    for _ in range(MEASURED):
        change = authors.change()
        with suppress(ChangeRefused):
            publish += spent(lambda change=change: writing.write([change]))  # type: ignore[misc]
        taken += spent(other.index.newest)
        one += sum(spent(lambda: question(other, chance, chance.choice(authors.policies))) for _ in range(4))
        of_all += spent(lambda: question(other, chance, None))
    publish, taken, one, of_all = (1e3 * each / MEASURED for each in (publish, taken, one / 4, of_all))
    size = writing.ledger.newest_tx()
    return f"{size:12,} {opened * 1e3:8.0f} {often * 1e3:31.0f} {publish:9.1f} {taken:21.1f} {one:20.1f} {of_all:11.1f}"


def question(asof: Asof, chance: random.Random, policy: str | None) -> None:
    body = {
        "query": f"Are {chance.choice(SUBJECTS).lower()} accepted?",
        "as_of": format_instant(now() + int(chance.uniform(-800, 20) * DAY)),
        "policies": None if policy is None else [policy],
    }
    asof.retriever.retrieve(parse_query(body)).content()


def spent(do: Callable[[], object]) -> float:
    """Seconds of this thread's processor time that something takes."""
    before = time.thread_time()
    do()
    return time.thread_time() - before


if __name__ == "__main__":
    main()
