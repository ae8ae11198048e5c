"""How long a citation of the real history takes to be verified in a warm process: in force, and of any revision."""

import random
import statistics
import time

from benchmarks._data import imported_home, parser
from policies.revision import VersionId
from retriever.bootstrap import Asof

QUOTED = 80
"""Characters of a passage in its quotation, at most."""


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--count", type=int, default=600)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home)
        asof.catch_up()
        timeline = asof.index.current().timeline
        now = asof.clock()
        current = [
            VersionId(name, span.revision)
            for name, policy in sorted(timeline.policies.items())
            if (span := policy.in_force(now, timeline.recorded_at)) is not None and span.revision is not None
        ]
        for name, versions in (("in force", current), ("of any revision", sorted(timeline.publishes))):
            chance = random.Random(given.seed)
            took = []
            while len(took) < given.count:
                version = chance.choice(versions)
                revision = asof.ledger.revision(version, timeline)
                if not revision.spans:
                    continue
                number = chance.randrange(len(revision.spans))
                span = revision.spans[number]
                words = revision.text[span.start : span.end][:QUOTED].rsplit(" ", 1)[0]
                began = time.perf_counter()
                asof.cite(f"{version}#{number + 1}", words)
                took.append((time.perf_counter() - began) * 1e3)
            took.sort()
            print(
                f"{given.count} citations {name}: median {statistics.median(took):.2f} ms, "
                f"p95 {took[int(0.95 * len(took))]:.2f} ms, slowest {took[-1]:.1f} ms"
            )


if __name__ == "__main__":
    main()
