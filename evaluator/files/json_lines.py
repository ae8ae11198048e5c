"""Reads JSON Lines, or a list in JSON, gzip allowed: each field has a type, and each error names its place."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from evaluator.errors import BadFile, BadLine
from policies.instant import Instant
from policies.period import Period
from policies.strict_json import parse_json
from retriever.asking.query import query_instant
from retriever.errors import RetrieverError


class Identified(Protocol):
    """Whatever has an id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T")
WithId = TypeVar("WithId", bound=Identified)


@dataclass(frozen=True, slots=True)
class Line:
    """One JSON object and where it stands; null is the same as absent. `path` leads to it inside its line."""

    where: str
    fields: Mapping[str, Any]
    path: str = ""

    @classmethod
    def parse(cls, where: str, content: bytes) -> "Line":
        """The object in the bytes of a line; BadLine where there is none."""
        fields = _parsed(content, where)
        if not isinstance(fields, dict):
            raise BadLine(where, "is not a JSON object")
        return cls(where, fields)

    def has(self, field: str) -> bool:
        return self.fields.get(field) is not None

    def error(self, field: str, problem: str) -> BadLine:
        return BadLine(self.where, f"{self.path}{field} {problem}")

    def required(self, field: str) -> Any:
        value = self.fields.get(field)
        if value is None:
            raise self.error(field, "is missing")
        return value

    def text(self, field: str) -> str:
        """A string that holds more than white space."""
        value = self.required(field)
        if not isinstance(value, str) or not value.strip():
            raise self.error(field, f"is {value!r}; write text")
        return value

    def name(self, field: str) -> str:
        """An id: text, or a whole number as text."""
        value = self.required(field)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text(field)

    def texts(self, field: str) -> list[str]:
        """A list of strings that each hold more than white space; empty where the field is absent."""
        value = self.fields.get(field)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(field, f"is {value!r}; write a list of texts")
        return value

    def count(self, field: str) -> int:
        """A whole number of at least 1."""
        value = self.required(field)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.error(field, f"is {value!r}; give a whole number of at least 1")
        return value

    def instant(self, field: str) -> Instant | None:
        with self.translated():
            return query_instant(self.fields.get(field), f"{self.path}{field}")

    def required_instant(self, field: str) -> Instant:
        self.required(field)
        instant = self.instant(field)
        assert instant is not None
        return instant

    def period(self, start: str, end: str) -> Period:
        """The period from one field to another; it has no end where the second is null."""
        begins, ends = self.required_instant(start), self.instant(end)
        return Period(begins) if ends is None else Period(begins, ends)

    def inner(self, field: str) -> "Line | None":
        """The object in a field; None where there is none."""
        value = self.fields.get(field)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self.error(field, "is not a JSON object")
        return Line(self.where, value, f"{self.path}{field}.")

    def items(self, field: str) -> list["Line"]:
        """The objects of the list in a field."""
        value = self.required(field)
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise self.error(field, "is not a list of JSON objects")
        return [Line(self.where, item, f"{self.path}{field}[{at}].") for at, item in enumerate(value)]

    def share(self, field: str, wanted: str) -> float | None:
        """A number from 0 to 1; None where there is none."""
        value = self.fields.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise self.error(field, f"is {value!r}; {wanted}")
        return float(value)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turns the library's refusal of a value into a BadLine that names the line."""
        try:
            yield
        except RetrieverError as error:
            raise BadLine(self.where, str(error)) from error


def read_lines(path: Path) -> Iterator[Line]:
    """Every line that is not blank, in order; BadLine names the first that is no JSON object."""
    return (Line.parse(where, content) for where, content in raw_lines(path))


def read_unique(path: Path, parse: Callable[[Line], WithId], noun: str, limit: int | None = None) -> list[WithId]:
    """What `parse` makes of each line, at most `limit` of them, in order; no two have the same id."""
    lines = islice(read_lines(path), limit)
    return unique(((line.where, (item := parse(line)).id, item) for line in lines), path, noun)


def unique(found: Iterable[tuple[str, str, T]], path: Path, noun: str) -> list[T]:
    """The items found in a file; `found` gives each with its place and id.

    BadLine names an id that is there twice; BadFile says that there is nothing.
    """
    items: dict[str, T] = {}
    for where, id, item in found:
        if id in items:
            raise BadLine(where, f"id is {id!r}, which an earlier line has; give every {noun} its own")
        items[id] = item
    if not items:
        raise BadFile(f"{path} holds no {noun}s; each line is one, as a JSON object")
    return list(items.values())


def raw_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of every line that is not blank, in order, each with its place."""
    for number, content in enumerate(read_content(path).split(b"\n"), start=1):
        if content.strip():
            yield f"{path}, line {number}", content


def read_object(path: Path) -> Line:
    """The one JSON object of a file; BadFile or BadLine where it is none."""
    content = _parsed(read_content(path), str(path))
    if not isinstance(content, dict):
        raise BadFile(f"{path} is not a JSON object")
    return Line(str(path), content)


def read_list(path: Path, item: str) -> list[Line]:
    """The objects of a file that is one JSON list; each stands at "PATH, ITEM 1" and so on."""
    content = _parsed(read_content(path), str(path))
    if not isinstance(content, list):
        raise BadFile(f"{path} is not a JSON list; put the objects between [ and ]")
    for number, fields in enumerate(content, start=1):
        if not isinstance(fields, dict):
            raise BadLine(f"{path}, {item} {number}", "is not a JSON object")
    return [Line(f"{path}, {item} {number}", fields) for number, fields in enumerate(content, start=1)]


def _parsed(content: bytes, where: str) -> Any:
    try:
        return parse_json(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine(where, f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadLine(where, f"is not JSON: {error}") from error


def read_content(path: Path) -> bytes:
    """The bytes of a file, unpacked where it is packed; BadFile where it cannot be read."""
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise BadFile(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
