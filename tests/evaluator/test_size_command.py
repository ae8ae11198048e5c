import json

import pytest
from typer.testing import CliRunner

from evaluator.cli import app


def size(*arguments: str) -> dict[str, dict[str, int]]:
    finished = CliRunner().invoke(app, ["size", *arguments, "--json"], catch_exceptions=False)
    assert finished.exit_code == 0, finished.output
    found: dict[str, dict[str, int]] = json.loads(finished.stdout)
    return found


def test_at_least_95_percent_takes_59_and_with_a_failure_93() -> None:
    assert size("--at-least", "95")["at_least"]["cases"] == 59
    assert size("--at-least", "95", "--failures", "1")["at_least"]["cases"] == 93


def test_each_question_has_its_number() -> None:
    found = size("--drop", "5", "--margin", "2", "--contrast", "10", "--discordance", "10")
    # 0.1 * (1.959964 + 0.841621)^2 / 0.0004 = 1962.2; (0.21 + 0.24 / 3) * (1.959964 + 1.281552)^2 / 0.01 = 304.7
    assert (found["margin"]["cases"], found["contrast"]["cases"]) == (1963, 320)
    assert 311 < found["drop"]["cases"] < 345


def test_cases_that_share_a_policy_take_more() -> None:
    found = size("--drop", "5", "--cluster-size", "5", "--correlation", "0.25")
    assert found["design_effect"] == 2.0
    assert found["drop"]["cases"] == 2 * size("--drop", "5")["drop"]["cases"]


def test_positions_whose_outcomes_agree_take_fewer() -> None:
    agreeing = size("--contrast", "10", "--agreement", "0.5")
    assert agreeing["contrast"]["cases"] < 0.6 * size("--contrast", "10")["contrast"]["cases"]


def test_the_table_says_what_for() -> None:
    printed = (
        CliRunner()
        .invoke(app, ["size", "--at-least", "95", "--cluster-size", "2", "--correlation", "1"], env={"COLUMNS": "120"})
        .stdout
    )
    assert "show at least 95% with 95% confidence and 0 failures" in printed
    assert "118" in printed
    assert "design effect of 2.00" in printed


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--drop", "0"],
        ["--drop", "30"],
        ["--at-least", "100"],
        ["--contrast", "50"],
        ["--drop", "5", "--alpha", "1"],
        ["--drop", "5", "--discordance", "101"],
        ["--contrast", "5", "--agreement", "1"],
        ["--at-least", "95", "--failures", "-1"],
        ["--drop", "nan"],
    ],
)
def test_misuse_exits_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["size", *arguments]).exit_code == 2
