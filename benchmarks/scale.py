"""A million occurrences under 20 access labels, then a million passages in force at once: time, memory, disk.

The labelled corpus is the real history once for each label: every paragraph begins with its label and every vector
is moved a little, so that no two labels share anything. The million passages are generated, words and vectors, after
the words and vectors of the real history; they say nothing about quality. Questions' vectors are made beforehand.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._data import history, imported_home, json_lines, parser, questions
from indexer.encoding.embedding import Encoder, Progress, Vectors
from policies.change import Publish
from policies.instant import parse_instant
from policies.revision import Draft
from policies.sources.revisions_file import load_changes, read_revisions
from retriever.bootstrap import Asof
from retriever.entrypoints.printing import progress

STAGES = (1, 4, 20)
LABEL = re.compile(r"label\d\d ")
BLOCK = re.compile(r"(^|\n\s*\n)([\s#*>\-\d.]*)(?=[^\W_])")
SINCE = parse_instant("2020-01-01")


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--stages", type=int, nargs="+", default=list(STAGES), help="labels at each stage")
    arguments.add_argument("--passages", type=int, default=1_000_000, help="generated passages in force at once")
    arguments.add_argument("--questions", type=int, default=100)
    arguments.add_argument("--only", choices=("labels", "generated"), help="one part of it")
    arguments.add_argument("--keep", type=Path, help="a folder in which the homes are made and kept")
    given = arguments.parse_args()
    with imported_home(given.data, given.home) as home, tempfile.TemporaryDirectory(prefix="asof-scale-") as made:
        base = Asof.at(home)
        cases = json_lines(questions(given.data))
        cases = cases[:: max(1, len(cases) // given.questions)][: given.questions]
        asked = {case["query"]: base.encoder.encode(case["query"]) for case in cases}
        folder = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if given.only in (None, "labels"):
            labelled(given, base, cases, asked, folder / "labels")
        if given.only in (None, "generated"):
            generated(given, base, cases, asked, folder / "generated")


class Derived:
    """An encoder whose passages' vectors are made from known ones, so that a million cost minutes, not hours."""

    def __init__(self, encoder: Encoder, vector: Callable[[str], Vectors]) -> None:
        self._encoder = encoder
        self._vector = vector

    def encode_all(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        out = np.empty((len(texts), self._encoder.dimension), dtype=np.float32)
        for number, text in enumerate(texts):
            out[number] = self._vector(text)
            if progress:
                progress(1)
        return out

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


def moved(vector: Vectors, text: str, by: float) -> Vectors:
    """A unit vector in another place for every text."""
    random = np.random.default_rng(zlib.crc32(text.encode()))
    other = vector + np.float32(by / np.sqrt(len(vector))) * random.standard_normal(len(vector), dtype=np.float32)
    unit: Vectors = other / np.linalg.norm(other)
    return unit


def labelled(
    given: argparse.Namespace, base: Asof, cases: list[dict[str, str]], asked: dict[str, Vectors], home: Path
) -> None:
    snapshot = base.index.current().snapshot
    vectors = snapshot.vectors(np.arange(snapshot.passages, dtype=np.int32))
    known = {snapshot.passage(number).encoded(): vectors[number] for number in range(snapshot.passages)}

    def vector(text: str) -> Vectors:
        plain = LABEL.sub("", text)
        if plain not in known:
            known[plain] = base.encoder.encode(plain)
        return moved(known[plain], text, 0.2)

    rows = json_lines(history(given.data))
    done = 0
    for stage in given.stages:
        began = time.perf_counter()
        asof = Asof.at(home)
        asof.__dict__["encoder"] = Derived(base.encoder, vector)
        for label in range(done, stage):
            file = home.parent / "labelled.jsonl"
            file.write_text("".join(json.dumps(of_label(row, f"label{label:02d}")) + "\n" for row in rows))
            asof.write(load_changes(read_revisions(file)), progress)
        done = stage
        print(f"\n{stage} labels, imported in {time.perf_counter() - began:.0f} s", flush=True)
        measured("--labels", str(stage), home, cases, asked)


def of_label(row: dict[str, Any], label: str) -> dict[str, Any]:
    """A row of the history for those who hold a label, every paragraph beginning with it."""
    text = BLOCK.sub(lambda m: f"{m[1]}{m[2]}{label} ", row["text"])
    return {**row, "policy_id": f"{row['policy_id']}-{label}", "audience": [label], "text": text}


def generated(
    given: argparse.Namespace, base: Asof, cases: list[dict[str, str]], asked: dict[str, Vectors], home: Path
) -> None:
    snapshot = base.index.current().snapshot
    real = [snapshot.passage(number).text.split() for number in range(snapshot.passages)]
    counts = Counter(word for text in real for word in text if word.isalpha())
    words, shares = list(counts), np.array(list(counts.values())) / counts.total()
    lengths = [min(len(text), 80) for text in real if len(text) > 4]
    vectors = snapshot.vectors(np.arange(snapshot.passages, dtype=np.int32))
    asof = Asof.at(home)
    asof.__dict__["encoder"] = Derived(
        base.encoder, lambda text: moved(vectors[zlib.adler32(text.encode()) % len(vectors)], text, 0.7)
    )
    random = np.random.default_rng(1)
    each, batch = 1000, 50
    began = time.perf_counter()
    drafts = []
    with progress("Writing generated policies", given.passages // each) as advance:
        for number in range(given.passages // each):
            sizes = random.choice(lengths, each)
            drawn = random.choice(len(words), int(sizes.sum()), p=shares)
            parts = np.split(drawn, np.cumsum(sizes)[:-1])
            body = "\n\n".join(
                f"Clause{number}x{at} " + " ".join(words[i] for i in part) for at, part in enumerate(parts)
            )
            drafts.append(Publish(Draft(f"generated-{number:05d}", "Generated", body, "benchmark", SINCE)))
            if len(drafts) == batch or number + 1 == given.passages // each:
                asof.write(drafts, progress)
                drafts = []
            advance(1)
    print(f"\n{given.passages:,} generated passages, all in force, written in {time.perf_counter() - began:.0f} s")
    print(f"peak memory of writing them: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")
    measured("--generated", "1", home, cases, asked)


def measured(kind: str, value: str, home: Path, cases: list[dict[str, str]], asked: dict[str, Vectors]) -> None:
    """Asks in a process of its own, whose memory holds nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "asked.npz"
        np.savez(file, cases=json.dumps(cases), texts=json.dumps(list(asked)), vectors=np.stack(list(asked.values())))
        command = [sys.executable, "-m", "benchmarks._scale_reader", str(home), str(file), kind, value]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
