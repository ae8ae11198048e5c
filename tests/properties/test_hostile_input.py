"""Whatever is sent in: it is accepted, or refused by an error of ours that names it. Nothing else is raised."""

from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evaluator.citations.cited import find_cited
from policies.errors import DraftError
from policies.instant import format_instant, parse_instant
from policies.sources.draft import parse_draft
from retriever.asking.query import parse_query
from retriever.errors import BadCitation, BadQuery
from retriever.evidence.citations import Handle
from retriever.traces.trace import Trace

ANY_TEXT = st.text(st.characters(), max_size=200)
"""Any code points: NUL, lone surrogates, right-to-left, emoji."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
ORDINARY = {
    "query": "Are damaged items eligible?",
    "as_of": "2025-03-01",
    "known_at": "2025-03-01",
    "policies": ["P-7"],
    "facts": {"region": "US"},
    "k": 5,
    "order": "rank",
}
FIELDS = ["policy", "title", "effective", "until", "owner", "applies_to", "audience", "note", "unknown", "<<"]
SCALARS = st.sampled_from(
    [
        "P-7",
        "2025-03-01",
        "2025-02-30",
        "[a, b]",
        "{a: [b]}",
        "{a: {b: c}}",
        "~",
        "*x",
        "&x y",
        "!!python/object:os",
        "'",
    ]
)


@st.composite
def front_matter(draw: st.DrawFn) -> str:
    """An authored file whose front matter has known fields with any values, or any text at all."""
    lines = draw(st.lists(st.tuples(st.sampled_from(FIELDS) | ANY_TEXT, SCALARS | ANY_TEXT), max_size=8))
    body = draw(ANY_TEXT)
    opening, closing = draw(st.sampled_from([("---\n", "---\n"), ("---\n", ""), ("", ""), ("---", "...\n")]))
    return opening + "".join(f"{name}: {value}\n" for name, value in lines) + closing + body


@settings(deadline=None)
@given(front_matter() | ANY_TEXT)
@example("---\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\npolicy: *c\n---\nWords.\n")
@example("---\npolicy: P-7\ntitle: " + "[" * 5000 + "\n---\nWords.\n")
@example("---\npolicy: P-7\ntitle: a\0b\n---\nWords.\n")
@example("\ufeff---\npolicy: P-7\n---\n")
def test_an_authored_file_is_a_draft_or_refused_by_name(content: str) -> None:
    with suppress(DraftError):
        draft = parse_draft(content, "file")
        assert draft.text == content
        draft.digest()


@given(st.dictionaries(st.sampled_from(["query", "as_of", "known_at", "policies", "facts", "k", "order"]), JSON))
@example({"query": "\ud800"})
@example({"query": "q\0"})
@example({"query": "\u202equery 🙂"})
@example({"query": "x" * 1_000_000})
@example({"query": "q", "as_of": float("inf")})
def test_a_query_is_understood_or_refused_by_its_field(fields: dict[str, Any]) -> None:
    """The field that is named is to blame: with an ordinary value in its place, it is named no more."""
    named = set[str]()
    while (field := refused_field(fields)) is not None:
        assert field in {*fields, "query"} - named
        named.add(field)
        fields = {**fields, field: ORDINARY[field]}


def refused_field(fields: dict[str, Any]) -> str | None:
    try:
        assert parse_query(fields).text.strip()
    except BadQuery as error:
        return error.field
    return None


DATES = st.from_regex(
    r"[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


@given(DATES | ANY_TEXT)
@example("0000-01-01")
@example("9999-12-31T23:59:60Z")
@example("2025-03-01T00:00:00+99:99")
@example("٢٠٢٥-٠٣-٠١")
def test_a_date_is_an_instant_or_refused(text: str) -> None:
    with suppress(ValueError):
        instant = parse_instant(text)
        assert parse_instant(format_instant(instant)) == instant


@given(st.from_regex(r"\[?[A-Za-z0-9._-]{0,9}@[0-9]{0,12}#[0-9]{0,9}(-[0-9]{0,9})?\]?") | ANY_TEXT)
@example("P-7@３#1")
@example("P-7@1#1\n")
def test_a_citation_is_a_handle_or_refused(text: str) -> None:
    with suppress(BadCitation):
        handle = Handle.parse(text)
        assert Handle.parse(str(handle)) == handle
        assert 1 <= handle.first <= handle.last


@given(ANY_TEXT)
@example("[P-7@2#1" * 1000)
@example("a@" * 5000)
@example('"' * 5000 + "P-7@2#1")
def test_citations_are_found_in_any_answer(answer: str) -> None:
    assert all(cited.citation in answer for cited in find_cited(answer))


@given(st.dictionaries(st.sampled_from([*Trace.model_fields, "other"]), JSON))
@example({"other": float("nan")})
@example({"facts": {"region": "\ud800"}})
def test_a_trace_is_accepted_or_refused_by_its_field(fields: dict[str, Any]) -> None:
    """Without the fields that are named, but for those that must be there, it is accepted."""
    given = {"id": "t", "answer": "", **fields}
    try:
        Trace.model_validate(given).content()
    except ValidationError as error:
        named = {str(each["loc"][0]) for each in error.errors()}
        assert named <= given.keys()
        kept = {name: value for name, value in given.items() if name not in named}
        Trace.model_validate({"id": "t", "answer": "", **kept}).content()
