"""Support of claims by evidence, cross-validated: revised sentences, attributions. --fit writes the coefficients."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import _support_fit as fitting
from benchmarks._data import parser, seconds
from benchmarks._pairs import FILES, KINDS, Pair, attribution, contrasts, digest, fold, kind_of_change, vitaminc, wice
from benchmarks._support_fit import Cases, Floats, best_threshold, default_threshold, fit, macro_f1
from evaluator.statistics.intervals import RESAMPLES, SEED
from evaluator.support.lexical.score import DEFAULT_THRESHOLDS, FAIL_AT, FEATURES, PASS_AT, LexicalScorer, read

FOLDS = 5
DECIMALS = 4
WEIGHTS = Path("evaluator/support/lexical/weights.json")

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """All pairs with what was read of them; `sets` says which are VitaminC, AttributionBench and WiCE."""

    cases: Cases
    quoted: Flags
    decided: Flags
    doubtful: Flags
    sets: tuple[Flags, Flags, Flags]

    def scores(self, intercept: float, factors: Floats) -> Floats:
        """What `Reading.score` gives with these coefficients."""
        score = 1 / (1 + np.exp(-(intercept + self.cases.features @ factors)))
        doubtful = FAIL_AT + (PASS_AT - FAIL_AT) * score / 2
        scored: Floats = np.select([self.quoted, self.decided, self.doubtful], [1.0, FAIL_AT * score, doubtful], score)
        return scored

    def fitted(self, kept: Flags) -> tuple[float, Floats]:
        """Coefficients from the pairs that are kept, the intercept moved so that their best single threshold is 0.5."""
        intercept, factors = fit(self.cases, kept)
        sets = [of & kept for of in self.sets]
        threshold = default_threshold(self.scores(intercept, factors), self.cases.supported(), sets)
        return intercept - float(np.log(threshold / (1 - threshold))), factors

    def held_out(self) -> tuple[Floats, Flags]:
        """Scores by coefficients, and passes by a threshold of each set, both found without the pair's group."""
        scores, passed = np.zeros(len(self.cases.pairs)), np.zeros(len(self.cases.pairs), dtype=bool)
        for out in folds(self.cases.pairs):
            found = self.scores(*self.fitted(~out))
            scores[out] = found[out]
            for of in self.sets:
                passed[of & out] = passing(found, self.cases.supported(), of & ~out)[of & out]
        return scores, passed


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--fit", action="store_true", help=f"fit on all pairs and write {WEIGHTS}")
    given = arguments.parse_args()
    loaded = [vitaminc(given.data), attribution(given.data), wice(given.data)]
    judged = read_all(loaded)
    scores, passed = judged.held_out()
    if given.fit:
        write(given.data, judged)
    scorer = LexicalScorer()
    shipped = np.array([scorer.support(pair.claim, pair.evidence).score for pair in judged.cases.pairs])
    ranking(loaded[0], {"cross-validated": scores, "as shipped (in sample)": shipped})
    for name, of in zip(("VitaminC, single pairs", "AttributionBench", "WiCE"), judged.sets, strict=True):
        classes(name, [pair for pair, inside in zip(judged.cases.pairs, of, strict=True) if inside], [
            ("containment", contained(judged.cases.pairs, of)),
            ("cross-validated, a threshold for the set", passed[of]),
            ("cross-validated, the one default threshold", scores[of] >= DEFAULT_THRESHOLDS.pass_at),
            ("as shipped (in sample), default threshold", shipped[of] >= DEFAULT_THRESHOLDS.pass_at),
        ])  # fmt: skip
        verdicts(scores[of], judged.cases.supported()[of])
    speed(scorer, loaded[0])


def read_all(loaded: Sequence[Sequence[Pair]]) -> Judged:
    pairs = tuple(pair for pairs in loaded for pair in pairs)
    readings = [read(pair.claim, pair.evidence) for pair in pairs]
    numbers = np.repeat(range(len(loaded)), [len(pairs) for pairs in loaded])
    return Judged(
        Cases(pairs, np.array([reading.features() for reading in readings]), len(loaded[0])),
        np.array([reading.quoted for reading in readings]),
        np.array([reading.refuted for reading in readings]),
        np.array([reading.in_doubt for reading in readings]),
        (numbers == 0, numbers == 1, numbers == 2),
    )


def write(data: Path, judged: Judged) -> None:
    """The coefficients from all pairs, with where they come from."""
    intercept, factors = judged.fitted(np.ones(len(judged.cases.pairs), dtype=bool))
    sizes = Counter({name: int(of.sum()) for name, of in zip(FILES, judged.sets, strict=True)})
    content = {
        "version": 1,
        "intercept": round(intercept, DECIMALS),
        "weights": {name: round(float(factor), DECIMALS) for name, factor in zip(FEATURES, factors, strict=True)},
        "fitted": {
            "by": "scripts/bench grounding --fit",
            "method": "logistic regression on contrasts and single pairs, ridge on standardised coefficients; "
            "the intercept puts the threshold of the greatest mean macro-F1 at 0.5",
            "ridge": fitting.RIDGE,
            "weights": {
                "contrasts": fitting.CONTRASTS,
                "vitaminc": fitting.SINGLES,
                "attribution and wice": fitting.ATTRIBUTION_AND_WICE,
            },
            "data": {name: {"pairs": sizes[name], "sha256": digest(data, name)} for name in FILES},
        },
    }
    WEIGHTS.write_text(json.dumps(content, indent=2) + "\n")


def ranking(pairs: Sequence[Pair], scored: dict[str, Floats]) -> None:
    """The share of (supporting, refuting) sentences of a claim ranked right, ties half, by what was changed."""
    found = contrasts(pairs)
    kinds = [kind_of_change(pairs[yes].claim, pairs[yes].evidence[0], pairs[no].evidence[0]) for yes, no in found]
    plain = np.array([containment(pair.claim, pair.evidence) for pair in pairs])
    print(f"VitaminC: {len(found):,} contrasts; share ranked right, ties half (95% by resampling pages); ties")
    for name, scores in {"containment": plain, **scored}.items():
        for kind in ("all", *KINDS):
            chosen = [pair for pair, of in zip(found, kinds, strict=True) if kind in ("all", of)]
            gap = np.array([scores[yes] - scores[no] for yes, no in chosen])
            right = np.where(np.abs(gap) < 1e-9, 0.5, gap > 0)
            low, high = resampled([pairs[yes].group for yes, _ in chosen], right[:, None], lambda s, n: s[:, 0] / n)
            tied = float((np.abs(gap) < 1e-9).mean())
            print(f"  {name:<24}{kind:<10}{right.mean():.4f} ({low:.4f}-{high:.4f})  {tied:6.1%} of {len(chosen):,}")


def classes(name: str, pairs: Sequence[Pair], ways: Iterable[tuple[str, Flags]]) -> None:
    """Macro-F1 of supported against the rest: all cases together, by source, and the mean of the sources."""
    sources = sorted({pair.source for pair in pairs})
    print(f"\n{name}: macro-F1 (95% by resampling groups), {len(pairs):,} pairs")
    truth = np.array([pair.supported for pair in pairs])
    for way, passed in ways:
        counts = np.stack([truth & passed, ~truth & passed, truth & ~passed, ~truth & ~passed], axis=1).astype(float)
        parts = {"all": np.ones(len(pairs), dtype=bool)}
        if len(sources) > 1:
            parts |= {source: np.array([pair.source == source for pair in pairs]) for source in sources}
        shown = []
        for part, of in parts.items():
            groups = [pair.group for pair, inside in zip(pairs, of, strict=True) if inside]
            low, high = resampled(groups, counts[of], lambda sums, _: _macro(sums))
            shown.append(f"{part} {macro_f1(truth[of], passed[of]):.3f} ({low:.3f}-{high:.3f})")
        if len(sources) > 1:
            mean = np.mean([macro_f1(truth[of], passed[of]) for part, of in parts.items() if part != "all"])
            shown.insert(1, f"mean of sources {mean:.3f}")
        print(f"  {way:<44}" + "   ".join(shown))


def verdicts(scores: Floats, supported: Floats) -> None:
    given = Counter(
        (DEFAULT_THRESHOLDS.verdict(score), bool(yes)) for score, yes in zip(scores, supported, strict=True)
    )
    shown = []
    for verdict in ("PASS", "UNKNOWN", "FAIL"):
        yes, no = given[verdict, True], given[verdict, False]
        shown.append(f"{verdict} {(yes + no) / len(scores):.0%}, of which supported {yes / max(1, yes + no):.0%}")
    print("  verdicts, cross-validated: " + "; ".join(shown))


def speed(scorer: LexicalScorer, pairs: Sequence[Pair]) -> None:
    spent = seconds(lambda: [scorer.support(pair.claim, pair.evidence) for pair in pairs])
    print(f"\n{len(pairs):,} short pairs in {spent:.1f} s on one thread: {len(pairs) / spent:,.0f} a second")


def containment(claim: str, evidence: Sequence[str]) -> float:
    """The share of the claim's different words that stand in the evidence: the baseline."""
    said, given = (set(re.findall(r"\w+", text.lower())) for text in (claim, " ".join(evidence)))
    return len(said & given) / len(said) if said else 0.0


def contained(pairs: Sequence[Pair], of: Flags) -> Flags:
    """Passes by containment, the threshold by the same cross-validation."""
    chosen = [pair for pair, inside in zip(pairs, of, strict=True) if inside]
    scores = np.array([containment(pair.claim, pair.evidence) for pair in chosen])
    truth = np.array([pair.supported for pair in chosen])
    passed = np.zeros(len(chosen), dtype=bool)
    for out in folds(chosen):
        passed[out] = passing(scores, truth, ~out)[out]
    return passed


def folds(pairs: Sequence[Pair]) -> Iterator[Flags]:
    """For each fold, which pairs are in it."""
    numbers = np.array([fold(pair.group, FOLDS) for pair in pairs])
    yield from (numbers == number for number in range(FOLDS))


def passing(scores: Floats, supported: npt.NDArray[Any], known: Flags) -> Flags:
    """Which scores pass by the threshold that is best for the pairs that are `known`."""
    passed: Flags = scores >= best_threshold(scores[known], lambda at: macro_f1(supported[known], scores[known] >= at))
    return passed


def resampled(
    groups: Sequence[str], values: Floats, measure: Callable[[Floats, Floats], Floats]
) -> tuple[float, float]:
    """The 95% percentile interval over resamples of whole groups; `measure` gets sums of values and of cases."""
    places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    numbers = np.array([places[group] for group in groups])
    sums = np.stack([np.bincount(numbers, column, len(places)) for column in values.T], axis=1)
    sizes = np.bincount(numbers, minlength=len(places)).astype(np.float64)
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(len(places), np.full(len(places), 1 / len(places)), size=RESAMPLES).astype(np.float64)
    low, high = np.quantile(measure(drawn @ sums, drawn @ sizes), (0.025, 0.975))
    return float(low), float(high)


def _macro(counts: Floats) -> Any:
    """Macro-F1 from true and false positives, false and true negatives; shape (n, 4) to (n,)."""
    hit, false, missed, right = counts.T
    return (2 * hit / (2 * hit + false + missed) + 2 * right / (2 * right + false + missed)) / 2


if __name__ == "__main__":
    main()
