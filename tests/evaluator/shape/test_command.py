import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.errors import BadLine

CURVES = [
    {"name": "a", "positions": [0, 1, 2], "accuracy": [80, 50, 80], "n": 200},
    {"model": "m-1", "task": "qa", "positions": [0, 1, 2], "accuracy": [50, 50, 50], "n": 50},
]


@pytest.fixture
def curves(tmp_path: Path) -> Path:
    path = tmp_path / "curves.json"
    path.write_text(json.dumps(CURVES))
    return path


def test_json_is_a_list_of_shapes_with_their_contrasts(curves: Path) -> None:
    found = json.loads(CliRunner().invoke(app, ["shape", str(curves), "--json"]).stdout)
    assert [one["shape"] for one in found] == ["u", "underpowered"]
    assert found[0]["contrasts"]["recency"]["verdict"] == "better"
    assert (found[1]["model"], found[1]["task"]) == ("m-1", "qa")


def test_the_table_shows_shape_and_cases_needed(curves: Path) -> None:
    printed = CliRunner().invoke(app, ["shape", str(curves)], env={"COLUMNS": "200"}).stdout
    (row,) = [line.split() for line in printed.splitlines() if "m-1" in line]
    assert row[2] == "underpowered"
    assert int(row[-1].replace(",", "")) > 50


def test_a_margin_of_nothing_is_misuse(curves: Path) -> None:
    assert CliRunner().invoke(app, ["shape", str(curves), "--margin", "0"]).exit_code == 2


def test_two_positions_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "curves.json"
    path.write_text(json.dumps([CURVES[0], {"positions": [0, 1], "accuracy": [1, 2], "n": 5}]))
    refused = CliRunner().invoke(app, ["shape", str(path), "--json"]).exception
    assert isinstance(refused, BadLine)
    assert "curve 2: positions has 2" in str(refused)
