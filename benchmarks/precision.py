"""What 8-bit weights cost in quality, paired with fp32: PolicyQA (nDCG@10) and the as-of questions (right wording)."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks._data import imported_home, json_lines, parser, questions, worded
from benchmarks._policyqa import PolicyQA
from evaluator.statistics.intervals import bootstrap
from indexer.encoding.embedding import Encoder, load_encoder
from indexer.encoding.onnx_graph import PRECISIONS
from indexer.text.tokenizer import terms
from policies.instant import parse_instant
from retriever.answering.fusion import convex, top
from retriever.asking.eligible import Scope, resolve
from retriever.bootstrap import Asof

Scores = dict[str, list[float]]


def main() -> None:
    given = parser(__doc__).parse_args()
    encoders = {precision: load_encoder(precision=precision) for precision in PRECISIONS}
    compare("PolicyQA nDCG@10", policyqa(given.data / "policyqa", encoders))
    with imported_home(given.data, given.home) as home:
        first, five = as_of(home, questions(given.data), encoders)
    compare("as-of, right wording first", first)
    compare("as-of, right wording in the top 5", five)


def policyqa(folder: Path, encoders: dict[str, Encoder]) -> Scores:
    """nDCG@10 of each question, searched within its own policy."""
    qa = PolicyQA.read(folder)
    passages = {name: encoder.encode_all([p["text"] for p in qa.corpus]) for name, encoder in encoders.items()}
    queries = {name: encoder.encode_all([q["text"] for q in qa.asked]) for name, encoder in encoders.items()}
    scores: Scores = defaultdict(list)
    for number, query in enumerate(qa.asked):
        here = qa.places[query["policy_id"]]
        bm25 = qa.lexical[query["policy_id"]].get_scores(terms(query["text"]))
        for name in encoders:
            dense = (passages[name][here] @ queries[name][number]).astype(np.float64)
            scores[name].append(qa.ndcg(query, top(convex(dense, bm25), 10).tolist()))
    return scores


def as_of(home: Path, file: Path, encoders: dict[str, Encoder]) -> tuple[Scores, Scores]:
    """Whether the right wording is first, and in the top five, of each as-of question."""
    asof = Asof.at(home)
    generation = asof.index.current()
    snapshot, timeline = generation.snapshot, generation.timeline
    texts = [snapshot.passage(number).encoded() for number in range(snapshot.passages)]
    vectors = {name: encoded(encoder, texts) for name, encoder in encoders.items()}
    first: Scores = defaultdict(list)
    five: Scores = defaultdict(list)
    for case in json_lines(file):
        scope = Scope(parse_instant(case["as_of"]), timeline.recorded_at, None, {}, ("public",), False)
        eligible = resolve(timeline, scope)
        view = generation.views.view(eligible.txs)
        bm25 = view.bm25.get_scores(terms(case["query"]))
        for name, encoder in encoders.items():
            dense = (vectors[name][view.numbers] @ encoder.encode(case["query"])).astype(np.float64)
            hits = [
                worded(case, eligible.version(view.source(row)[0]), view.passage(row).text)
                for row in top(convex(dense, bm25), 5).tolist()
            ]
            first[name].append(float(hits[0]))
            five[name].append(float(any(hits)))
    return first, five


def encoded(encoder: Encoder, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    distinct = list(dict.fromkeys(texts))
    rows = {text: row for row, text in enumerate(distinct)}
    return encoder.encode_all(distinct)[[rows[text] for text in texts]]


def compare(what: str, scores: Scores) -> None:
    """Prints both means and the paired difference with a 95% percentile bootstrap interval."""
    exact, fast = np.array(scores["fp32"]), np.array(scores["int8"])
    difference = fast - exact
    low, high = bootstrap(difference.tolist())
    print(
        f"{what:<36} fp32 {exact.mean():.4f}  int8 {fast.mean():.4f}  difference {difference.mean():+.4f} "
        f"({low:+.4f} to {high:+.4f}), n {len(difference):,}"
    )


if __name__ == "__main__":
    main()
