"""Blocks drawn with a seed from the history in force, as text to be read by eye: verdicts stand in evals/."""

import hashlib

from benchmarks._data import imported_home, parser
from policies.revision import VersionId
from retriever.bootstrap import Asof


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--count", type=int, default=40, help="how many blocks (default 40)")
    arguments.add_argument("--seed", type=int, default=15, help="which ones (default 15)")
    given = arguments.parse_args()
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home)
        asof.catch_up()
        current = asof.index.current()
        timeline = current.timeline
        drawn = []
        for policy_id, policy in sorted(timeline.policies.items()):
            said = policy.in_force(asof.clock(), timeline.recorded_at)
            if said is not None and said.revision is not None:
                version = VersionId(policy_id, said.revision)
                structure = current.snapshot.structure(timeline.publishes[version].tx)
                drawn += [(version, first, last) for first, last in structure.blocks()]
        print(f"{given.count} of {len(drawn):,} blocks in force, seed {given.seed}")
        drawn.sort(key=lambda block: hashlib.sha256(f"{given.seed} {block[0]}#{block[1]}".encode()).digest())
        for version, first, last in drawn[: given.count]:
            revision = asof.ledger.revision(version, timeline)
            structure = current.snapshot.structure(timeline.publishes[version].tx)
            span = revision.spans[first - 1].start, revision.spans[last - 1].end
            print(f"\n=== {version}#{first}" + (f"-{last}" if last > first else ""))
            for item in structure.governs(first, last, *span):
                print(f"{item.kind}: {' '.join(revision.text[item.start : item.end].split())}")
            print(structure.words(first, last))


if __name__ == "__main__":
    main()
