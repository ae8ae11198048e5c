"""sqlite-utils without pandas, which it imports wherever that is installed: half a second of every command."""

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
_loaded = "pandas" in _modules
if not _loaded:
    _modules["pandas"] = None  # which makes `import pandas` say that it is not there
try:
    from sqlite_utils import Database as Database
    from sqlite_utils import Migrations as Migrations
finally:
    if not _loaded:
        del _modules["pandas"]
