import pytest

from evaluator.statistics.estimates_table import in_percent, print_counts, print_estimates
from evaluator.statistics.intervals import Estimate, proportion

HALF = proportion(1, 2)
"""Wilson's interval of 1 of 2: (1 + z²/2 ± z√(1/2 + z²/4)) / (2 + z²) = 0.0945 and 0.9055."""


def rows(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines() if line.strip() and "─" not in line]


def test_counts_stand_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_counts({"cases": 1200, "without_evidence": 3})
    assert capsys.readouterr().out == "cases 1,200, without evidence 3\n"


def test_each_estimate_has_its_interval_and_its_n_in_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = Estimate(0.25, None, None, 4, "bootstrap")
    print_estimates({"half": HALF, "unknown": unknown}, {"nothing": proportion(0, 0)})
    assert rows(capsys.readouterr().out) == [
        ["measure", "value", "95%", "interval", "n"],
        ["half", "0.5000", "0.0945", "to", "0.9055", "2"],
        ["unknown", "0.2500", "none", "4"],
        ["nothing", "none", "0"],
    ]


def test_counts_of_a_row_stand_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_estimates({"half": HALF}, head=("passed", "rate"), counts={"half": {"FAIL": 1, "ERROR": 0}})
    assert rows(capsys.readouterr().out) == [
        ["passed", "rate", "95%", "interval", "n", "FAIL", "ERROR"],
        ["half", "0.5000", "0.0945", "to", "0.9055", "2", "1", "0"],
    ]


def test_percent_of_nothing_is_empty() -> None:
    assert in_percent(HALF) == ("50.0%", "9.5% to 90.5%")
    assert in_percent(proportion(0, 0)) == in_percent(None) == ("", "")
