"""The campaign of `scripts/bench survive`, for three minutes."""

import subprocess
import sys

import pytest

from tests.root import ROOT


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_three_minutes_of_full_disks_and_kills_break_no_promise() -> None:
    command = [sys.executable, "-m", "benchmarks.survive", "--minutes", "3"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    assert "Every promise held." in ran.stdout
