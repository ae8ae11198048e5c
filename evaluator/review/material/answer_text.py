"""The answer that is judged: its fields on lines, its words without quotations, and the passages that it cites."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluator.traces.answer import answer_object
from retriever.citation_forms import citation_forms
from retriever.errors import BadCitation
from retriever.evidence.citations import Handle

Answer = str | Mapping[str, Any]

CITING = frozenset({"citation", "citations", "cited", "sources"})
"""Fields of a JSON answer that hold citations, also as numbers of the evidence."""

QUOTING = frozenset({"quote", "quotes"})
"""Fields of a JSON answer that hold words of a passage, which are not the answer's own."""


def answer_lines(answer: Answer) -> list[str]:
    """The answer for people: text as it is, and of JSON one line for each field, quotations under their citations."""
    fields = answer_object(answer)
    return str(answer).split("\n") if fields is None else list(_of_object(fields, ""))


def prose(answer: Answer) -> str:
    """What the answer says in its own words: no quotations, no citations in fields of their own, no codes."""
    fields = answer_object(answer)
    return str(answer) if fields is None else "\n".join(_sayings(fields))


def cited_handles(answer: Answer, given: Sequence[str] | None) -> list[Handle]:
    """The passages that the answer cites, each once, in its order; what names nothing is left out."""
    fields = answer_object(answer)
    found = (_handle(name) for name in _citations(answer if fields is None else fields, list(given or ()), False))
    return list(dict.fromkeys(handle for handle in found if handle is not None))


def _of_object(fields: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in fields.items():
        nested = isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(it, dict) for it in value))
        if not nested or not value:
            yield from _field(f"{indent}{name}: ", _plain(value))
            continue
        yield f"{indent}{name}:"
        for item in value if isinstance(value, list) else [value]:
            yield from _item(item, f"{indent}  ")


def _item(item: Any, indent: str) -> Iterator[str]:
    """One object of a list. The words quoted from a passage stand under its citation."""
    if not isinstance(item, Mapping):
        yield from _field(indent, _plain(item))
        return
    citation = next((name for name in ("citation", "cited") if isinstance(item.get(name), str)), None)
    quoted = next((name for name in QUOTING if isinstance(item.get(name), str)), None)
    if citation is None or quoted is None:
        yield from _of_object(item, indent)
        return
    yield f"{indent}{item[citation]}"
    yield from _field(f"{indent}  ", f'"{item[quoted]}"')
    yield from _of_object({name: item[name] for name in item if name not in (citation, quoted)}, f"{indent}  ")


def _field(start: str, text: str) -> Iterator[str]:
    """A field on its line; text of several lines goes on below its start."""
    first, *others = text.split("\n")
    yield f"{start}{first}"
    yield from (f"{' ' * len(start)}{line}" for line in others)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or "(none)"
    return json.dumps(value, ensure_ascii=False) if value or not isinstance(value, Mapping) else "(none)"


def _sayings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value.split()) >= 3:
            yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in CITING and name not in QUOTING:
                yield from _sayings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _sayings(item)


def _citations(value: Any, given: Sequence[str], citing: bool) -> Iterator[str]:
    if isinstance(value, str):
        yield from (form.citation for form in citation_forms(value, given))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _citations(item, given, name in CITING)
    elif isinstance(value, list):
        for item in value:
            yield from _citations(item, given, citing)
    elif citing and isinstance(value, int) and 1 <= value <= len(given):
        yield given[value - 1]


def _handle(citation: str) -> Handle | None:
    try:
        return Handle.parse(citation)
    except BadCitation:
        return None
