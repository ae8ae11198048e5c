"""PolicyQA: graded questions, each of which is searched within its own policy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._data import json_lines
from evaluator.trec.graded import ndcg
from indexer.bm25 import PostingsBM25
from indexer.text.tokenizer import terms


@dataclass(frozen=True)
class PolicyQA:
    """Passages and questions; the grades of a question's passages; by policy its passages' places and their BM25+."""

    corpus: Sequence[Mapping[str, Any]]
    asked: Sequence[Mapping[str, Any]]
    grades: Mapping[str, Mapping[str, int]]
    places: Mapping[str, Sequence[int]]
    lexical: Mapping[str, PostingsBM25]

    @classmethod
    def read(cls, folder: Path) -> "PolicyQA":
        corpus, asked = json_lines(folder / "corpus.jsonl"), json_lines(folder / "queries.jsonl")
        grades: dict[str, dict[str, int]] = defaultdict(dict)
        for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
            query, found, grade = line.split("\t")
            grades[query][found] = int(grade)
        places: dict[str, list[int]] = defaultdict(list)
        for place, passage in enumerate(corpus):
            places[passage["policy_id"]].append(place)
        lexical = {policy: PostingsBM25([terms(corpus[i]["text"]) for i in here]) for policy, here in places.items()}
        return cls(corpus, asked, grades, places, lexical)

    def ndcg(self, query: Mapping[str, Any], ranked: Sequence[int]) -> float:
        """nDCG@10 of a question, from its policy's passages by row, best first."""
        here = self.places[query["policy_id"]]
        return ndcg(self.grades[query["_id"]], [self.corpus[here[row]]["_id"] for row in ranked], 10)
