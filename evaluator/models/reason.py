"""The reason that an endpoint gives for a refusal, in one line and without keys."""

import json
import re
from typing import Any

MOST_CHARACTERS = 300

_KEYS = re.compile(r"(?i)\bbearer\s+\S+|\b(?:sk|pk|rk|gsk|hf|xai|key|api)[-_][\w*.…-]{6,}")
"""What looks like a key: some endpoints repeat the one that they were sent, or half of it."""


def reason_of(body: bytes, key: str | None = None) -> str:
    """What the body of a refusal says: its message where it has one, else its text; empty where it says nothing."""
    said = _read(body.decode(errors="replace"))
    return without_keys(" ".join(said.split()), key)[:MOST_CHARACTERS].rstrip(" .")


def without_keys(text: str, key: str | None = None) -> str:
    """The text with the key that was sent, and all that looks like one, left out."""
    return _KEYS.sub("[key]", text.replace(key, "[key]") if key else text)


def _message(content: Any) -> str:
    """The message of the shapes in use: `error.message`, `error`, `message`, `detail`, and lists of them."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "; ".join(filter(None, map(_message, content)))
    if not isinstance(content, dict):
        return "" if content is None else str(content)
    for field in ("error", "message", "detail", "msg"):
        if content.get(field):
            said = _message(content[field])
            loc = ".".join(str(part) for part in content.get("loc", ())) if field == "msg" else None
            places = [loc, *(content.get(name) for name in ("param", "code") if isinstance(content.get(name), str))]
            said += "".join(f" ({place})" for place in places if place and place.lower() not in said.lower())
            metadata = content.get("metadata")
            raw = metadata.get("raw") if isinstance(metadata, dict) else None
            return f"{said}: {_read(raw)}" if isinstance(raw, str) and raw else said
    return json.dumps(content, ensure_ascii=False) if content else ""


def _read(text: str) -> str:
    """What a text says, JSON or not."""
    try:
        return _message(json.loads(text))
    except (ValueError, RecursionError):
        return re.sub(r"<[^>]*>", " ", text)
