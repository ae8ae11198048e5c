import json
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluator.cli import app


def content(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        CliRunner().invoke(app, ["footprint", *arguments, "--json"], catch_exceptions=False).stdout
    )
    return found


def test_a_preset_can_be_overridden() -> None:
    assert content("--model", "llama-3.1-8b")["kv_cache_per_token"] == 131_072
    changed = content("--model", "llama-3.1-8b", "--kv-heads", "32", "--cache-dtype", "fp8")
    assert changed["kv_cache_per_token"] == 262_144
    assert changed["source"].endswith("; kv-heads as given")


def test_numbers_stand_in_for_a_preset() -> None:
    found = content("--parameters", "7", "--layers", "32", "--kv-heads", "8", "--head-dim", "128", "--dtype", "int8")
    assert (found["model"], found["weights"], found["kv_cache"]) == ("given", 7_000_000_000, 2**30)


def test_the_table_says_how_many_wait() -> None:
    arguments = ["footprint", "--model", "llama-3.1-8b", "--concurrency", "16", "--memory", "24", "--teraflops", "120"]
    printed = CliRunner().invoke(app, arguments, env={"COLUMNS": "140"}, catch_exceptions=False).stdout
    (row,) = [line.split() for line in printed.splitlines() if "key-value" in line]
    assert row[2] == "16.00"
    assert "It does not fit: 6 requests of 8,192 tokens fit at once; the others of 16 wait" in printed
    told = " ".join(printed.split())
    assert "With nothing cached, the last of 16 prompts of 8,192 tokens that arrive together" in told
    assert "after about 17.54 s" in told
    assert "at least" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--model", "none"],
        ["--parameters", "7"],
        ["--model", "llama-3.1-8b", "--dtype", "fp7"],
        ["--model", "llama-3.1-8b", "--memory", "0"],
        ["--model", "llama-3.1-8b", "--reserve", "100"],
        ["--model", "llama-3.1-8b", "--context", "0"],
    ],
)
def test_misuse_exits_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["footprint", *arguments]).exit_code == 2
