"""The evaluator's tour: a healthy run ships, and each planted fault is caught by the gate and led to its owner."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.root import ROOT

TOUR = ROOT / "scripts" / "evaluation" / "tour.py"

WRITTEN = {
    "healthy": "healthy SHIP",
    "stale-policy": "stale-policy BLOCK retrieval index: Retrieve as of the instant asked about: refresh the document",
    "missing-policy-id": "missing-policy-id BLOCK prompt contract or demonstrations: Tighten the output contract",
    "promised-label": "promised-label BLOCK preference data and safety eval: Hold the answer back now; add a pair",
    "slow-first-token": "slow-first-token BLOCK serving: Profile queueing and key-value cache pressure",
    "regression": "regression BLOCK evaluation gate and rollback: Block the candidate or roll back",
}

BLOCKED_BY = {
    "stale-policy": "no stale citation that the words in force contradict",
    "missing-policy-id": "no answer outside the schema",
    "promised-label": "no forbidden side effect, none claimed that was not executed",
    "slow-first-token": "first token within a second",
    "regression": "decisions no worse than the baseline's",
}


@pytest.mark.slow
def test_the_healthy_run_ships_and_each_planted_fault_ends_with_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "tour"
    done = subprocess.run(
        [sys.executable, str(TOUR), "--folder", str(folder)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "ASOF_HOME": str(tmp_path / "not-this-one")},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(WRITTEN) + 1
    for line, wanted in zip(lines, WRITTEN.values(), strict=False):
        assert line.startswith(wanted)
    for name, rule in BLOCKED_BY.items():
        gate = json.loads((folder / name / "gate.json").read_text())
        blocking = {found["rule"]: found for found in gate["findings"] if found["decision"] == "BLOCK"}
        assert rule in blocking
        assert gate["profile"] == "starter"
        assert gate["changed"]
        failures = {failure["case"]: failure for failure in gate["failures"]}
        routed = json.loads((folder / name / "route.json").read_text())
        assert set(failures) == {route["case"] for route in routed["routes"]}
        assert {failure["owner"] for failure in failures.values()} == {route["owner"] for route in routed["routes"]}
        for page in ("gate.html", "route.html", "gate.markdown", "gate.junit"):
            assert (folder / name / page).stat().st_size > 1000
    assert "PASS: yes. FAIL: no." in (folder / "healthy" / "review.txt").read_text()
    assert not (tmp_path / "not-this-one").exists()


def test_a_folder_that_no_tour_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    done = subprocess.run([sys.executable, str(TOUR), "--folder", str(tmp_path)], capture_output=True, encoding="utf-8")
    assert done.returncode == 1
    assert "holds something that no tour made; name another folder with --folder" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "kept"
