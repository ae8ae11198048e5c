"""Repeated trials and the gate, simulated: do intervals hold what was planted, and how often is a release misjudged?"""

import argparse
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from evaluator.checks.check import Check
from evaluator.gate.comparisons import not_worse
from evaluator.gate.rules import NotWorse
from evaluator.gate.run import Run
from evaluator.statistics.intervals import Estimate, proportion
from evaluator.statistics.trials import all_of, flip_rate, flips, holds_mean, pass_all_k

SEEDS = 4000
WIDTHS = 25
"""So many seeds of each setting have their intervals worked out, not only whether they hold what was planted."""

SIZES = [1] * 27 + [2] * 18 + [3] * 2
"""The groups of evals/policy_cases.jsonl: 69 cases in 47."""

Floats = npt.NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="simulated runs of each setting (default %(default)s)")
    seeds = parser.parse_args().seeds
    print(f"{seeds:,} seeds of each setting; intervals of a share of seeds are Wilson's, 95%.\n")
    coverage(seeds)
    print()
    decisions(seeds)


# --- Repeated trials -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Population:
    """The rates at which cases pass: those of a case are `rates`, with these weights."""

    name: str
    rates: tuple[float, ...]
    weights: tuple[float, ...] = (1.0,)

    def mean(self, value: Callable[[float], float]) -> float:
        return math.fsum(weight * value(rate) for rate, weight in zip(self.rates, self.weights, strict=True))


POPULATIONS = [
    Population("alike, 2%", (0.02,)),
    Population("alike, 50%", (0.5,)),
    Population("alike, 85%", (0.85,)),
    Population("alike, 99%", (0.99,)),
    Population("9 of 10 sure, 1 a coin", (1.0, 0.5), (0.9, 0.1)),
    Population("half sure, half never", (1.0, 0.0), (0.5, 0.5)),
    Population("from never to sure", (0.0, 0.1, 0.5, 0.9, 1.0), (0.2, 0.1, 0.2, 0.2, 0.3)),
]
SURE = Population("sure", (1.0,))


@dataclass(frozen=True)
class Design:
    """So many cases in groups of these sizes; a case has its group's rate with a chance of `alike`, else its own.

    With `only_groups`, only cases that share a group are of the population, and the others always pass.
    """

    name: str
    sizes: Sequence[int]
    alike: float = 0.0
    only_groups: bool = False

    @property
    def groups(self) -> list[str] | None:
        if max(self.sizes) == 1:
            return None
        return [str(group) for group, size in enumerate(self.sizes) for _ in range(size)]

    def planted(self, population: Population, value: Callable[[float], float]) -> float:
        alone = SURE if self.only_groups else population
        cases = sum(self.sizes)
        return math.fsum(size / cases * (alone if size == 1 else population).mean(value) for size in self.sizes)

    def rates(self, population: Population, rng: np.random.Generator) -> Floats:
        sizes = np.asarray(self.sizes)
        shared = np.repeat(rng.choice(population.rates, len(sizes), p=population.weights), sizes)
        own = rng.choice(population.rates, len(shared), p=population.weights)
        drawn = np.where(rng.random(len(shared)) < self.alike, shared, own)
        return np.where(np.repeat(sizes, sizes) == 1, 1.0, drawn) if self.only_groups else drawn


DESIGNS = [
    Design("10", [1] * 10),
    Design("69", [1] * 69),
    Design("69 in 47, 80% alike", SIZES, 0.8),
    Design("69 in 47, groups only", SIZES, 1.0, only_groups=True),
]

ASKED = [(3, 3), (5, 3), (5, 5)]
"""How many trials each case has, and how many of them are looked at."""


def coverage(seeds: int) -> None:
    """Prints how often the 95% intervals of pass^k and of the flip rate hold what was planted."""
    print("Cases, their rates, k of n trials; for each measure what was planted, % of seeds that hold it, mean width:")
    least: dict[str, tuple[float, str]] = {}
    for number, (design, population, (n, k)) in enumerate(_settings()):
        rng = np.random.default_rng((20261, number))
        planted = {
            "pass^k": design.planted(population, lambda rate: rate**k),  # noqa: B023
            "flips": design.planted(population, lambda rate: 1 - rate**k - (1 - rate) ** k),  # noqa: B023
        }
        held, widths = dict.fromkeys(planted, 0), {name: list[float]() for name in planted}
        for seed in range(seeds):
            outcomes = rng.random((sum(design.sizes), n)) < design.rates(population, rng)[:, None]
            passed = outcomes.sum(axis=1).tolist()
            values = {
                "pass^k": [all_of(count, n, k) for count in passed],
                "flips": [flips(count, n, k) for count in passed],
            }
            holds = {name: holds_mean(values[name], planted[name], design.groups) for name in planted}
            if seed < WIDTHS:
                for name, estimate in estimates(outcomes, k, design.groups).items():
                    assert estimate.low is not None
                    assert estimate.high is not None
                    assert holds[name] == (estimate.low <= planted[name] <= estimate.high)
                    widths[name].append(estimate.high - estimate.low)
            for name in planted:
                held[name] += holds[name]
        setting = f"{design.name:22}{population.name:24}{k} of {n}"
        line = setting
        for name, true in planted.items():
            line += f"   {name} {true:.3f} {_share(proportion(held[name], seeds))} width {np.mean(widths[name]):.3f}"
            least[name] = min(least.get(name, (1.0, "")), (held[name] / seeds, " ".join(setting.split())))
        print(line, flush=True)
    for name, (share, setting) in least.items():
        print(f"{name}: held least in {share:.2%} ({setting})")


def estimates(outcomes: npt.NDArray[np.bool_], k: int, groups: Sequence[str] | None) -> dict[str, Estimate]:
    trials = {f"case-{case}": row for case, row in enumerate(outcomes.tolist())}
    named: Mapping[str, str] = {} if groups is None else dict(zip(trials, groups, strict=True))
    return {"pass^k": pass_all_k(trials, k, named), "flips": flip_rate(trials, k, named)}


def _settings() -> Iterator[tuple[Design, Population, tuple[int, int]]]:
    for design in DESIGNS:
        for population in POPULATIONS:
            for asked in ASKED:
                yield design, population, asked


# --- The gate --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Likeness:
    """How alike outcomes are: the correlations behind them of a group's cases, and of both runs in one case."""

    name: str
    wordings: float
    runs: float


LIKENESSES = [
    Likeness("cases apart, runs alike", 0.0, 0.8),
    Likeness("wordings alike, runs half alike", 0.7, 0.5),
    Likeness("wordings the same, runs alike", 0.98, 0.9),
]
BASELINES = (0.98, 0.85)
MARGINS = (0.10, 0.05)
BEYOND = 0.10
"""A loss of the margin and ten points more has to be blocked."""

CASES = [f"case-{number:02}" for number in range(sum(SIZES))]
GROUPS = dict(zip(CASES, (f"group-{group:02}" for group, size in enumerate(SIZES) for _ in range(size)), strict=True))


def decisions(seeds: int) -> None:
    """Prints how often the gate ships a candidate that is worse by the margin, and blocks one that is worse by more."""
    print(f"{len(CASES)} cases in {len(SIZES)} groups, one [[not_worse]] rule, clustered;")
    print("% of seeds that come to the decision (without a loss: of a quarter of them):")
    worst: dict[str, Estimate] = {}
    settings = [(margin, before, like) for margin in MARGINS for before in BASELINES for like in LIKENESSES]
    for number, (margin, before, likeness) in enumerate(settings):
        line = f"margin {margin:3.0%}, baseline {before:.0%}, {likeness.name:32}"
        for said, loss, decision in (
            ("no loss", 0.0, "SHIP"),
            ("loss = margin", margin, "SHIP"),
            ("loss = margin + 10", margin + BEYOND, "BLOCK"),
        ):
            rng = np.random.default_rng((20262, number, round(1000 * loss)))
            runs = seeds if loss else -(-seeds // 4)
            found = proportion(decided(decision, margin, before, loss, likeness, runs, rng), runs)
            line += f"  {said}: {decision} {_share(found)}"
            if loss:
                pick = max if decision == "SHIP" else min
                worst[decision] = pick(worst.get(decision, found), found, key=lambda estimate: estimate.value or 0.0)
        print(line, flush=True)
    print(f"false SHIP: {_share(worst['SHIP']).strip()}% at most; wanted: 5% or less")
    print(f"BLOCK of a loss of margin + 10 points: {_share(worst['BLOCK']).strip()}% at least; wanted: 80% or more")


def decided(
    decision: str, margin: float, before: float, loss: float, likeness: Likeness, seeds: int, rng: np.random.Generator
) -> int:
    """In how many of so many pairs of runs the gate's rule comes to that decision."""
    rule = NotWorse(name="no worse", of="decisions", checks=["decision"], margin=margin, clustered=True)
    count = 0
    for _ in range(seeds):
        baseline, candidate = (run_of(passed) for passed in outcomes_of(before, before - loss, likeness, rng))
        count += not_worse(rule, candidate, baseline).decision == decision
    return count


def outcomes_of(
    before: float, after: float, likeness: Likeness, rng: np.random.Generator
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether each case passes in the baseline and in the candidate, each case with exactly these chances.

    A case passes where a normal variable lies below the quantile of its chance. Those of a group's cases correlate by
    `wordings`, those of a case in both runs by `runs`.
    """
    of_group = np.repeat(_two_alike(len(SIZES), likeness.runs, rng), SIZES, axis=1)
    of_case = _two_alike(len(CASES), likeness.runs, rng)
    behind = math.sqrt(likeness.wordings) * of_group + math.sqrt(1 - likeness.wordings) * of_case
    quantiles = [[NormalDist().inv_cdf(rate)] for rate in (before, after)]
    passed = behind < np.asarray(quantiles)
    return passed[0], passed[1]


def _two_alike(count: int, correlation: float, rng: np.random.Generator) -> Floats:
    """Normal variables of shape (2, count), whose rows correlate."""
    drawn = rng.normal(size=(2, count))
    return np.stack([drawn[0], correlation * drawn[0] + math.sqrt(1 - correlation**2) * drawn[1]])


PASSED = [Check(case, "decision", "decision", "PASS", "as_expected", "") for case in CASES]
FAILED = [Check(case, "decision", "decision", "FAIL", "wrong_decision", "") for case in CASES]


def run_of(passed: Sequence[bool] | npt.NDArray[np.bool_]) -> Run:
    """A run in memory with the decision check of each case."""
    checks = {case: [good if ok else bad] for case, good, bad, ok in zip(CASES, PASSED, FAILED, passed, strict=True)}
    return Run("simulated", checks={"decisions": checks}, groups=GROUPS)


def _share(found: Estimate) -> str:
    """The share and its interval, in percent."""
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    return f"{100 * found.value:5.1f} ({100 * found.low:4.1f} to {100 * found.high:5.1f})"


if __name__ == "__main__":
    main()
