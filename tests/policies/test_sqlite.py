"""What opening a ledger imports."""

import subprocess
import sys

import pytest


def test_opening_a_ledger_does_not_import_pandas_and_leaves_it_importable() -> None:
    pytest.importorskip("pandas")
    program = (
        "import sys, policies.ledger, retriever.traces.store; assert 'pandas' not in sys.modules; "
        "import pandas; assert pandas.DataFrame"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
