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
    ("arguments", "problem"),
    [
        ("", "give at least one of --drop"),
        ("--drop 0", "--drop is 0; give percent"),
        ("--drop nan", "--drop is nan; give percent"),
        ("--drop 0.000001", "--drop is 1e-06; give at least 0.1 points"),
        ("--margin 1e-200", "--margin is 1e-200; give at least 0.1 points"),
        ("--drop 30", "a drop of 30.0 changes at least as many"),
        ("--drop 5 --alpha 1", "--alpha is 1; give a chance"),
        ("--drop 5 --alpha 1e-300", "--alpha is 1e-300; give a chance"),
        ("--contrast 5 --power 99.99999999999999", "give at most 99.99"),
        ("--drop 5 --discordance 101", "--discordance is 101"),
        ("--drop 5 --cluster-size inf --correlation 0.5", "--cluster-size is inf; give a number of cases, from 1 to"),
        ("--drop 5 --cluster-size nan", "--cluster-size is nan; give a number of cases"),
        ("--drop 5 --cluster-size 0.5", "--cluster-size is 0.5; give a number of cases"),
        ("--drop 5 --correlation nan", "--correlation is nan; give a correlation"),
        ("--at-least 100", "--at-least is 100; give percent"),
        ("--at-least 95 --failures -1", "--failures"),
        ("--contrast 50", "there is no room for it"),
        ("--contrast 5 --agreement 1", "--agreement is 1.0; give a correlation"),
        ("--contrast 20 --rate 40 --agreement 0.9999", "40% and 60% cannot correlate above 0.667; give at most that"),
        ("--contrast 40 --rate 60 --agreement 0.1", "60% and 100% cannot correlate above 0.000"),
    ],
)
def test_misuse_exits_2_and_says_what_to_give(arguments: str, problem: str) -> None:
    refused = CliRunner().invoke(app, ["size", *arguments.split()])
    assert refused.exit_code == 2
    assert problem in " ".join(refused.stderr.replace("│", " ").split())


def test_outcomes_may_correlate_as_far_as_their_rates_let_them() -> None:
    assert size("--contrast", "20", "--rate", "40", "--agreement", "0.66")["contrast"]["cases"] > 1
