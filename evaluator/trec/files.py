"""Qrels and runs in the formats of TREC, read, written and measured as by trec_eval.

    qrels   QUESTION 0 DOCUMENT GRADE                   run   QUESTION Q0 DOCUMENT RANK SCORE TAG

A run is ordered as trec_eval orders it: by falling score, and by falling document name where scores are equal. The rank
column is not read. Scores that are equal in 32 bits are equal. A question of the qrels that the run leaves out scores
zero. A question that only the run has is not judged, but counted.
"""

import math
from collections.abc import Mapping, Sequence
from ctypes import c_float
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.errors import BadFile, BadLine
from evaluator.files.json_lines import raw_lines
from evaluator.retrieval import ranks
from evaluator.retrieval.qrels import AsOfQuestion
from evaluator.retrieval.run import Response
from evaluator.statistics.intervals import Estimate, mean, proportion
from evaluator.trec import graded
from policies.revision import VersionId

Qrels = Mapping[str, graded.Grades]
"""Grades by document, by question, in the order of the file."""
Run = Mapping[str, Sequence[str]]
"""Documents by question, best first."""

TAG = "asof"


@dataclass(frozen=True, slots=True)
class GradedQuality:
    """Each judged question's measures at k, and how many questions lack a result or a judgement."""

    k: int
    scores: Mapping[str, Mapping[str, float]]
    missing: int
    unjudged: int

    def estimates(self) -> dict[str, Estimate]:
        """Each measure's mean over all judged questions; success is a proportion of them."""
        names = next(iter(self.scores.values()))
        values = {name: [score[name] for score in self.scores.values()] for name in names}
        return {
            name: proportion(int(sum(of)), len(of)) if name.startswith("success@") else mean(of)
            for name, of in values.items()
        }

    def counts(self) -> dict[str, int]:
        """How many questions were judged, how many of these are not in the run, and how many are only in the run."""
        return {"questions": len(self.scores), "missing": self.missing, "unjudged": self.unjudged}

    def content(self) -> dict[str, Any]:
        """The JSON values: counts, the measures with their intervals, and every question's scores."""
        return {
            "k": self.k,
            **self.counts(),
            "measures": {name: estimate.content() for name, estimate in self.estimates().items()},
            "per_question": [{"id": question, **score} for question, score in self.scores.items()],
        }


def measure(qrels: Qrels, run: Run, k: int) -> GradedQuality:
    """The quality of a run over every question of the qrels, of which there is at least one."""
    scores = {}
    for question, grades in qrels.items():
        ranked = run.get(question, ())
        relevant = graded.relevant(grades, ranked)
        scores[question] = {
            f"ndcg@{k}": graded.ndcg(grades, ranked, k),
            f"recall@{k}": graded.recall(grades, ranked, k),
            f"reciprocal_rank@{k}": ranks.reciprocal_rank(relevant, k),
            "success@1": float(ranks.success(relevant, 1)),
            f"success@{k}": float(ranks.success(relevant, k)),
        }
    missing = sum(not run.get(question) for question in qrels)
    return GradedQuality(k, scores, missing, sum(question not in qrels for question in run))


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """The grades of a qrels file; BadLine names the first line of another form."""
    qrels: dict[str, dict[str, int]] = {}
    for where, (question, _, document, text) in _rows(path, 4, "QUESTION 0 DOCUMENT GRADE"):
        try:
            grade = int(text)
        except ValueError as error:
            raise BadLine(where, f"grade is {text!r}; give a whole number") from error
        _once(qrels.setdefault(question, {}), document, where)
        qrels[question][document] = grade
    if not qrels:
        raise BadFile(f"{path} holds no qrels; each line is one: QUESTION 0 DOCUMENT GRADE")
    return qrels


def read_run(path: Path) -> dict[str, list[str]]:
    """The documents of a run file, best first by trec_eval's order; BadLine names the first line of another form."""
    run: dict[str, dict[str, float]] = {}
    for where, (question, _, document, _, text, _) in _rows(path, 6, "QUESTION Q0 DOCUMENT RANK SCORE TAG"):
        try:
            score = float(text)
        except ValueError as error:
            raise BadLine(where, f"score is {text!r}; give a number") from error
        if math.isnan(score):
            raise BadLine(where, "score is not a number; give one that orders")
        _once(run.setdefault(question, {}), document, where)
        run[question][document] = score
    return {question: ordered(scores) for question, scores in run.items()}


def ordered(scores: Mapping[str, float]) -> list[str]:
    """Documents by falling score in 32 bits, and by falling name where scores are equal, as trec_eval reads a run."""
    return sorted(scores, key=lambda document: (c_float(scores[document]).value, document), reverse=True)


def qrels_lines(cases: Sequence[AsOfQuestion]) -> list[str]:
    """As-of questions as qrels: the version that should answer, such as P-7@2, is the one relevant document."""
    return [f"{_word(case.id)} 0 {VersionId(case.policy_id, case.revision)} 1" for case in cases]


def run_lines(cases: Sequence[AsOfQuestion], responses: Sequence[Response | None]) -> list[str]:
    """Answers as a run over versions, each at the place of its best passage; scores fall with the rank, without ties.

    A question without an answer, or without evidence, has no line: it scores zero by the qrels.
    """
    lines = []
    for case, response in zip(cases, responses, strict=True):
        evidence = () if response is None else response.evidence
        versions = dict.fromkeys(found.version for found in evidence)
        for rank, version in enumerate(versions, start=1):
            lines.append(f"{_word(case.id)} Q0 {version} {rank} {len(versions) - rank + 1} {TAG}")
    return lines


def _word(id: str) -> str:
    if len(id.split()) != 1 or id != id.strip():
        raise BadFile(f"id {id!r} holds white space, which a TREC file cannot; give the question another id")
    return id


def _rows(path: Path, columns: int, form: str) -> list[tuple[str, list[str]]]:
    rows = []
    for where, content in raw_lines(path):
        try:
            fields = content.decode("utf-8").split()
        except UnicodeDecodeError as error:
            raise BadLine(where, f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8") from error
        if len(fields) != columns:
            raise BadLine(where, f"has {len(fields)} columns; give {columns}: {form}")
        rows.append((where, fields))
    return rows


def _once(known: Mapping[str, object], document: str, where: str) -> None:
    if document in known:
        raise BadLine(where, f"document {document!r} is there twice for its question; give it once")
