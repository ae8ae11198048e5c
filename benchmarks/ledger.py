"""The ledger as events grow: opening, as-of resolution, one policy's history, a publish; what the service takes."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks._data import parser
from benchmarks._growth_of_history import print_growth
from policies import instant
from policies.change import Publish
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.revision import Draft
from policies.storage.ledger_store import LedgerStore

POLICIES = 1000
DAY = 86_400_000_000
START = parse_instant("2000-01-01")


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    arguments.add_argument("--policies", type=int, default=20_000, help="of which the service lists a page")
    arguments.add_argument("--revisions", type=int, default=5000, help="of the policy that is planned and published")
    given = arguments.parse_args()
    print("events   open, paint   as-of now   as-of past   known past   history(1)   publish    file")
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as folder:
        ledger = Ledger(LedgerStore.open(Path(folder), create=True), instant.now)
        for size in given.sizes:
            grow(ledger, size)
            report(ledger, Path(folder))
    print_growth(given.policies, given.revisions)


def grow(ledger: Ledger, size: int) -> None:
    """Publishes revisions of 1,000 policies, up to 30,000 a commit, every tenth a bounded overlay."""
    while (tx := ledger.head()[0]) < size:
        numbers = range(tx, min(size, tx + 30_000))
        drafts = [draft(f"policy-{number % POLICIES}", number // POLICIES) for number in numbers]
        proposal = ledger.propose([Publish(each) for each in drafts])
        ledger.record(proposal, [[] for _ in proposal.drafts], "none")


def draft(policy_id: str, round_: int) -> Draft:
    start = START + round_ * 30 * DAY
    end = start + 10 * DAY if round_ % 10 == 9 else None
    return Draft(policy_id, "A policy", f"Revision {round_} of {policy_id}.", "bench", start, end)


def report(ledger: Ledger, folder: Path) -> None:
    before = time.perf_counter()
    timeline = ledger.timeline()
    opened = time.perf_counter() - before
    recorded = [event.recorded_at for event in ledger.events()]
    now, middle = instant.now(), recorded[len(recorded) // 2]
    past = START + 15 * DAY
    policy = timeline.policies["policy-7"]
    one_more = iter(range(10**6))

    def publish() -> None:

        number = next(one_more)
        change = Publish(draft("policy-7", 1001 + 10 * number + timeline.tx // POLICIES * 10))
        ledger.record(ledger.propose([change]), [[]], "none")

    cells = [
        f"{opened * 1e3:8.0f} ms",
        milliseconds(lambda: timeline.in_force(now, timeline.recorded_at)),
        milliseconds(lambda: timeline.in_force(past, timeline.recorded_at)),
        milliseconds(lambda: timeline.in_force(past, middle)),
        milliseconds(policy.history),
        milliseconds(publish, runs=5),
    ]
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{timeline.tx:<8} " + "  ".join(cells) + f"  {size / 1e6:.0f} MB")


def milliseconds(work: Callable[[], object], runs: int = 15) -> str:
    """The median of several warm runs."""
    work()
    spent = []
    for _ in range(runs):
        before = time.perf_counter()
        work()
        spent.append(time.perf_counter() - before)
    return f"{statistics.median(spent) * 1e3:8.2f} ms"


if __name__ == "__main__":
    main()
