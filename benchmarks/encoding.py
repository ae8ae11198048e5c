"""Encoding: questions and passages a second, in both precisions, beside sentence-transformers in the same run."""

import statistics
import warnings
from collections.abc import Callable

import numpy as np

from benchmarks._data import history, json_lines, parser, questions, seconds
from benchmarks.index import rounds
from indexer.encoding.embedding import load_encoder
from indexer.encoding.onnx_graph import PRECISIONS, model_folder
from policies.sources.revisions_file import read_revisions


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    asked = [row["query"] for row in json_lines(questions(given.data))][:200]
    rows = read_revisions(history(given.data))
    paragraphs = list(dict.fromkeys(part.strip() for row in rows[-60:] for part in row.draft.text.split("\n\n")))
    passages = [text for text in paragraphs if 40 < len(text) < 900][:300]

    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(model_folder()), device="cpu")

    def by_reference(text: str) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return reference.encode([text], normalize_embeddings=True, show_progress_bar=False)[0]

    expected = [by_reference(text) for text in asked]
    print(f"{'':<24} question p50 ms   questions/s   passages/s (all cores)   least cosine")
    middle, _ = rounds(by_reference, asked, given.rounds)
    batched = rate(lambda: reference.encode(passages, batch_size=32, show_progress_bar=False), len(passages))
    print(f"{'sentence-transformers':<24} {middle:15.2f} {1e3 / middle:13.0f} {batched:14.0f} {'':>24}")
    for precision in PRECISIONS:
        encoder = load_encoder(precision=precision)
        middle, _ = rounds(encoder.encode, asked, given.rounds)
        every = rate(lambda encoder=encoder: encoder.encode_all(passages), len(passages))
        least = min(float(encoder.encode(text) @ vector) for text, vector in zip(asked, expected, strict=True))
        print(f"{'ours, ' + precision:<24} {middle:15.2f} {1e3 / middle:13.0f} {every:14.0f} {least:24.5f}")


def rate(work: Callable[[], object], count: int) -> float:
    """Items a second, the median of three runs."""
    return count / statistics.median(seconds(work) for _ in range(3))


if __name__ == "__main__":
    main()
