"""How the tests here call `asof`."""

import subprocess
import sys
from collections.abc import Callable

COMMAND = (sys.executable, "-m", "retriever.entrypoints.cli")

Run = Callable[..., "subprocess.CompletedProcess[str]"]
