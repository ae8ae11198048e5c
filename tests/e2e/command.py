"""How the tests here call `asof`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "retriever.entrypoints.cli")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
