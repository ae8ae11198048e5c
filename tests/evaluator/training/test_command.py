import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from policies.ledger import Ledger
from tests.evaluator.in_process import Run
from tests.evaluator.training.test_rows import DEMONSTRATION, PAIR

Written = Callable[..., Path]


@pytest.fixture
def exported(asof_eval: Run) -> Run:
    return partial(asof_eval, "export")


def test_all_or_nothing_is_printed_unless_refusals_are_skipped(
    tmp_path: Path, written: Written, ledger: Ledger, exported: Run
) -> None:
    path = written("c.jsonl", DEMONSTRATION, {"id": "d2", "prompt": "x"})
    held_out = written("cases.jsonl", {"id": "q", "query": "Is it sunny today?"})
    arguments = ("demonstrations", path, "--held-out", held_out, "--home", tmp_path / "home")
    finished = exported(*arguments)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.splitlines() == [
        f"{path}, line 2: response is missing",
        "1 refused, nothing printed; mend them or add --skip-refused",
    ]
    finished = exported(*arguments, "--skip-refused")
    assert finished.returncode == 0
    assert [json.loads(line)["id"] for line in finished.stdout.splitlines()] == ["d1"]
    assert f"{path}, line 2: response is missing" in finished.stderr


def test_without_a_ledger_nothing_is_exported(tmp_path: Path, written: Written, exported: Run) -> None:
    finished = exported("preferences", written("p.jsonl", PAIR), "--home", tmp_path / "none")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "There is no ledger in" in finished.stderr
