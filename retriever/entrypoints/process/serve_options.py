"""The options of `asof serve`. Every process of the service starts with the same options."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """`facts` hold for callers that cannot send any. `mcp` serves tools of assistants. `as_json` is for log lines.

    `cases` is the path of a file of golden questions, absolute.
    """

    keys_required: bool
    facts: Mapping[str, str]
    mcp: bool
    as_json: bool
    workers: int = 1
    cases: str | None = None

    @property
    def abreast(self) -> int:
        """How many questions one process begins side by side: as many as it has cores, counted over all processes."""
        return max(1, (os.cpu_count() or 1) // self.workers)

    @property
    def at_once(self) -> int:
        """How many questions one process works on at once. One thread encodes one question. So more questions than
        cores, over all processes, would only wait for each other."""
        return max(2, math.ceil(((os.cpu_count() or 1) + 1) / self.workers))
