"""Counts and times for Prometheus: requests, stages of an answer, caches, answers by reason, refusals, the generation.

A process keeps its measures in memory. The workers of one service share them through their supervisor, so every worker
can give the sums of all.
"""

import json
import threading
import time
from collections.abc import Iterable
from types import TracebackType

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.registry import Collector

from indexer.errors import IndexerError
from policies.errors import PolicyError
from retriever.answering.stages import STAGES
from retriever.bootstrap import Asof
from retriever.entrypoints.http.middleware.current_request import answered_from
from retriever.entrypoints.http.middleware.shared_measures import Others, State
from retriever.evidence.answer import Answer

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

STAGE_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5)

REFUSED = frozenset({401, 403, 408, 413, 429, 504})
"""Refusals because of the sender, the size, the time or the number of requests, and not because of the content."""

LOOK_EVERY = 1.0
"""The least seconds between two looks at the index and the caches."""


class Measures:
    """The measures of one service over `asof`, in their own registry; with `others`, those of all its workers."""

    def __init__(self, asof: Asof, others: Others | None = None) -> None:
        self._asof = asof
        self._others = others
        self.registry = registry = CollectorRegistry()
        self._seconds = Histogram(
            "asof_request_seconds", "Time to answer", ("route", "status"), registry=registry, buckets=SECONDS
        )
        stages = Histogram(
            "asof_stage_seconds", "Time of an answer's stage", ("stage",), registry=registry, buckets=STAGE_SECONDS
        )
        self._stages = {name: stages.labels(name) for name in STAGES}
        self._answers = Counter("asof_answers", "Answers by outcome", ("outcome",), registry=registry)
        self._refused = Counter("asof_refused", "Requests refused", ("status",), registry=registry)
        self._receipts = Counter("asof_receipts", "Receipts given out", ("outcome",), registry=registry)
        self._lookups = Counter("asof_cache_lookups", "Lookups", ("cache", "outcome"), registry=registry)
        self.in_flight = Gauge("asof_requests_in_flight", "Requests worked on", registry=registry)
        self._generation = Gauge("asof_generation", "The generation that answers", registry=registry)
        self._views = Gauge("asof_views", "Eligible views kept", registry=registry)
        self._view_bytes = Gauge("asof_view_bytes", "What they cost", registry=registry)
        self._counted: dict[tuple[str, str], int] = {}
        self._looked = 0.0
        self._looking = threading.Lock()

    def requested(self, route: str, status: int, seconds: float) -> None:
        """Counts a request by its route, or by `none`."""
        self._seconds.labels(route, str(status)).observe(seconds)
        if status in REFUSED:
            self._refused.labels(str(status)).inc()

    def answered(self, answer: Answer) -> None:
        """Counts an answer as `evidence`, or by the reason why there is none, and notes its generation."""
        answered_from(answer.generation)
        self._answers.labels("evidence" if answer.nothing is None else answer.nothing.reason).inc()
        if time.monotonic() >= self._looked + LOOK_EVERY:
            self._look()

    def receipt(self, kept: bool) -> None:
        """Counts a receipt that was given out, by whether it is kept."""
        self._receipts.labels("kept" if kept else "dropped").inc()

    def stage(self, name: str) -> "Timed":
        """A context that measures the time of a stage."""
        return Timed(self._stages[name])

    def text(self) -> bytes:
        """All measures in the text format of Prometheus."""
        self._look()
        if self._others is None:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        registry.register(_Told(self._others.with_own(self._state())))
        return generate_latest(registry)

    def tell(self) -> None:
        """Sends the measures of this worker to the others."""
        if self._others is not None:
            self._others.tell(self._state())

    def _state(self) -> State:
        """All measures as values, without their times of creation: these cannot be added up."""
        return {
            family.name: {
                "kind": family.type,
                "help": family.documentation,
                "samples": {
                    json.dumps([sample.name, sample.labels]): sample.value
                    for sample in family.samples
                    if not sample.name.endswith("_created")
                },
            }
            for family in self.registry.collect()
        }

    def _look(self) -> None:
        """Copies what other parts count: the generation, the kept views, and lookups in the caches."""
        try:
            generation = self._asof.index.current()
        except (IndexerError, PolicyError):  # if the index cannot answer, only its own measures are missing
            return
        with self._looking:
            self._looked = time.monotonic()
            self._generation.set(generation.number)
            count, size = generation.views.cost
            self._views.set(count)
            self._view_bytes.set(size)
            views = self._asof.index.lookups
            for cache, found in (("query", self._asof.retriever.query_lookups), ("view", (views.hits, views.misses))):
                for outcome, total in zip(("hit", "miss"), found, strict=True):
                    before = self._counted.get((cache, outcome), 0)
                    since = total if total < before else total - before  # a cache that was emptied counts anew
                    self._lookups.labels(cache, outcome).inc(since)
                    self._counted[cache, outcome] = total


class _Told(Collector):
    """Measures from values that are collected already."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        for name, family in self._state.items():
            metric = Metric(name, family["help"], family["kind"])
            for key, value in family["samples"].items():
                sample, labels = json.loads(key)
                metric.add_sample(sample, labels, value)
            yield metric


class Timed:
    """A context that adds its seconds to a histogram."""

    __slots__ = ("_began", "_histogram")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._histogram.observe(time.perf_counter() - self._began)
