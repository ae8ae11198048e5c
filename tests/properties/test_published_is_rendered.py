"""Whatever can be published can be rendered, and read by what evaluates answers."""

from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks._hostile_text import PARTS
from benchmarks._text_readers import READERS, answer
from policies.errors import DraftError
from policies.sources.draft import parse_draft
from retriever.quoting.instructions import UNREAD, flags_of

TEXTS = st.lists(
    st.tuples(
        st.sampled_from([*PARTS, "9", "&#x10ffff;", "&#xd800;", "1e999", "\u0e33"]) | st.text(max_size=5),
        st.integers(1, 60),
    ),
    max_size=8,
).map(lambda pieces: "".join(part * times for part, times in pieces))


def published(text: str) -> bool:
    with suppress(DraftError):
        parse_draft(f"---\npolicy: P-7\ntitle: T\n---\n{text}", "file")
        return True
    return False


@settings(max_examples=150, deadline=None)
@given(TEXTS)
@example("&#" + "9" * 5_000)
@example("&#x" + "9" * 5_000)
@example("&#0" + "0" * 5_000 + ";")
@example("$" + "9" * 5_000 + " days")
@example("1" + ",000" * 2_000 + " days")
@example("9" * 400 + ":30 pm")
@example("one hundred " * 500)
def test_a_text_that_can_be_published_is_read_by_every_reader(text: str) -> None:
    if not published(text):
        return
    for read in READERS.values():
        read(text)
    passage: Any = answer(text)["evidence"][0]
    assert UNREAD not in flags_of(passage)
