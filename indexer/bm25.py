"""BM25+ over the eligible passages, computed from postings for the query's terms only."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Plus

from indexer.segments.postings import Ints, build_postings

Floats = npt.NDArray[np.float64]
FindGains = Callable[[Sequence[str]], tuple[Ints, Floats, list[int]]]
"""For some terms: the documents that hold each, their gains, and how many documents hold each. Documents and gains are
joined, term after term. A gain is f (k1 + 1) / (f + k1 (1 - b + b |d| / avgdl)), the part of a score that depends on
the document."""


@dataclass(frozen=True, slots=True)
class Block:
    """Postings with their gains: those of term `numbers[term]` lie from its offset to the next."""

    numbers: Mapping[str, int]
    offsets: npt.NDArray[np.int64]
    documents: Ints
    gains: Floats


TERM_BY_TERM_FROM = 16_384
"""From this many documents on, scores are added up term by term: that is faster there, and joins no postings first."""

POSTINGS_AT_ONCE = 16_384
"""How many postings are added up at a time, so that intermediate results stay in the cache."""

_NO_DOCUMENTS = np.empty(0, dtype=np.int32)
_NO_GAINS = np.empty(0)


class PostingsBM25(BM25Plus):  # type: ignore[misc]
    """The same scores as rank_bm25.BM25Plus, at a cost that grows with the query's terms, not with the corpus.

    For query terms q and a document d of length |d|, among N documents of mean length avgdl, where n(q) of them hold q:

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
        self._prepare(postings.lengths, k1, b, delta)
        numbers = {term: number for number, term in enumerate(postings.terms)}
        gains = self.gains(postings.passages, postings.counts)
        self.find = compiled([Block(numbers, postings.offsets, postings.passages, gains)])

    @classmethod
    def over(cls, lengths: Ints, find: FindGains) -> "PostingsBM25":
        """The ranking over documents of these lengths, shape (n,); `find` gives their gains."""
        made = cls.__new__(cls)
        made._prepare(lengths, 1.5, 0.75, 1.0)
        made.find = find
        return made

    def _prepare(self, lengths: Ints, k1: float, b: float, delta: float) -> None:
        self.k1, self.b, self.delta = k1, b, delta
        self.corpus_size = len(lengths)
        self.doc_len = lengths
        self.avgdl = float(lengths.sum(dtype=np.int64)) / len(lengths) if len(lengths) else 0.0
        relative = lengths.astype(np.float64) / (self.avgdl or 1.0)
        self._norm: Floats = k1 * (1 - b + b * relative)

    def gains(self, documents: Ints, counts: Ints) -> Floats:
        """The gain of each posting, from its document and its count; shape (len(documents),)."""
        frequencies = counts.astype(np.float64)
        gains: Floats = frequencies * (self.k1 + 1) / (frequencies + self._norm[documents])
        return gains

    def get_scores(self, query: Sequence[str]) -> Floats:
        """The score of every document for the query's terms, repeats counted; shape (n,)."""
        repeats = Counter(query)
        if not repeats or not self.corpus_size:
            return np.zeros(self.corpus_size)
        names, times = list(repeats), np.array(list(repeats.values()))
        if self.corpus_size < TERM_BY_TERM_FROM:
            documents, gains, sizes = self.find(names)
            weights = self._weights(sizes) * times
            scores = np.zeros(self.corpus_size)
            scores += np.bincount(documents, np.repeat(weights, sizes) * gains, self.corpus_size)
            scores += weights.sum() * self.delta
            return scores
        found = [self.find([name]) for name in names]
        weights = self._weights([sizes[0] for _, _, sizes in found]) * times
        scores = np.full(self.corpus_size, weights.sum() * self.delta)
        for weight, (documents, gains, _) in zip(weights, found, strict=True):
            for start in range(0, len(documents), POSTINGS_AT_ONCE):
                some = slice(start, start + POSTINGS_AT_ONCE)
                np.add.at(scores, documents[some].astype(np.intp), weight * gains[some])
        return scores

    def _weights(self, held: Sequence[int]) -> Floats:
        """ln((N + 1) / n) for terms that n documents hold; 0 for terms that no document holds."""
        numbers = np.array(held)
        weights: Floats = np.log((self.corpus_size + 1) / np.maximum(numbers, 1)) * (numbers > 0)
        return weights

    def parts(self, query: Sequence[str], document: int) -> dict[str, float]:
        """What each of the query's terms adds to a document's score; 0 for a term that no document holds."""
        added = {}
        for name, times in Counter(query).items():
            documents, gains, sizes = self.find([name])
            here = float(gains[documents == document].sum())
            added[name] = float(self._weights(sizes)[0] * times * (self.delta + here))
        return added

    def coverage(self, query: Sequence[str]) -> Floats:
        """The share of the query's distinct terms that each document holds, weighted by ln((N + 1) / n); shape (n,).

        A term that no document holds weighs as much as a term that one document holds. All 0 without terms.
        """
        names = list(dict.fromkeys(query))
        if not names or not self.corpus_size:
            return np.zeros(self.corpus_size)
        documents, _, sizes = self.find(names)
        weights = np.log((self.corpus_size + 1) / np.maximum(np.array(sizes), 1))
        held = np.bincount(documents, np.repeat(weights, sizes), self.corpus_size)
        shares: Floats = held / weights.sum()
        return shares

    def matches(self, query: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which documents hold at least one of the query's terms; shape (n,)."""
        matched = np.zeros(self.corpus_size, dtype=np.bool_)
        if query:
            matched[self.find(list(set(query)))[0]] = True
        return matched

    def get_batch_scores(self, query: Sequence[str], doc_ids: Sequence[int]) -> list[float]:
        """The scores of some documents, in the order asked."""
        scores: list[float] = self.get_scores(query)[list(doc_ids)].tolist()
        return scores


def compiled(blocks: Sequence[Block]) -> FindGains:
    """Gains found in blocks, one after the other for each term."""

    def find(terms: Sequence[str]) -> tuple[Ints, Floats, list[int]]:
        documents, gains = [_NO_DOCUMENTS], [_NO_GAINS]
        sizes = []
        for term in terms:
            size = 0
            for block in blocks:
                if (number := block.numbers.get(term)) is not None:
                    start, end = int(block.offsets[number]), int(block.offsets[number + 1])
                    documents.append(block.documents[start:end])
                    gains.append(block.gains[start:end])
                    size += end - start
            sizes.append(size)
        if len(documents) == 2:
            return documents[1], gains[1], sizes
        return np.concatenate(documents), np.concatenate(gains), sizes

    return find
