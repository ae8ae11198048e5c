"""BM25+ over the eligible passages, computed from postings for the query's terms only."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Plus

from indexer.postings import Ints, build_postings

Floats = npt.NDArray[np.float64]
TermPostings = Callable[[str], tuple[Ints, Ints] | None]
"""The documents that hold a term, by number, and how often each does; None where none does."""


class PostingsBM25(BM25Plus):  # type: ignore[misc]
    """rank_bm25.BM25Plus with the same scores, and a cost that follows the query's terms, not the corpus.

    For query terms q and document d of length |d|, with N documents of mean length avgdl, n(q) of which hold q:

        score(d) = sum over q of ln((N + 1) / n(q))
                   * (delta + f(q, d) (k1 + 1) / (f(q, d) + k1 (1 - b + b |d| / avgdl)))

    (Lv and Zhai 2011, "Lower-bounding term frequency normalization", as rank_bm25 writes it.) A term that no
    document holds adds nothing; a document without the term still gets the term's ln(...) * delta.
    """

    def __init__(
        self,
        corpus: Sequence[Sequence[str]],
        tokenizer: None = None,
        k1: float = 1.5,
        b: float = 0.75,
        delta: float = 1.0,
    ) -> None:
        postings = build_postings(corpus)
        numbers = {term: i for i, term in enumerate(postings.terms)}

        def find(term: str) -> tuple[Ints, Ints] | None:
            if (i := numbers.get(term)) is None:
                return None
            span = slice(postings.offsets[i], postings.offsets[i + 1])
            return postings.passages[span], postings.counts[span]

        self._prepare(find, postings.lengths, k1, b, delta)

    @classmethod
    def over(cls, find: TermPostings, lengths: Ints) -> "PostingsBM25":
        """The ranking over documents whose postings `find` gives and whose lengths, shape (n,), are these."""
        made = cls.__new__(cls)
        made._prepare(find, lengths, 1.5, 0.75, 1.0)
        return made

    def _prepare(self, find: TermPostings, lengths: Ints, k1: float, b: float, delta: float) -> None:
        self.k1, self.b, self.delta = k1, b, delta
        self.corpus_size = len(lengths)
        self.doc_len = lengths
        self.avgdl = float(lengths.sum(dtype=np.int64)) / len(lengths) if len(lengths) else 0.0
        self._find = find
        self._norm = k1 * (1 - b + b * lengths / self.avgdl) if self.avgdl else np.zeros(len(lengths))

    def get_scores(self, query: Sequence[str]) -> Floats:
        """The score of every document for the query's terms, repeats counted; shape (n,)."""
        scores = np.zeros(self.corpus_size)
        for term in query:
            if (found := self._find(term)) is None:
                continue
            documents, counts = found
            if not len(documents):
                continue
            idf = np.log((self.corpus_size + 1) / len(documents))
            scores += idf * self.delta
            scores[documents] += idf * (counts * (self.k1 + 1) / (counts + self._norm[documents]))
        return scores

    def matches(self, query: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which documents hold at least one of the query's terms; shape (n,)."""
        matched = np.zeros(self.corpus_size, dtype=np.bool_)
        for term in set(query):
            if (found := self._find(term)) is not None:
                matched[found[0]] = True
        return matched

    def get_batch_scores(self, query: Sequence[str], doc_ids: Sequence[int]) -> list[float]:
        """The scores of some documents, in the order asked."""
        scores: list[float] = self.get_scores(query)[list(doc_ids)].tolist()
        return scores
