"""The home folder: where it is, and what any program may put into it. Imports nothing of Asof: commands start fast."""

import os
from pathlib import Path

CACHE = "cache"
"""The folder in a home where any program may keep results; it is removed before words are erased."""


def default_home() -> Path:
    """The home folder where none is named."""
    return Path(os.environ.get("ASOF_HOME") or ".asof")
