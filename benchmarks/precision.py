"""What 8-bit weights cost in quality, paired with fp32: PolicyQA (nDCG@10) and the as-of questions (right wording)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks._data import imported_home, json_lines, parser, questions
from benchmarks.fusion import DenseOf, Floats, as_of, policyqa
from evaluator.statistics.intervals import bootstrap
from indexer.encoding.embedding import Encoder, load_encoder
from indexer.encoding.onnx_graph import PRECISIONS
from retriever.answering.fusion import convex
from retriever.bootstrap import Asof


def main() -> None:
    given = parser(__doc__).parse_args()
    encoders = {precision: load_encoder(precision=precision) for precision in PRECISIONS}
    qa = {name: policyqa(given.data / "policyqa", encoder, [convex])[0] for name, encoder in encoders.items()}
    compare("PolicyQA nDCG@10", qa)
    with imported_home(given.data, given.home) as home:
        asof, cases = Asof.at(home), json_lines(questions(given.data))
        found = {name: as_of(asof, cases, [convex], dense_of(asof, encoder)) for name, encoder in encoders.items()}
    compare("as-of, right wording first", {name: first for name, (first, _, _) in found.items()})
    compare("as-of, right wording in the top 5", {name: five for name, (_, five, _) in found.items()})


def dense_of(asof: Asof, encoder: Encoder) -> DenseOf:
    """The dense scores of a view's passages, all encoded anew by an encoder."""
    snapshot = asof.index.current().snapshot
    vectors = encoded(encoder, [snapshot.passage(number).encoded() for number in range(snapshot.passages)])
    return lambda view, query: vectors[view.numbers] @ encoder.encode(query)


def encoded(encoder: Encoder, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    distinct = list(dict.fromkeys(texts))
    rows = {text: row for row, text in enumerate(distinct)}
    return encoder.encode_all(distinct)[[rows[text] for text in texts]]


def compare(what: str, scores: dict[str, Floats]) -> None:
    """Prints both means and the paired difference with a 95% percentile bootstrap interval."""
    exact, fast = scores["fp32"][:, 0], scores["int8"][:, 0]
    difference = fast - exact
    low, high = bootstrap(difference.tolist())
    print(
        f"{what:<36} fp32 {exact.mean():.4f}  int8 {fast.mean():.4f}  difference {difference.mean():+.4f} "
        f"({low:+.4f} to {high:+.4f}), n {len(difference):,}"
    )


if __name__ == "__main__":
    main()
