"""What `asof serve` was asked to offer; every process of the service is started with the same."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """`facts` hold for who cannot name any. With `mcp` assistants find their tools; `as_json` are log lines."""

    keys_required: bool
    facts: Mapping[str, str]
    mcp: bool
    as_json: bool
