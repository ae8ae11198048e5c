"""JSON of megabytes, written in little time."""

from typing import Any

from fastapi.responses import JSONResponse
from pydantic_core import to_json


class LargeJSON(JSONResponse):
    """A response of JSON values, of which there may be megabytes.

    Nothing else runs while JSON is written, `/livez` included, and pydantic's encoder takes a part of the time that the
    standard library's takes. A number that is not finite, which no content has, is null.
    """

    def render(self, content: Any) -> bytes:
        """The values as JSON in UTF-8, without spaces."""
        return to_json(content, inf_nan_mode="null")
