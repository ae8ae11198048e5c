"""The invariant: evidence digests of past questions, before and after publishes, merges, a rebuild, elsewhere."""

import json
import shutil
import tempfile
from pathlib import Path

from benchmarks._data import imported_home, json_lines, parser, questions, run
from policies.change import Publish
from policies.instant import format_instant
from policies.revision import Draft
from retriever.bootstrap import Asof
from retriever.config import Settings


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--questions", type=int, default=200)
    arguments.add_argument("--publishes", type=int, default=100)
    given = arguments.parse_args()
    cases = json_lines(questions(given.data))
    cases = cases[:: max(1, len(cases) // given.questions)][: given.questions]
    with imported_home(given.data, given.home) as source, tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(source, home)
        asof = Asof.at(home)
        known_at = format_instant(asof.ledger.head()[1])
        asked = [{"query": case["query"], "as_of": case["as_of"], "known_at": known_at} for case in cases]
        before = digests(asof, asked)
        policies = sorted(asof.ledger.timeline().policies)
        for number in range(given.publishes):
            words = "\n\n".join(f"{case['query']} Amended {number}." for case in cases[number : number + 3])
            draft = Draft(policies[number % len(policies)], "Amended", words, "benchmark", 1_500_000_000_000_000)
            asof.write([Publish(draft)])
        segments = len(asof.index.current().snapshot.segments)
        published = f"after {given.publishes} publishes ({segments} segments left by merges)"
        report(published, before, digests(asof, asked))
        other = Asof(Settings(home, threads=1))
        other.writer().rebuild()
        report("after a rebuild with one thread", before, digests(other, asked))
        file = Path(folder) / "asked.jsonl"
        file.write_text("\n".join(map(json.dumps, asked)))
        output, _, _ = run("retrieve", "--from-file", str(file), "--json", "--home", str(home))
        answers = [json.loads(line)["receipt"]["evidence_digest"] for line in output.splitlines()]
        report("in another process", before, answers)


def digests(asof: Asof, asked: list[dict[str, str]]) -> list[str]:
    return [asof.retrieve(**fields).content()["receipt"]["evidence_digest"] for fields in asked]


def report(what: str, before: list[str], after: list[str]) -> None:
    differing = sum(one != other for one, other in zip(before, after, strict=True))
    print(f"{what}: {differing} of {len(before)} evidence digests differ")
    if differing:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
