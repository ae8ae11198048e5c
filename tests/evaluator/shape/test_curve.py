from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.files.json_lines import Line
from evaluator.shape.curve import Curve, paired_curve, parse_curve, read_curves

Written = Callable[..., Path]
GOOD: dict[str, Any] = {"positions": [0, 4, 9], "accuracy": [75, 57, 63], "n": 2655}
ROWS = [[1, 0, 1], [1, 1, 1], [0, 0, 1], [1, 0, 0]]


def curve(**fields: Any) -> Curve:
    return parse_curve(Line("c.json, curve 1", {**GOOD, **fields}))


def test_accuracy_is_percent_and_n_counts_for_every_position() -> None:
    assert curve() == Curve((0, 4, 9), (0.75, 0.57, 0.63), (2655, 2655, 2655))
    assert curve(n=[10, 20, 30]).cases == (10, 20, 30)


def test_positions_are_taken_in_rising_order() -> None:
    found = curve(positions=[9, 0, 4], n=[1, 2, 3])
    assert (found.positions, found.rates, found.cases) == ((0, 4, 9), (0.57, 0.63, 0.75), (2, 3, 1))


def test_outcomes_give_accuracy_and_n() -> None:
    found = curve(accuracy=None, n=None, outcomes=ROWS, clusters=["a", "a", "b", 3])
    assert found.rates == (0.75, 0.25, 0.75)
    assert (found.cases, found.clusters) == ((4, 4, 4), ("a", "a", "b", "3"))
    assert found == paired_curve([0, 4, 9], ROWS, ["a", "a", "b", "3"])


def test_outcomes_may_be_booleans() -> None:
    rows = [[bool(value) for value in row] for row in ROWS]
    assert curve(accuracy=None, n=None, outcomes=rows).outcomes == tuple(map(tuple, ROWS))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"positions": None}, "positions is missing"),
        ({"positions": [0, 1], "accuracy": [1, 2]}, "positions has 2; a shape needs at least 3"),
        ({"positions": []}, "positions has 0"),
        ({"positions": [0, 4, 4]}, "positions holds a position twice"),
        ({"positions": [0, "4", 9]}, "positions[1] is '4'; give a number"),
        ({"positions": "049"}, "positions is not a list"),
        ({"accuracy": None}, "accuracy is missing"),
        ({"accuracy": [1, 2]}, "accuracy has 2 values for 3 positions"),
        ({"accuracy": [1, 2, 100.1]}, "accuracy[2] is 100.1; give percent"),
        ({"accuracy": [1, 2, True]}, "accuracy[2] is 'True'; give a number"),
        ({"accuracy": [1, 2, 10**400]}, "accuracy[2] is '1000"),
        ({"accuracy": [0.758, 0.572, 0.632]}, "give percent, such as 75.8"),
        ({"n": None}, "n is missing"),
        ({"n": 0}, "n is '0'; give a whole number"),
        ({"n": 10**400}, "give a whole number"),
        ({"n": [5, 5]}, "n has 2 values for 3 positions"),
        ({"clusters": ["a"]}, "clusters is given without outcomes"),
        ({"outcomes": []}, "outcomes holds no cases"),
        ({"outcomes": [[1, 0]]}, "outcomes[0] is not a list of 3 values"),
        ({"outcomes": [[1, 0, 2]]}, "outcomes[0] holds other values than 0 and 1"),
        ({"outcomes": [[1, 0, [1]]]}, "outcomes[0] holds other values than 0 and 1"),
        ({"outcomes": ROWS}, "n is 2655, but outcomes holds 4 cases"),
        ({"outcomes": ROWS, "n": 4}, "accuracy[1] is 57.0%, but outcomes gives 25.0%"),
        ({"outcomes": ROWS, "n": 4, "accuracy": [75, 25, 75], "clusters": ["a"]}, "clusters has 1 names for 4 cases"),
        ({"outcomes": ROWS, "n": 4, "accuracy": [75, 25, 75], "clusters": [0.5] * 4}, "clusters[0] is 0.5"),
    ],
)
def test_a_refusal_names_curve_and_field(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadLine) as refused:
        curve(model="m-1", task="qa", **fields)
    assert str(refused.value).startswith("c.json, curve 1 (m-1, qa): ")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [("[]", "holds no curves"), ('{"positions": []}', "is not a JSON list"), ("[1]", "curve 1: is not a JSON object")],
)
def test_a_file_without_curves_is_refused(written: Written, content: str, problem: str) -> None:
    with pytest.raises((BadFile, BadLine), match=problem):
        read_curves(written("c.json", content))


def test_curves_are_read_in_order(written: Written) -> None:
    path = written("c.json", "[", '{"name": "one", "positions": [0, 1, 2], "accuracy": [1, 2, 3], "n": 5},')
    path.write_text(path.read_text() + '{"name": "two", "positions": [0, 1, 2], "accuracy": [1, 2, 3], "n": 5}]')
    assert [found.label for found in read_curves(path)] == ["one", "two"]
