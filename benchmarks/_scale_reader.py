"""Asks one home of `scripts/bench scale` its questions, in a process that holds nothing else."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import indexer.view
from benchmarks._data import asked_as_of, seconds
from policies.instant import now
from retriever.answering.pipeline import Retriever
from retriever.asking.query import Query, parse_query
from retriever.live.live_index import LiveIndex


def main() -> None:
    home, file, kind, value = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    from policies.ledger import Ledger
    from policies.storage.ledger_store import LedgerStore

    given = np.load(file)
    cases = json.loads(str(given["cases"]))
    vectors = dict(zip(json.loads(str(given["texts"])), given["vectors"], strict=True))
    encoder: Any = SimpleNamespace(encode=vectors.__getitem__)
    began = time.perf_counter()
    index = LiveIndex(home / "index", Ledger(LedgerStore.open(home), now))
    retriever = Retriever(index, encoder, index.built, now)
    labels = [f"label{number:02d}" for number in range(value)]
    retriever.retrieve(parse_query({"query": cases[0]["query"], "audience": labels[:1]}))
    loaded = time.perf_counter() - began
    snapshot = index.current().snapshot
    occurrences = sum(len(found.passages) for found in snapshot.occurrences.values())
    disk = sum(path.stat().st_size for path in (home / "index").iterdir())
    print(
        f"{occurrences:,} occurrences, {snapshot.passages:,} distinct passages in {len(snapshot.segments)} segments; "
        f"index {disk / 1e6:,.0f} MB, ledger {(home / 'ledger.db').stat().st_size / 1e6:,.0f} MB on disk\n"
        f"open to first answer {loaded:.2f} s (no model), then resident: {memory()}"
    )
    reader = Reader(retriever, index, cases)
    print(f"{'':<44} passages   p50 ms   p95 ms")
    if kind == "--labels":
        reader.both("one label, as of a date", labels[-1:])
        if value > 1:
            reader.both(f"all {value} labels, as of a date", labels)
    else:
        reader.exact_and_two_passes()
    print(f"resident after the questions: {memory()}")


class Reader:
    def __init__(self, retriever: Retriever, index: LiveIndex, cases: Sequence[dict[str, str]]) -> None:
        self._retriever = retriever
        self._cases = cases
        self._views = index.current().views

    def both(self, name: str, audience: Sequence[str]) -> None:
        """At instants whose view is there already, and at instants never asked before."""
        asked = [parse_query({**asked_as_of(case), "audience": audience}) for case in self._cases]
        warm: list[float] = []
        unseen: list[float] = []
        sizes = []
        for query in asked:
            self._views.clear()
            unseen.append(self._time(query))
            view = self._view()
            view.settle()
            sizes.append(len(view))
            self._time(query)
            warm.append(np.median([self._time(query) for _ in range(5)]))
        self._row(f"{name}, view made", sizes, warm)
        self._row(f"{name}, never asked before", sizes, unseen)

    def exact_and_two_passes(self) -> None:
        """All passages in force at once: exact products of all, then two passes; the answers must be the same."""
        asked = [parse_query({"query": case["query"]}) for case in self._cases]
        digests = []
        for name, two_from in (("exact products of all", 1 << 60), ("two passes", indexer.view.TWO_PASSES_FROM)):
            indexer.view.TWO_PASSES_FROM = two_from
            self._views.clear()
            first = self._time(asked[0])
            settled = seconds(self._view().settle)
            print(f"{name}: first question {first:.0f} ms, view settled in {settled:.1f} s")
            spent = [np.median([self._time(query) for _ in range(5)]) for query in asked]
            self._row(name, [len(self._view())], spent)
            digests.append([self._digest(query) for query in asked])
            print(f"resident: {memory()}", flush=True)
        differing = sum(one != two for one, two in zip(*digests, strict=True))
        print(f"{differing} of {len(asked)} answers differ between the two")
        self.legs(asked)

    def legs(self, asked: Sequence[Query]) -> None:
        """What each half of the two passes takes alone."""
        from indexer.text.tokenizer import terms

        view = self._view()
        lexical = [1e3 * seconds(lambda query=query: view.bm25.get_scores(terms(query.text))) for query in asked]
        dense = [1e3 * seconds(lambda query=query: view.dense(self._retriever._encode(query.text))) for query in asked]
        held = [sum(view.bm25.find(list(set(terms(query.text))))[2]) for query in asked]
        print(
            f"    alone: BM25 p50 {np.median(lexical):.1f} ms over {np.median(held):,.0f} postings; first pass over "
            f"codes p50 {np.median(dense):.1f} ms, {len(view) * 384 / np.median(dense) / 1e6:.0f} GB/s"
        )

    def _view(self) -> indexer.view.View:
        """The view that the last question used."""
        return next(reversed(self._views._views.values()))

    def _time(self, query: Query) -> float:
        return 1e3 * seconds(lambda: self._retriever.retrieve(query))

    def _digest(self, query: Query) -> str:
        digest: str = self._retriever.retrieve(query).content()["receipt"]["evidence_digest"]
        return digest

    def _row(self, name: str, sizes: Sequence[int], spent: Sequence[float]) -> None:
        middle, high = np.percentile(spent, [50, 95])
        print(f"{name:<44} {np.median(sizes):8,.0f} {middle:8.2f} {high:8.2f}", flush=True)


def memory() -> str:
    """This process's memory: its own, and the pages of mapped files that it has touched."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    own, mapped = (int(fields[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
    return f"{own:,.0f} MB of its own and {mapped:,.0f} MB of mapped files"


if __name__ == "__main__":
    main()
