"""What is found, beside BM25 alone, vectors alone and reciprocal ranks; and what is not answered, as a curve."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._data import asked_as_of, imported_home, json_lines, parser, questions, worded
from benchmarks._off_topic import OFF_TOPIC
from benchmarks._policyqa import PolicyQA
from benchmarks.fusion import Floats, as_of, policyqa
from evaluator.abstention.thresholds import Signal, choose, curve, held_out, point
from evaluator.statistics.intervals import bootstrap
from indexer.bm25 import PostingsBM25
from indexer.text.tokenizer import terms
from retriever.answering.abstention import DEFAULT_THRESHOLDS, NEVER_ABSTAINS, share
from retriever.answering.fusion import convex, top
from retriever.asking.query import parse_query
from retriever.bootstrap import Asof

LATEST = "2026-03-01"
LOSE = 0.03
FEW = (1, 2, 3, 5, 8, 16)


def main() -> None:
    given = parser(__doc__).parse_args()
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home).with_settings(thresholds=NEVER_ABSTAINS)
        cases = json_lines(questions(given.data))
        ranked(asof, given.data, cases)
        turned_away(asof, given.data, cases)
        few_to_choose_from(asof, given.data / "policyqa")


def reciprocal_rank_fusion(dense: Floats, lexical: Floats, constant: int = 60) -> Floats:
    """1 / (60 + rank) summed over both legs: Cormack, Clarke and Buettcher 2009."""
    ranks = [np.argsort(np.argsort(-scores, kind="stable"), kind="stable") for scores in (dense, lexical)]
    fused: Floats = sum(1 / (constant + 1 + rank) for rank in ranks)  # type: ignore[assignment]
    return fused


def ranked(asof: Asof, data: Path, cases: list[dict[str, str]]) -> None:
    rankers = {
        "BM25+ alone": lambda dense, lexical: lexical,
        "vectors alone": lambda dense, lexical: dense,
        "reciprocal ranks": reciprocal_rank_fusion,
        "convex (ours)": convex,
    }
    qa, _ = policyqa(data / "policyqa", asof.encoder, list(rankers.values()))
    first, five, _ = as_of(asof, cases, list(rankers.values()))
    print(f"{'':<18} PolicyQA nDCG@10            as-of: right wording first     in the top five")
    for column, name in enumerate(rankers):
        print(f"{name:<18} {shown(qa[:, column])}   {shown(first[:, column])}   {shown(five[:, column])}")
    answers = [asof.retriever.retrieve(parse_query(asked_as_of(case))) for case in cases]
    pairs = zip(cases, answers, strict=True)
    hits = [[worded(case, item.version, item.text) for item in answer.evidence] for case, answer in pairs]
    found = [np.array([any(hit[:k]) for hit in hits]) for k in (1, 5)]
    print(f"{'as it answers *':<18} {'':<26}   {shown(found[0])}   {shown(found[1])}")
    print("* with what a question gains by naming a policy")


def turned_away(asof: Asof, data: Path, cases: list[dict[str, str]]) -> None:
    """What questions that nothing answers meet, on the real history and within PolicyQA's policies."""
    queries = json_lines(data / "policyqa" / "queries.jsonl")
    site = [signal for case in cases if (signal := _answerable(asof, case)) is not None]
    named = [f"On {query['policy_id']}: {query['text']}" for query in queries]
    for name, texts in (("about other companies", named), ("off-topic", OFF_TOPIC)):
        found = [
            Signal(*scores, None, f"{name} {number}")
            for number, text in enumerate(texts)
            if (scores := asof.retriever.signals(parse_query({"query": text, "as_of": LATEST}))) is not None
        ]
        print(f"\nAsked of the real history: {len(found):,} questions {name}; as-of questions that have an answer")
        show_curve([*site, *found])
    own = _policyqa_signals(asof, data / "policyqa")
    print("\nAsked of PolicyQA's policies: off-topic questions; PolicyQA's own, paraphrased from the words")
    show_curve(own)


def show_curve(signals: Sequence[Signal]) -> None:
    points = curve(signals)
    print("   dense  coverage   turned away   right answers lost")
    for found in [*points[:: max(1, len(points) // 12)], points[-1]]:
        print(_row(found))
    print(_row(choose(signals, LOSE)) + f"   chosen: at most {LOSE:.0%} lost")
    print(_row(point(signals, DEFAULT_THRESHOLDS)) + "   the default")
    away, lost = held_out(signals, LOSE)
    print(
        f"   by cross-validation: {away.value:.1%} ({away.low:.1%} to {away.high:.1%}) of {away.n:,} turned away, "
        f"{lost.value:.1%} ({lost.low:.1%} to {lost.high:.1%}) of {lost.n:,} right answers lost"
    )


def _row(found: Any) -> str:
    thresholds = found.thresholds
    return f"{thresholds.dense:8.2f} {thresholds.coverage:9.2f} {found.abstained.value:13.1%} {found.lost.value:20.2%}"


def _answerable(asof: Asof, case: dict[str, Any]) -> Signal | None:
    query = parse_query(asked_as_of(case))
    scores = asof.retriever.signals(query)
    if scores is None:
        return None
    found = [(item.version.policy_id, item.version.number) for item in asof.retriever.retrieve(query).evidence]
    return Signal(*scores, (case["policy_id"], case["revision"]) in found, case["policy_id"])


def _policyqa_signals(asof: Asof, folder: Path) -> list[Signal]:
    """Both kinds of questions asked within each question's policy, k = 5."""
    qa = PolicyQA.read(folder)
    vectors = asof.encoder.encode_all([passage["text"] for passage in qa.corpus])
    signals = []
    policies = sorted(qa.places)
    off = [("", text, policies[number % len(policies)]) for number, text in enumerate(OFF_TOPIC)]
    for name, text, policy in [*((q["_id"], q["text"], q["policy_id"]) for q in qa.asked), *off]:
        here, ranking = qa.places[policy], qa.lexical[policy]
        dense = (vectors[here] @ asof.encoder.encode(text)).astype(np.float64)
        best = top(convex(dense, ranking.get_scores(terms(text))), 5).tolist()
        hit = any(qa.corpus[here[row]]["_id"] in qa.grades.get(name, {}) for row in best) if name else None
        coverage = float(ranking.coverage(terms(text)).max())
        signals.append(Signal(float(dense.max()) / share(len(here)), coverage, hit, policy if name else text))
    return signals


def few_to_choose_from(asof: Asof, folder: Path) -> None:
    """The same where few passages are eligible: the one that answers, and others of its policy."""
    qa, chance = PolicyQA.read(folder), random.Random(7)
    vectors = asof.encoder.encode_all([passage["text"] for passage in qa.corpus])
    numbers = {passage["_id"]: number for number, passage in enumerate(qa.corpus)}
    print("\nPolicyQA with few eligible passages: right answers lost, off-topic questions turned away")
    for size in FEW:
        right, off = [], []
        for asked in chance.sample(list(qa.asked), 800):
            grades = qa.grades[asked["_id"]]
            gold = numbers[max(grades, key=lambda name: grades[name])]
            others = [number for number in qa.places[asked["policy_id"]] if qa.corpus[number]["_id"] not in grades]
            right.append((asked["text"], [gold, *chance.sample(others, min(size - 1, len(others)))]))
        for text in OFF_TOPIC * 4:
            here = qa.places[chance.choice(sorted(qa.places))]
            off.append((text, chance.sample(list(here), min(size, len(here)))))
        shares = []
        for questions_ in (right, off):
            below = 0
            for text, places in questions_:
                dense = float((vectors[places] @ asof.encoder.encode(text)).max())
                lexical = PostingsBM25([terms(qa.corpus[number]["text"]) for number in places])
                coverage = float(lexical.coverage(terms(text)).max())
                below += DEFAULT_THRESHOLDS.below(dense, lambda: coverage, len(places)) is not None  # noqa: B023
            shares.append(below / len(questions_))
        print(f"{size:4} passages: lost {shares[0]:.1%} of {len(right)}, turned away {shares[1]:.1%} of {len(off)}")


def shown(values: Any) -> str:
    """A mean with its 95% bootstrap interval."""
    low, high = bootstrap(values.astype(float).tolist())
    return f"{values.mean():.4f} ({low:.4f}-{high:.4f})   "


if __name__ == "__main__":
    main()
