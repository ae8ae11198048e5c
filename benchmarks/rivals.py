"""The same questions and vectors in Qdrant's embedded core, in LanceDB and in a hand-written search, beside ours.

Each rival gets its documented hybrid search with a hard filter on the date, every distinct passage of a policy once
for each period in which it was in force, and the question's vector made beforehand. Install them with the extra
`bench`: ASOF_EXTRAS=bench scripts/bench rivals. The hand-written search has every occurrence of every revision and is
asked some of the questions only: it takes most of a second for each.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks._data import imported_home, json_lines, parser, questions
from benchmarks.index import Remembered, rounds
from evaluator.retrieval.words import overlaps
from policies.instant import parse_instant
from policies.period import Period
from policies.revision import VersionId
from retriever.asking.query import parse_query
from retriever.bootstrap import Asof

NEVER = 4e9
Found = list[tuple[str, str]]
"""Policy and words of each passage returned, best first."""


@dataclass(frozen=True)
class Document:
    """One passage of one policy over one period; instants in seconds, as the rivals filter them."""

    policy_id: str
    text: str
    start: float
    end: float
    number: int


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--hand-written", type=int, default=40, help="questions for the hand-written search")
    given = arguments.parse_args()
    cases = json_lines(questions(given.data))
    with imported_home(given.data, given.home) as home, tempfile.TemporaryDirectory() as folder:
        asof = Asof.at(home)
        asof.__dict__["encoder"] = Remembered(asof.encoder, [case["query"] for case in cases])
        documents, vectors = material(asof)
        print(f"{len(documents):,} documents, k = 5, filtered by date; one thread, without the query's encoding")
        print(f"{'':<24} p50 ms   p95 ms   first   in top 5   short of five   questions")
        makers = [("asof", ours(asof))]
        for name, package, make in (("Qdrant", "qdrant-edge-py", qdrant), ("LanceDB", "lancedb", lance)):
            makers.append((f"{name} {version(package)}", make(Path(folder) / name, documents, vectors)))
        for name, search in makers:
            report(name, search, cases, asof.encoder, given.rounds)
        sample = cases[:: max(1, len(cases) // given.hand_written)]
        report("hand-written", by_hand(asof), sample, asof.encoder, 1)


def report(name: str, search: Callable[..., Found], cases: list[dict], encoder: Any, count: int) -> None:
    def ask(case: dict) -> Found:
        return search(case["query"], encoder.encode(case["query"]), case["as_of"])

    middle, high = rounds(ask, cases, count if name == "asof" else min(count, 3))
    answers = [ask(case) for case in cases]
    hits = [
        [policy == case["policy_id"] and overlaps(text, case["gold_text"]) for policy, text in found]
        for case, found in zip(cases, answers, strict=True)
    ]
    first = np.mean([bool(hit and hit[0]) for hit in hits])
    five = np.mean([any(hit) for hit in hits])
    short = np.mean([len(found) < 5 for found in answers])
    print(
        f"{name:<24} {middle:6.2f}   {high:6.2f}   {first:.3f}   {five:8.3f}   {short:13.3f} {len(cases):11}",
        flush=True,
    )


def material(asof: Asof) -> tuple[list[Document], npt.NDArray[np.float32]]:
    """Every passage of a policy over each unbroken period in which it was in force, with its vector."""
    generation = asof.index.current()
    snapshot, timeline = generation.snapshot, generation.timeline
    documents = []
    for policy in timeline.policies.values():
        periods: dict[int, list[Period]] = {}
        for cell in policy.top:
            if cell.revision is None:
                continue
            tx = timeline.publishes[VersionId(policy.policy_id, cell.revision)].tx
            for number in set(snapshot.occurrences[tx].passages.tolist()):
                earlier = periods.setdefault(number, [])
                if earlier and earlier[-1].end == cell.valid.start:
                    earlier[-1] = Period(earlier[-1].start, cell.valid.end)
                else:
                    earlier.append(cell.valid)
        for number, held in periods.items():
            text = snapshot.passage(number).text
            documents += [
                Document(policy.policy_id, text, p.start / 1e6, min(p.end / 1e6, NEVER), number) for p in held
            ]
    return documents, snapshot.vectors(np.array([document.number for document in documents], dtype=np.int32))


def ours(asof: Asof) -> Callable[..., Found]:
    retriever, views = asof.retriever, asof.index.current().views

    def search(query: str, vector: object, as_of: str) -> Found:
        views.clear()
        answer = retriever.retrieve(parse_query({"query": query, "as_of": as_of}))
        return [(item.version.policy_id, item.text) for item in answer.evidence]

    return search


def by_hand(asof: Asof) -> Callable[..., Found]:
    from benchmarks._hand_written import HandWritten

    made = HandWritten(asof)

    def search(query: str, vector: object, as_of: str) -> Found:
        found = [made.documents[place] for place in made.ask(query, as_of)]
        return [(version.rpartition("@")[0], text) for version, _, _, text in found]

    return search


def qdrant(folder: Path, documents: list[Document], vectors: npt.NDArray[np.float32]) -> Callable[..., Found]:
    import qdrant_edge as q

    bm25 = q.Bm25()
    config = q.EdgeConfig(
        vectors={"dense": q.EdgeVectorParams(size=vectors.shape[1], distance=q.Distance.Dot)},
        sparse_vectors={"bm25": q.EdgeSparseVectorParams(modifier=q.Modifier.Idf)},
        max_search_threads=1,
    )
    folder.mkdir()
    shard = q.EdgeShard.create(str(folder), config)
    for field in ("start", "end"):
        shard.update(q.UpdateOperation.create_field_index(field, q.PayloadSchemaType.Float))
    points = [
        q.Point(
            number,
            {"dense": vectors[number].tolist(), "bm25": bm25.embed_document(document.text)},
            {"policy": document.policy_id, "text": document.text, "start": document.start, "end": document.end},
        )
        for number, document in enumerate(documents)
    ]
    for at in range(0, len(points), 1000):
        shard.update(q.UpdateOperation.upsert_points(points[at : at + 1000]))
    shard.flush()
    shard.optimize()

    def search(query: str, vector: npt.NDArray[np.float32], as_of: str) -> Found:
        at = parse_instant(as_of) / 1e6
        dates = q.Filter(
            must=[
                q.FieldCondition("start", range=q.RangeFloat(lte=at)),
                q.FieldCondition("end", range=q.RangeFloat(gt=at)),
            ]
        )
        legs = [
            q.Prefetch(20, query=q.Query.Nearest(vector.tolist(), "dense"), filter=dates),
            q.Prefetch(20, query=q.Query.Nearest(bm25.embed_query(query), "bm25"), filter=dates),
        ]
        found = shard.query(q.QueryRequest(5, query=q.Fusion.Rrf(2), prefetches=legs, with_payload=True))
        return [(point.payload["policy"], point.payload["text"]) for point in found]

    return search


def lance(folder: Path, documents: list[Document], vectors: npt.NDArray[np.float32]) -> Callable[..., Found]:
    import lancedb
    from lancedb.index import FTS

    rows = [
        {"vector": vector, "text": d.text, "policy": d.policy_id, "start": d.start, "end_": d.end}
        for d, vector in zip(documents, vectors, strict=True)
    ]
    table = lancedb.connect(str(folder)).create_table("passages", data=rows)
    table.create_index("text", config=FTS())

    def search(query: str, vector: npt.NDArray[np.float32], as_of: str) -> Found:
        at = parse_instant(as_of) / 1e6
        asked = table.search(query_type="hybrid").vector(vector).text(query)
        found = asked.where(f"start <= {at} AND end_ > {at}").limit(5).to_list()
        return [(row["policy"], row["text"]) for row in found]

    return search


if __name__ == "__main__":
    main()
