"""`--parameter NAME=JSON`: other fields of a request to an endpoint."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

OWN = frozenset({"model", "messages", "stream", "stream_options", "response_format"})
"""What a call sets itself."""


def read_parameters(given: Iterable[str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with the given fields in their place; `null` takes one out. ValueError says what is wrong."""
    parameters = dict(defaults)
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise ValueError(f"{item!r} is not NAME=JSON, such as seed=7")
        if name == "n":
            raise ValueError(f"{item!r}: one answer is read, so n cannot be set")
        if name in OWN:
            raise ValueError(f"{item!r} names what the call sets itself")
        try:
            parameters[name] = json.loads(value)
            json.dumps(parameters[name], allow_nan=False)
        except ValueError:
            raise ValueError(
                f"{item!r}: {value!r} is not JSON that can be sent; text stands in quotes, and NaN is no JSON"
            ) from None
    return {name: value for name, value in parameters.items() if value is not None}
