"""What `asof serve` was asked to offer; every process of the service is started with the same."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """`facts` hold for who cannot name any. With `mcp` assistants find their tools; `as_json` are log lines."""

    keys_required: bool
    facts: Mapping[str, str]
    mcp: bool
    as_json: bool
    workers: int = 1

    @property
    def at_once(self) -> int:
        """Questions that one process works on at once. Each is encoded by one thread, so more of them than there are
        cores, over all processes, only wait for one another."""
        return max(2, math.ceil(((os.cpu_count() or 1) + 1) / self.workers))
