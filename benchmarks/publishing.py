"""Publish to visible: a revision that changes three passages of the longest policy, seen by another process."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks._data import imported_home, json_lines, parser, questions
from policies.change import Publish
from policies.revision import Draft, VersionId
from retriever.bootstrap import Asof

READER = """
import json, sys, time
from pathlib import Path
from retriever.bootstrap import Asof
asof = Asof.at(Path(sys.argv[1]))
queries = json.loads(Path(sys.argv[2]).read_text())
asof.retrieve(query=queries[0])
asof.warm_views().__enter__()
print("ready", flush=True)
seen, begun, late = asof.index.current().number, time.time(), []
for number in range(int(sys.argv[4])):
    due = begun + number / float(sys.argv[3])
    while (now := time.time()) < due:
        if (current := asof.index.current().number) != seen:
            seen = current
            print(json.dumps({"generation": seen, "at": time.time()}), flush=True)
        time.sleep(min(0.002, max(0, due - now)))
    before = time.perf_counter()
    asof.retrieve(query=queries[number % len(queries)])
    late.append((time.perf_counter() - before) * 1e3)
print(json.dumps({"late": late}), flush=True)
"""


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--publishes", type=int, default=30)
    arguments.add_argument("--rate", type=float, default=30.0, help="questions a second in the reader")
    given = arguments.parse_args()
    with imported_home(given.data, given.home) as source, tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(source, home)
        asked = Path(folder) / "questions.json"
        asked.write_text(json.dumps([case["query"] for case in json_lines(questions(given.data))]))
        asof = Asof.at(home)
        alone, _ = read(home, asked, given.rate, int(given.rate * 10), [])
        drafts = longest(asof, given.publishes)
        asof.writer()
        begun: list[tuple[int, float, float, float]] = []

        def publish() -> None:
            for draft in drafts:
                before = time.time()
                written = asof.write([Publish(draft)])
                embedding = asof.__dict__["encoder"].spent
                begun.append((written.indexed.generation, before, time.time(), embedding))
                asof.__dict__["encoder"].spent = 0.0
                time.sleep(0.2)

        asof.__dict__["encoder"] = Timed(asof.encoder)
        during, seen = read(home, asked, given.rate, int(given.rate * (0.35 * len(drafts) + 3)), [publish])
    at = dict(seen)
    total = [(at[generation] - before) * 1e3 for generation, before, _, _ in begun if generation in at]
    besides = [(at[generation] - before - spent) * 1e3 for generation, before, _, spent in begun if generation in at]
    print(f"{len(begun)} publishes, {len(total)} seen one by one by another process")
    print(f"publish to visible there: p50 {statistics.median(total):.0f} ms")
    print(f"    besides encoding: p50 {statistics.median(besides):.0f} ms")
    print(
        f"reader at {given.rate:g} questions a second, encoding included: p95 {np.percentile(alone, 95):.1f} ms alone, "
        f"{np.percentile(during, 95):.1f} ms during the publishes"
    )


class Timed:
    """The encoder, with the seconds that it spent."""

    def __init__(self, encoder: object) -> None:
        self._encoder = encoder
        self.spent = 0.0

    def __getattr__(self, name: str) -> object:
        found = getattr(self._encoder, name)
        if name not in ("encode", "encode_all"):
            return found

        def timed(*given: object) -> object:
            before = time.perf_counter()
            try:
                return found(*given)
            finally:
                self.spent += time.perf_counter() - before

        return timed


def longest(asof: Asof, count: int) -> list[Draft]:
    """Drafts of the policy with the most passages in force, each with three paragraphs of its own."""
    timeline = asof.ledger.timeline()
    shown = [VersionId(p.policy_id, p.top[-1].revision) for p in timeline.policies.values() if p.top[-1].revision]
    revision = max((asof.ledger.revision(version, timeline) for version in shown), key=lambda found: len(found.spans))
    parts = revision.text.split("\n\n")
    places = [len(parts) // 4, len(parts) // 2, 3 * len(parts) // 4]
    base = Draft(revision.version.policy_id, revision.title, "", "benchmark")
    drafts = []
    for number in range(count):
        changed = [f"{part} Amendment {number} of part {i}." if i in places else part for i, part in enumerate(parts)]
        drafts.append(replace(base, text="\n\n".join(changed)))
    return drafts


def read(
    home: Path, asked: Path, rate: float, count: int, meanwhile: list
) -> tuple[list[float], list[tuple[int, float]]]:
    """What a reader in another process took for each question, and when it saw which generation."""
    environment = {**os.environ, "ASOF_QUERY_CACHE": "0"}
    command = [sys.executable, "-c", READER, str(home), str(asked), str(rate), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        for work in meanwhile:
            work()
        lines = [json.loads(line) for line in reader.stdout]
    return lines[-1]["late"], [(line["generation"], line["at"]) for line in lines[:-1]]


if __name__ == "__main__":
    main()
