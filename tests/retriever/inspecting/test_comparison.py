"""Two recorded revisions compared with what governs their passages, also where two splitters made them."""

from indexer.text.split import Splitter
from policies.comparing.difference import Difference
from policies.instant import parse_instant
from policies.revision import Revision, Span, VersionId
from retriever.inspecting.comparison import compared
from tests.fakes import FakeEncoder

SPLITTER = Splitter(FakeEncoder().token_offsets, "0")


def revision(number: int, text: str, *, splitter: str = SPLITTER.version, spans: tuple[Span, ...] = ()) -> Revision:
    at = parse_instant("2025-01-01")
    spans = spans or tuple(SPLITTER.split(text))
    labels = ("public",)
    return Revision(VersionId("P", number), number, at, "Drinks", text, None, None, None, {}, labels, splitter, spans)


def difference(before: Revision, after: Revision) -> Difference:
    return compared(before, after, lambda: SPLITTER)


def kinds(found: Difference) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    return [(change.kind, change.before, change.after) for change in found.passages]


def test_a_heading_over_nothing_is_shown_when_it_comes() -> None:
    found = difference(revision(1, "# Drinks\n\nBeer.\n"), revision(2, "# Drinks\n\nBeer.\n\n## Food\n"))
    assert [(it.kind, it.change, it.words[0][1]) for it in found.governing] == [("heading", "added", "Food")]
    assert kinds(found) == [("unchanged", (1,), (1,))]


def test_a_heading_of_another_level_moves_and_regoverns_what_comes_under_it() -> None:
    before = "## Allowed\n\nBeer.\n\n## Hours\n\nTill ten.\n"
    found = difference(revision(1, before), revision(2, before.replace("## Hours", "### Hours")))
    assert [(it.change, it.words[0][1]) for it in found.governing] == [("moved", "Allowed")]
    assert [kind for kind, _, _ in kinds(found)] == ["unchanged", "regoverned"]


def test_marks_of_emphasis_and_targets_of_links_are_no_other_words() -> None:
    before = "Guests **may** bring [these](/a):\n\n- beer\n"
    found = difference(revision(1, before), revision(2, before.replace("**", "").replace("/a", "/b")))
    assert [kind for kind, _, _ in kinds(found)] == ["reworded", "unchanged"]


def test_revisions_of_two_splitters_are_split_anew_by_one_and_keep_their_ordinals() -> None:
    text = "Beer is allowed.\n\nWine is not.\n\nAsk the host.\n"
    coarse = (Span(0, 30), Span(32, 45))
    found = difference(revision(1, text, splitter="old", spans=coarse), revision(2, text))
    assert kinds(found) == [("unchanged", (1,), (1,)), ("unchanged", (1,), (2,)), ("unchanged", (2,), (3,))]


def test_a_title_that_decides_is_over_everything() -> None:
    before, after = revision(1, "Beer.\n"), revision(2, "Beer.\n")
    object.__setattr__(after, "title", "Forbidden drinks")
    found = difference(before, after)
    assert [(it.kind, it.change) for it in found.governing] == [("title", "reworded")]
    assert kinds(found) == [("regoverned", (1,), (1,))]
