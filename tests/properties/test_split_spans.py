import re

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from indexer.encoding.onnx_graph import model_folder
from indexer.text.comments import without_comments
from indexer.text.split import TOKEN_LIMIT, Splitter

LIMIT = 12


def pieces_of_words(text: str) -> list[tuple[int, int]]:
    """One token for up to four letters of a word, and one for each mark: hard on the splitter, and fast."""
    return [match.span() for match in re.finditer(r"\w{1,4}|[^\w\s]", text)]


MODEL = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
MODEL.no_truncation()
MODEL.no_padding()


def tokens_of_the_model(text: str) -> list[tuple[int, int]]:
    offsets: list[tuple[int, int]] = MODEL.encode(text, add_special_tokens=False).offsets
    return offsets


FRAGMENTS = [
    *("word", "Refunds", "U.S. ", "e.g. ", ". ", "! ", "1", "a", "-", "*", "_", "+", "$5", "&amp;", "\\", "[a]: b"),
    *(" ", "  ", "    ", "\t", "\n", "\n", "\n\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u00a0", "\u2028"),
    *("- ", "* ", "1. ", "2) ", "> ", "> > ", "# ", "## ", " #", "===", "---", "***", "|", "|---|", "```", "~~~"),
    *("| a | b |\n|---|---|\n| 1 | 2 |\n", "<div>", "</div>", "<!-- ", " -->", "`", "<b>x</b>", "---\nkey: v\n---\n"),
    *("\ufeff", "\x00", "😀", "é", "e\u0301", "漢字", "。", "각", "가 ", "ß", "ﬁ", "\u200b", "עברית"),
    *("word " * 30, "x" * 70, "漢" * 40, "-" * 30, "각" * 30, "One two. Three four. " * 5),
]
MARKDOWNISH = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=5), max_size=40).map("".join)


def check_spans(text: str, splitter: Splitter, tokens: object, limit: int) -> None:
    spans = splitter.split(text)
    at = 0
    for span in spans:
        words = text[span.start : span.end]
        assert words == words.strip() != ""
        assert span.start >= at
        at = span.end
        assert len(tokens(without_comments(words))) <= limit  # type: ignore[operator]
        for start, end in (*span.headings, *span.lead_ins):
            assert text[start:end] == text[start:end].strip() != ""
        assert all(start < span.start for start, _ in (*span.headings, *span.lead_ins))
    assert splitter.split(text) == spans
    assert Splitter(tokens, "0" * 64, limit).split(text) == spans  # type: ignore[arg-type]


@settings(max_examples=400, deadline=None)
@given(MARKDOWNISH)
def test_spans_are_trimmed_ascending_within_the_limit_and_always_the_same(text: str) -> None:
    check_spans(text, Splitter(pieces_of_words, "0" * 64, LIMIT), pieces_of_words, LIMIT)


@settings(max_examples=150, deadline=None)
@given(MARKDOWNISH)
def test_spans_are_so_with_the_models_tokenizer(text: str) -> None:
    check_spans(text, Splitter(tokens_of_the_model, "0" * 64), tokens_of_the_model, TOKEN_LIMIT)


WORD = st.text("abcdefghijkXYZ0123456789éß漢", min_size=1, max_size=12)
LINE = st.lists(WORD, min_size=1, max_size=30).map(" ".join)
SENTENCES = st.lists(LINE.map(lambda line: f"A{line}."), min_size=1, max_size=4).map(" ".join)


@st.composite
def lists(draw: st.DrawFn, depth: int = 0) -> str:
    """A list whose items may hold further lists; its numbers are no words of the document."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        lines.append("    " * depth + "-   " + draw(SENTENCES))
        if depth < 3 and draw(st.booleans()):
            lines.append(draw(lists(depth + 1)))
    return "\n".join(lines)


@st.composite
def tables(draw: st.DrawFn) -> str:
    width = draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(WORD, min_size=width, max_size=width), min_size=2, max_size=4))
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([lines[0], "|---" * width + "|", *lines[1:]])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Sections of paragraphs, lists and tables; every heading stands above one of them."""
    blocks = []
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            blocks.append("#" * draw(st.integers(1, 6)) + " " + draw(LINE) + draw(st.sampled_from(["", " ##"])))
        elif draw(st.booleans()):
            blocks.append(draw(LINE) + "\n" + draw(st.sampled_from(["===", "---"])))
        blocks += draw(st.lists(SENTENCES | lists() | tables(), min_size=1, max_size=3))
    return "\n\n".join(blocks).replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@settings(max_examples=200, deadline=None)
@given(documents(), st.sampled_from([LIMIT, TOKEN_LIMIT]))
def test_every_letter_and_digit_of_a_document_is_in_a_passage_or_its_context(text: str, limit: int) -> None:
    covered = bytearray(len(text))
    for span in Splitter(pieces_of_words, "0" * 64, limit).split(text):
        for start, end in ((span.start, span.end), *span.headings, *span.lead_ins):
            covered[start:end] = b"\x01" * (end - start)
    lost = [at for at, character in enumerate(text) if character.isalnum() and not covered[at]]
    assert lost == [], [text[at - 10 : at + 10] for at in lost[:3]]
