"""The command `asof-eval size`: how many cases to collect, before collecting them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from retriever.entrypoints.options import JsonOption

SMALLEST = 0.1
"""Points; a smaller difference needs more cases than anybody can judge."""
HIGHEST_POWER = 99.99


@dataclass(frozen=True, slots=True)
class Need:
    """A question, in words, and the number of cases that it needs."""

    question: str
    cases: int


def register(app: typer.Typer) -> None:
    app.command()(size)


def size(
    drop: Annotated[
        float | None, typer.Option("--drop", help="See a rate fall by so many points, on the same cases.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option("--margin", help="Show that a rate falls by less than so many points.")
    ] = None,
    at_least: Annotated[
        float | None, typer.Option("--at-least", help="Show that a rate is at least so many percent.")
    ] = None,
    contrast: Annotated[
        float | None, typer.Option("--contrast", help="See a U whose ends are so many points above the middle.")
    ] = None,
    discordance: Annotated[
        float, typer.Option("--discordance", help="Percent of cases whose outcome changes, for --drop and --margin.")
    ] = 20.0,
    failures: Annotated[
        int, typer.Option("--failures", min=0, max=10**6, help="Failures to expect, for --at-least.")
    ] = 0,
    confidence: Annotated[float, typer.Option("--confidence", help="Percent, for --at-least.")] = 95.0,
    rate: Annotated[float, typer.Option("--rate", help="Percent right in the middle, for --contrast.")] = 60.0,
    positions: Annotated[int, typer.Option("--positions", min=3, help="How many positions, for --contrast.")] = 5,
    agreement: Annotated[
        float, typer.Option("--agreement", help="Correlation of a case's outcomes at two positions; 0 is safe.")
    ] = 0.0,
    power: Annotated[float, typer.Option("--power", help="Percent of chance to see what is there.")] = 80.0,
    alpha: Annotated[float, typer.Option("--alpha", help="One-sided chance of a false alarm.")] = 0.025,
    cluster_size: Annotated[
        float, typer.Option("--cluster-size", help="Cases that share a question or policy, on average.")
    ] = 1.0,
    correlation: Annotated[
        float, typer.Option("--correlation", help="How alike cases of a cluster are: 0 not, 1 wholly.")
    ] = 0.0,
    json: JsonOption = False,
) -> None:
    """Says how many cases are needed to see a drop, to exclude one, to promise a rate, or to see a U.

    Give one or more of --drop, --margin, --at-least and --contrast, in points of percent.

    Example: asof-eval size --drop 5 --discordance 20 --at-least 95 --cluster-size 5 --correlation 0.3
    """
    from evaluator.statistics import sample_size
    from retriever.entrypoints.printing import print_json

    asked = {"--drop": drop, "--margin": margin, "--at-least": at_least, "--contrast": contrast}
    if all(value is None for value in asked.values()):
        raise typer.BadParameter("give at least one of --drop, --margin, --at-least and --contrast")
    others = {"--confidence": confidence, "--rate": rate, "--power": power}
    for name, percent in {**asked, **others}.items():
        if percent is not None and not 0 < percent < 100:
            raise typer.BadParameter(f"{name} is {percent:g}; give percent, more than 0 and less than 100")
    for name, points in {"--drop": drop, "--margin": margin, "--contrast": contrast}.items():
        if points is not None and points < SMALLEST:
            raise typer.BadParameter(f"{name} is {points:g}; give at least {SMALLEST} points, less takes millions")
    if power > HIGHEST_POWER:
        raise typer.BadParameter(f"--power is {power}; give at most {HIGHEST_POWER}")
    if not 1e-6 <= alpha < 0.5:
        raise typer.BadParameter(f"--alpha is {alpha:g}; give a chance, from 0.000001 to less than 0.5")
    if not 1 <= cluster_size <= 1e6:
        raise typer.BadParameter(f"--cluster-size is {cluster_size:g}; give a number of cases, from 1 to 1,000,000")
    if not 0 <= correlation <= 1:
        raise typer.BadParameter(f"--correlation is {correlation:g}; give a correlation, from 0 to 1")
    if not 0 < discordance <= 100:
        raise typer.BadParameter(f"--discordance is {discordance}; give percent, more than 0 and at most 100")
    if drop is not None and discordance < drop:
        raise typer.BadParameter(f"--discordance is {discordance}, but a drop of {drop} changes at least as many cases")
    if contrast is not None and contrast + rate > 100:
        raise typer.BadParameter(f"--contrast is {contrast}, but above --rate {rate} there is no room for it")
    if not 0 <= agreement < 1:
        raise typer.BadParameter(f"--agreement is {agreement}; give a correlation, from 0 to less than 1")
    if contrast is not None:
        most = sample_size.largest_correlation(rate / 100, (rate + contrast) / 100)
        if agreement > most:
            raise typer.BadParameter(
                f"--agreement is {agreement}, but outcomes that are right in {rate:g}% and {rate + contrast:g}% cannot "
                f"correlate above {most:.3f}; give at most that"
            )
    effect = sample_size.design_effect(cluster_size, correlation)
    changing, chance = discordance / 100, power / 100
    needs = {}
    if drop is not None:
        question = f"see a drop of {drop:g} points where {discordance:g}% of cases change, power {power:g}%"
        needs["drop"] = Need(question, sample_size.cases_for_drop(drop / 100, changing, chance, alpha, effect))
    if margin is not None:
        question = f"show less than {margin:g} points lost where {discordance:g}% of cases change, power {power:g}%"
        cases = sample_size.cases_for_non_inferiority(margin / 100, changing, chance, alpha, effect)
        needs["margin"] = Need(question, cases)
    if at_least is not None:
        question = f"show at least {at_least:g}% with {confidence:g}% confidence and {failures:,} failures"
        cases = sample_size.cases_for_rate(at_least / 100, failures, confidence / 100, effect)
        needs["at_least"] = Need(question, cases)
    if contrast is not None:
        question = f"see a U of {contrast:g} points above {rate:g}% at {positions} positions, power {power:g}%"
        variance = sample_size.contrast_variance((rate + contrast) / 100, rate / 100, positions - 2, agreement)
        cases = sample_size.cases_for_contrast(contrast / 100, variance, chance, alpha, effect=effect)
        needs["contrast"] = Need(question, cases)
    if json:
        print_json({"design_effect": effect, **{name: asdict(need) for name, need in needs.items()}})
    else:
        _print(needs, effect)


def _print(needs: Mapping[str, Need], effect: float) -> None:
    from evaluator.statistics.estimates_table import print_table

    print_table(("to", "cases"), ((need.question, f"{need.cases:,}") for need in needs.values()))
    if effect > 1:
        print(f"With a design effect of {effect:.2f}, since cases share questions or policies.")
