"""Support by rules: false passes and true ones that pass by kind, risk against coverage, public sets, speed."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._data import existing, json_lines, parser
from benchmarks._pairs import Pair, attribution, contrasts, fold, vitaminc, wice
from benchmarks._support_fit import best_threshold, macro_f1
from evaluator.statistics.intervals import proportion
from evaluator.support.lexical.score import DEFAULT_THRESHOLDS, Scorer, Support
from evaluator.support.rules import RuleScorer
from evaluator.support.scorers import scorer_of

FOLDS = 5
BATCH = 500


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument(
        "--pairs", type=Path, nargs="*", help="files of pairs with 'kind' and 'want'; default the open ones"
    )
    arguments.add_argument(
        "--scorer",
        nargs="+",
        default=["lexical", "rules"],
        help="as for `asof-eval support`: also nli:FOLDER and judge",
    )
    arguments.add_argument("--endpoint", help="of the judge, OpenAI-compatible")
    arguments.add_argument("--model", help="the judge's")
    arguments.add_argument(
        "--only", choices=("pairs", "public", "speed"), nargs="+", default=["pairs", "public", "speed"]
    )
    arguments.add_argument("--list", action="store_true", help="print each pair that went wrong")
    arguments.add_argument(
        "--most", type=int, default=4_000, help="VitaminC pairs that are scored (default %(default)s)"
    )
    given = arguments.parse_args()
    files = given.pairs or [existing(given.data / "support-pairs" / "open.jsonl")]
    for number, name in enumerate(given.scorer):
        scorer = scorer_of(name, DEFAULT_THRESHOLDS, given.endpoint, given.model, 60.0, None)
        print(f"== {name}")
        if "pairs" in given.only:
            for file in files:
                by_kind(file, scorer, listed=given.list)
        if "public" in given.only:
            public(given.data, scorer, given.most)
        if "speed" in given.only:
            speed(files[0], scorer, number)


def scored(scorer: Scorer, asked: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]]) -> list[Support]:
    found = []
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        if isinstance(scorer, RuleScorer):
            scorer.prepare(batch)
        found += [scorer.support(*one) for one in batch]
    return found


def by_kind(file: Path, scorer: Scorer, *, listed: bool) -> None:
    """Prints, for each kind of pair, how many false ones pass and how many true ones do not; then the curve."""
    rows = json_lines(file)
    found = scored(scorer, [_asked(row) for row in rows])
    kinds: dict[str, Counter[str]] = {}
    for row, support in zip(rows, found, strict=True):
        counts = kinds.setdefault(row["kind"], Counter())
        wanted, passes = row["want"] == "PASS", support.verdict == "PASS"
        counts["true" if wanted else "false"] += 1
        counts["missed"] += wanted and not passes
        counts["false passes"] += passes and not wanted
        if listed and wanted != passes:
            print(f"  {row['id']} {row['kind']}: {support.verdict}, want {row['want']}\n    claim    {row['claim']}")
            print(f"    evidence {' // '.join([*row.get('context', []), *row['evidence']])}")
            print("    " + "; ".join(f"{it.kind}: {it.detail}" for it in support.reasons[:3]))
    print(f"{file.name}: {'kind':<26} false passes   true that pass")
    for kind, counts in [*sorted(kinds.items()), ("all", sum(kinds.values(), Counter()))]:
        kept = counts["true"] - counts["missed"]
        print(f"  {kind:<36} {counts['false passes']:>3} of {counts['false']:<4} {kept:>6} of {counts['true']}")
    coverage([(support.score or 0.0, row["want"] == "PASS") for row, support in zip(rows, found, strict=True)])


def _asked(row: dict[str, Any]) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
    return row["claim"], row["evidence"], [row["context"]] * len(row["evidence"]) if row.get("context") else ()


def coverage(scores: Sequence[tuple[float, bool]]) -> None:
    """The risk-coverage curve: of the claims from a score on, how many are false; and how many of all these are."""
    ordered = sorted(scores, key=lambda one: -one[0])
    print("  share passed  false among them")
    for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0):
        kept = ordered[: max(1, round(share * len(ordered)))]
        print(
            f"  {share:>11.0%}  {sum(not true for _, true in kept) / len(kept):>8.1%}   (from score {kept[-1][0]:.3f})"
        )


def public(data: Path, scorer: Scorer, most: int) -> None:
    """VitaminC's contrasts, and macro-F1 and precision of PASS on three public sets."""
    sets = {"VitaminC": vitaminc(data)[:most], "AttributionBench": attribution(data), "WiCE": wice(data)}
    for name, pairs in sets.items():
        began = time.perf_counter()
        found = scored(scorer, [(pair.claim, pair.evidence, ()) for pair in pairs])
        spent = time.perf_counter() - began
        supported = np.array([pair.supported for pair in pairs])
        scores = np.array([support.score or 0.0 for support in found])
        passed = np.array([support.verdict == "PASS" for support in found])
        right = proportion(int((passed & supported).sum()), int(passed.sum()))
        wrong = proportion(int((passed & ~supported).sum()), int((~supported).sum()))
        recall = proportion(int((passed & supported).sum()), int(supported.sum()))
        folds = _by_folds(pairs, scores)
        print(f"{name}: {len(pairs):,} pairs in {spent:.0f} s; macro-F1 by a threshold of other folds {folds:.3f}")
        print(
            f"  of PASS {right.value:.1%} right ({right.low:.1%} to {right.high:.1%}) of {right.n}; PASS is given to "
            f"{recall.value:.1%} of the supported and {wrong.value:.1%} of the others"
        )
        if name == "VitaminC":
            gaps = [scores[yes] - scores[no] for yes, no in contrasts(pairs)]
            ranked = np.mean([0.5 if abs(gap) < 1e-9 else float(gap > 0) for gap in gaps])
            print(f"  contrasts ranked right {ranked:.4f} of {len(gaps):,}, ties half")


def _by_folds(pairs: Sequence[Pair], scores: "np.typing.NDArray[np.float64]") -> float:
    """Macro-F1 where each pair's threshold is the best one of the groups of other folds."""
    supported = np.array([pair.supported for pair in pairs])
    folds = np.array([fold(pair.group, FOLDS) for pair in pairs])
    passed = np.zeros(len(pairs), dtype=bool)
    for number in range(FOLDS):
        rest = folds != number
        threshold = best_threshold(scores[rest], lambda at, rest=rest: macro_f1(supported[rest], scores[rest] >= at))
        passed[~rest] = scores[~rest] >= threshold
    return macro_f1(supported, passed)


def speed(file: Path, scorer: Scorer, number: int) -> None:
    """How many short pairs a second, with parsing; the texts are made different from all that was read before."""
    rows, end = json_lines(file), " " * (number + 1)
    asked = [(row["claim"] + end, [text + end for text in row["evidence"]], _asked(row)[2]) for row in rows]
    for claim in ("Our shop is closed at noon.", "Unser Laden ist mittags geschlossen."):
        scorer.support(claim, ["The shop opens at nine every day."])
    began = time.process_time()
    scored(scorer, asked)
    spent = time.process_time() - began
    loaded = "once parser, tables and the languages' model are loaded"
    print(f"speed: {len(asked) / spent:,.0f} short pairs a second of processor time, {loaded}")


if __name__ == "__main__":
    main()
