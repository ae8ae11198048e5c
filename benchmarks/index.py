"""Search without encoding, on the real history: "now", an unseen instant, and beside a hand-written search."""

import cProfile
import pstats
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks._data import asked_as_of, imported_home, json_lines, parser, questions, seconds, worded
from policies.instant import parse_instant
from retriever.asking.query import Query, parse_query
from retriever.bootstrap import Asof
from retriever.evidence.answer import Answer

FIRST = 150
"""Revisions that are cited for the first time."""


class Remembered:
    """The encoder, with the questions' vectors made beforehand: what is timed is the search."""

    def __init__(self, encoder: Any, texts: Sequence[str]) -> None:
        self._encoder = encoder
        self._vectors = {text: encoder.encode(text) for text in texts}

    def encode(self, text: str) -> npt.NDArray[np.float32]:
        vector: npt.NDArray[np.float32] = self._vectors[text]
        return vector

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=5, help="rounds whose medians are taken (default 5)")
    arguments.add_argument("--hand-written", type=int, default=12, help="questions for the hand-written search")
    arguments.add_argument("--profile", action="store_true", help="also print where the time goes")
    given = arguments.parse_args()
    cases = json_lines(questions(given.data))
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home)
        asof.__dict__["encoder"] = Remembered(asof.encoder, [case["query"] for case in cases])
        past = [parse_query(asked_as_of(case)) for case in cases]
        now = [parse_query({"query": case["query"]}) for case in cases]
        retriever = asof.retriever
        views = asof.index.current().views

        def unseen(query: Query) -> None:
            views.clear()
            retriever.retrieve(query)

        def received(query: Query) -> object:
            return retriever.retrieve(query).content()

        rows = [
            ("now (warm view)", *rounds(retriever.retrieve, now, given.rounds)),
            ("an as_of never asked before", *rounds(unseen, past, given.rounds)),
            ("the same as a caller gets it (JSON, digest)", *rounds(received, now, given.rounds)),
        ]
        print(f"{'one thread, without the query’s encoding':<46} p50 ms    p95 ms")
        for name, middle, high in rows:
            print(f"{name:<46} {middle:7.3f}   {high:7.3f}")
        print(first_citations(asof))
        print(quality([retriever.retrieve(query) for query in past], cases))
        if given.profile:
            for name, work, queries in (("now", retriever.retrieve, now), ("an unseen as_of", unseen, past)):
                print(f"\n{name}: {len(queries)} questions under the profiler")
                with cProfile.Profile() as profile:
                    for query in queries:
                        work(query)
                pstats.Stats(profile).sort_stats("tottime").print_stats(15)
        if given.hand_written:
            from benchmarks._hand_written import HandWritten

            search = HandWritten(asof)
            sample = cases[:: max(1, len(cases) // given.hand_written)]
            middle, high = rounds(lambda c: search.ask(c["query"], c["as_of"]), sample, 1)
            print(f"{'hand-written: BM25Okapi + IndexFlatIP, filtered':<46} {middle:7.1f}   {high:7.1f}")
            print(f"{'    times slower than ours at an unseen as_of':<46} {middle / rows[1][1]:7.0f}")


def quality(answers: Sequence[Answer], cases: Sequence[dict[str, str]]) -> str:
    """How often the right revision, and the right wording of it, is first and among five; and what was stale."""
    counts: Counter[str] = Counter()
    for answer, case in zip(answers, cases, strict=True):
        right = [
            (item.version.policy_id, item.version.number) == (case["policy_id"], int(case["revision"]))
            for item in answer.evidence
        ]
        wording = [worded(case, item.version, item.text) for item in answer.evidence]
        at = parse_instant(case["as_of"])
        counts["stale"] += sum(at not in item.valid for item in answer.evidence)
        for name, hits in (("revision", right), ("wording", wording)):
            counts[f"{name} first"] += hits[:1] == [True]
            counts[f"{name} in five"] += any(hits)
    shares = {name: count / len(cases) for name, count in counts.items()}
    return (
        f"right wording first {shares['wording first']:.3f}, in the top five {shares['wording in five']:.3f}; "
        f"right revision {shares['revision first']:.3f}, {shares['revision in five']:.3f}; stale {counts['stale']}"
    )


def first_citations(asof: Asof) -> str:
    """What the first citation of a revision in a process costs: its words are read and compared with the index."""
    current = asof.index.current()
    versions = random.Random(7).sample(list(current.timeline.publishes), FIRST)
    asof.words.forget()
    spent, characters = [], 0
    for version in versions:
        structure = current.snapshot.structure(current.timeline.publishes[version].tx)
        before = time.thread_time()
        recorded = asof.words.of(version, current.timeline)
        assert asof.words.fits(recorded, structure)
        spent.append((time.thread_time() - before) * 1e3)
        characters += len(recorded.text)
    middle, high = np.percentile(spent, [50, 95])
    return (
        f"{'a revision cited first in a process':<46} {middle:7.3f}   {high:7.3f}   "
        f"mean {np.mean(spent):.1f} of {characters / FIRST:,.0f} characters, of processor time"
    )


def rounds(work: Callable[[Any], object], items: Sequence[Any], count: int) -> tuple[float, float]:
    """The medians, over rounds, of the 50th and 95th percentile of milliseconds an item."""
    for item in items[:50]:
        work(item)
    found = []
    for _ in range(count):
        spent = [1e3 * seconds(lambda item=item: work(item)) for item in items]
        found.append(np.percentile(spent, [50, 95]))
    return statistics.median(p[0] for p in found), statistics.median(p[1] for p in found)


if __name__ == "__main__":
    main()
