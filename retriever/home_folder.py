"""The home folder and its cache. This module imports nothing of Asof, so that commands start fast."""

import os
from pathlib import Path

CACHE = "cache"
"""The folder in a home where programs may keep results. It is emptied when words are erased."""


def default_home() -> Path:
    """The home folder if none is named."""
    return Path(os.environ.get("ASOF_HOME") or ".asof")
