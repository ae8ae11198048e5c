"""Reads a questions file in JSON Lines, gzip allowed: one request a line, with options that all lines share."""

import gzip
import zlib
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from policies.strict_json import parse_json
from retriever.asking.query import Query, parse_query
from retriever.errors import BadLine, BadQuery


def read_questions(path: Path, options: Mapping[str, Any], zone: tzinfo = UTC) -> list[tuple[Any, Query]]:
    """The id of every line (None if it has none) and its query, in order; BadLine names a bad line.

    A field of a line wins over the shared option. A date is its start in the zone. All lines are read
    before the first is answered.
    """
    try:
        raw = path.read_bytes()
        content = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except (OSError, EOFError, zlib.error) as error:
        raise BadLine(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except UnicodeDecodeError as error:
        raise BadLine(str(path), f"is not UTF-8: {error}") from error
    questions = []
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            fields = parse_json(line)
        except (ValueError, RecursionError) as error:
            raise BadLine(where, f"is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise BadLine(where, "is not a JSON object")
        given = {name: value for name, value in fields.items() if value is not None}
        try:
            questions.append((fields.get("id"), parse_query({**options, **given}, zone)))
        except BadQuery as error:
            raise BadLine(where, str(error)) from error
    return questions
