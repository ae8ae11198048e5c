"""A sweep among outdated wordings in words and as a picture."""

from evaluator.positions.outdated import Gain, Measure, Outdated, Side, overall
from evaluator.positions.reports.plot import Picture
from evaluator.positions.scoring import SAID
from evaluator.positions.settings import ORACLE
from evaluator.statistics.estimates_table import in_percent
from evaluator.statistics.intervals import Estimate

COLUMNS = ("dates", "position", "right", "95% interval", "outdated", "95% interval", "cites outdated", "n")
MEASURES: tuple[Measure, ...] = ("correct", "outdated", "cites_outdated")


def rows(found: Outdated) -> list[tuple[str, ...]]:
    """A row for each side and position, and one over all positions; intervals are clustered by policy."""
    made: list[tuple[str, ...]] = []
    for side, results in found.sides.items():
        right, old, cites = (results.by_group(measure).estimates for measure in MEASURES)
        made += [
            _row(side, str(position), *estimates)
            for position, *estimates in zip(results.plan.positions, right, old, cites, strict=True)
        ]
        made.append(_row(side, "all", *(overall(results, measure) for measure in MEASURES)))
    return made


def sentences(found: Outdated) -> list[str]:
    """What the answers of each side said, and what dates change."""
    said = []
    for side in found.sides:
        counts = ", ".join(f"{name.replace('_', ' ')} {found.said(side)[name]:,}" for name in SAID)
        said.append(f"Answers {side}: {counts}; right and outdated in one {found.both(side):,}, counted as right")
    for measure, name in (("outdated", "outdated answers"), ("correct", "right answers")):
        gain = found.gain("outdated" if measure == "outdated" else "correct")
        if gain is not None:
            said.append(f"Dates: {name} with dates less without {_difference(gain)}")
    return said


def picture(found: Outdated) -> Picture:
    """Right and outdated answers by position, on each side."""
    plan = found.first.plan
    n = len(found.first.complete_cases())
    curves = [
        (f"{name}, {side}", results.by_group(measure))
        for name, measure in (("right", "correct"), ("outdated", "outdated"))
        for side, results in found.sides.items()
    ]
    return Picture(
        title=f"{plan.model}: outdated wordings beside the gold passage, {n:,} cases"
        + ("\nSIMULATED reader, no language model" if found.simulated else ""),
        curves=tuple(curves),
        levels=(("with the gold passage alone", found.first.control(ORACLE)),),
    )


def _row(side: Side, position: str, right: Estimate, old: Estimate, cites: Estimate) -> tuple[str, ...]:
    return side.split()[0], position, *in_percent(right), *in_percent(old), in_percent(cites)[0], f"{right.n:,}"


def _difference(gain: Gain) -> str:
    seen = gain.overall
    if seen.value is None or seen.low is None or seen.high is None:
        return "cannot be told: no case was answered at every position on both sides"
    verdict = "more" if seen.low > 0 else "fewer" if seen.high < 0 else "no difference can be told"
    return (
        f"{100 * seen.value:+.1f} points (95% interval {100 * seen.low:+.1f} to {100 * seen.high:+.1f}, paired, "
        f"clustered by policy, n {seen.n:,} answers): {verdict}"
    )
