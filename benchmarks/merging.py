"""A merge of all segments of an index: how long it takes, and what memory it takes and leaves behind."""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks._survive_watch import own_megabytes
from indexer.encoding.embedding import Progress, Vectors
from indexer.manifest import TERMS, Built, Manifest, read_manifest, write_manifest
from indexer.new_passages import NewPassages
from indexer.segments.merge import MOST_SEGMENTS, merged_tail
from indexer.segments.segment import write_segment
from indexer.snapshot import Snapshot
from indexer.text.split import Splitter

DIMENSION = 384
VOCABULARY = 20_000
EVERY = 0.002
"""Seconds between two looks at the memory."""


class Unread:
    """An encoder that reads nothing: its vectors are drawn, and each word is a token."""

    name, digest, precision, dimension = "drawn", "d" * 64, "fp32", DIMENSION
    tokenizer_digest = "t" * 64

    def encode(self, text: str) -> Vectors:
        return self.encode_all([text])[0]

    def encode_all(self, texts: list[str], progress: Progress = lambda count: None) -> Vectors:
        return np.random.default_rng(len(texts)).standard_normal((len(texts), DIMENSION), dtype=np.float32)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        begins = [at for at, sign in enumerate(text) if sign != " " and (at == 0 or text[at - 1] == " ")]
        return [(at, at + 1) for at in begins]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--revisions", type=int, default=32_000)
    arguments.add_argument("--merge", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.merge is not None:
        measure(given.merge)
        return
    print("                                     took s   at its peak MB   left behind MB   file MB")
    for name, fresh in (("revisions that say the same again", 0.0), ("revisions with new passages", 1.0)):
        with tempfile.TemporaryDirectory(prefix="asof-bench-") as folder:
            build(Path(folder), given.revisions, fresh)
            command = [sys.executable, "-m", "benchmarks.merging", "--merge", folder]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # a process with nothing else
            print(f"{name:<36} {done.stdout}", end="")


def measure(folder: Path) -> None:
    """Merges the segments in a folder and says what that took, once they were opened and read as a service does."""
    manifest = read_manifest(folder)
    assert manifest is not None
    snapshot = Snapshot(folder, manifest)
    for segment in snapshot.segments:
        _ = segment.terms, segment.occurrences
    before, most, over = own_megabytes("self"), 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(EVERY):
            most = max(most, own_megabytes("self"))

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.perf_counter()
    size = merge(folder, snapshot)
    took = time.perf_counter() - began
    over.set()
    watching.join()
    left = own_megabytes("self") - before
    print(f"{took:6.2f} {max(most - before, left):16.1f} {left:16.1f} {size / 1e6:9.1f}")


def merge(folder: Path, snapshot: Snapshot) -> int:
    """Merges as the writer does; returns the new segment's bytes."""
    tail = merged_tail(snapshot.segments)
    assert tail is not None
    assert tail[0] == 0, "the segments are not merged as one"
    return write_segment(folder, "merged.safetensors", 0, tail[1]).bytes


def build(folder: Path, revisions: int, fresh: float) -> None:
    """An index of so many segments that all of them are merged; `fresh` is the share of passages that are new."""
    chance, encoder = random.Random(1), Unread()
    splitter = Splitter(encoder.token_offsets, encoder.tokenizer_digest)
    words = [f"{chance.randrange(1 << 40):x}" for _ in range(VOCABULARY)]
    built = Built(encoder.name, encoder.digest, encoder.precision, DIMENSION, TERMS)
    manifest, tx = Manifest(0, built), 0
    for number in range(MOST_SEGMENTS + 1):
        snapshot = Snapshot(folder, manifest)
        new = NewPassages(snapshot, encoder, set())
        while tx < revisions * (number + 1) // (MOST_SEGMENTS + 1):
            tx += 1
            days = chance.randrange(1, 40)
            said = " ".join(chance.choices(words, k=30)) if chance.random() < fresh else f"Accepted within {days} days."
            text = f"# Returns\n\n{said}\n\nAsk a person where that is unclear.\n"
            new.add(tx, "Returns", text, splitter.split(text))
        entry = write_segment(folder, f"segment-{number}.safetensors", manifest.passages, new.arrays())
        manifest = Manifest(tx, built, (*manifest.segments, entry))
    write_manifest(folder, manifest)


if __name__ == "__main__":
    main()
