"""The search that people write by hand: rank_bm25 over everything, a flat FAISS index, over-fetch and filter by date.

It shares no ranking code with the product: it only takes the passages' words and vectors from its index, so that
both search the same material.
"""

import re
from datetime import datetime
from typing import Any

import faiss
import numpy as np
from rank_bm25 import BM25Okapi

from policies.instant import format_end, format_instant


class HandWritten:
    """Every occurrence of every passage as a document with its period; ask, over-fetch, drop what is out of date."""

    def __init__(self, asof: Any) -> None:
        generation = asof.index.current()
        snapshot, timeline = generation.snapshot, generation.timeline
        self.encoder = asof.encoder
        self.documents: list[tuple[str, str, str | None, str]] = []
        numbers: list[int] = []
        for policy in timeline.policies.values():
            for cell in policy.top:
                if cell.revision is None:
                    continue
                event = timeline.revisions(policy.policy_id)[cell.revision - 1]
                start, end = format_instant(cell.valid.start), format_end(cell.valid.end)
                for number in snapshot.occurrences[event.tx].passages.tolist():
                    text = snapshot.passage(number).text
                    self.documents.append((f"{policy.policy_id}@{cell.revision}", start, end, text))
                    numbers.append(number)
        self.bm25 = BM25Okapi([words(text) for *_, text in self.documents])
        self.index = faiss.IndexFlatIP(snapshot.manifest.built.dimension)
        self.index.add(snapshot.vectors(np.array(numbers, dtype=np.int32)))

    def ask(self, query: str, as_of: str, k: int = 5) -> list[int]:
        """The best k documents in force, by the sum of scaled scores, over-fetching until there are k."""
        lexical = self.bm25.get_scores(words(query))
        lexical = lexical / (lexical.max() or 1.0)
        fetch = 50
        while True:
            scores, found = self.index.search(self.encoder.encode(query)[None, :], min(fetch, len(self.documents)))
            pool = set(found[0].tolist()) | set(np.argsort(-lexical)[:fetch].tolist())
            dense = dict(zip(found[0].tolist(), scores[0].tolist(), strict=True))
            alive = [i for i in pool if self._in_force(i, as_of)]
            if len(alive) >= k or fetch >= len(self.documents):
                return sorted(alive, key=lambda i: -(0.7 * dense.get(i, 0.0) + 0.3 * lexical[i]))[:k]
            fetch *= 4

    def _in_force(self, i: int, as_of: str) -> bool:
        _, start, end, _ = self.documents[i]
        at = datetime.fromisoformat(as_of)
        return datetime.fromisoformat(start) <= at and (end is None or at < datetime.fromisoformat(end))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
