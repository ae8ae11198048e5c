"""Strict JSON: NaN and Infinity, which Python's reader takes, are refused."""

import json
from collections.abc import Callable
from typing import Any


def parse_json(text: str | bytes, object_of: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value of a JSON text; ValueError where the text is not JSON, RecursionError where it is nested too deep.

    `object_of` makes an object of its names and values; without it, the last value of a name counts.
    """
    return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=object_of)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
