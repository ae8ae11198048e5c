"""Words among those that decide how they are meant, in the order in which a reader meets them."""

from typing import Any

from indexer.text.blocks import KINDS
from retriever.governed_words import AFTER, LABELS, governed_words, handles, lines_after, lines_before, texts_of

OLD = {"citation": "P-7@3#2", "text": "- **Gift cards**"}
ITEM = {**OLD, "words": "- Gift cards", "passages": [{"citation": "P-7@3#2"}], "best": "P-7@3#2"}


def governed(*pairs: tuple[str, str], **fields: Any) -> dict[str, Any]:
    return {**ITEM, "governed_by": [{"kind": kind, "text": text} for kind, text in pairs], **fields}


def test_every_kind_has_a_label() -> None:
    assert LABELS.keys() == set(KINDS)
    assert set(KINDS) > AFTER


def test_what_introduces_stands_before_the_words_and_what_closes_after_them() -> None:
    item = governed(("list_closing", "unless asked."), ("lead_in", "Never accept:"), ("chapeau", "in any case"))
    assert governed_words(item) == (
        "introduced by: Never accept:\nintroduced by: in any case\n- Gift cards\nclosed by: unless asked."
    )
    assert texts_of(item) == ["Never accept:", "in any case", "- Gift cards", "unless asked."]


def test_an_item_from_before_governing_words_is_its_text() -> None:
    assert governed_words(OLD) == "- **Gift cards**"
    assert governed_words({**OLD, "words": None, "governed_by": []}) == "- **Gift cards**"
    assert handles(OLD) is None


def test_words_of_which_a_reader_sees_nothing_are_not_made_up_for_by_the_text() -> None:
    assert governed_words(governed(("lead_in", "Note:"), text="<!-- unseen -->", words="")) == "introduced by: Note:\n"


def test_governing_words_are_on_one_line_and_a_header_without_its_bars() -> None:
    item = governed(("lead_in", "Never\n  accept:"), ("table_header", "| Item | Fee |"), ("list_closing", "un\nless"))
    assert lines_before(item) == ["introduced by: Never accept:", "columns: Item | Fee"]
    assert lines_after(item) == ["closed by: un less"]


def test_words_that_are_heading_and_lead_in_are_shown_once() -> None:
    assert lines_before(governed(("heading", "**Never:**"), ("lead_in", "**Never:**"))) == ["introduced by: Never:"]


def test_a_kind_that_a_later_service_adds_is_shown() -> None:
    assert lines_before(governed(("definition", "A parcel is a box."))) == ["read with: A parcel is a box."]


def test_the_narrower_handles_are_those_of_a_blocks_passages() -> None:
    passages = [{"citation": f"P-7@3#{ordinal}"} for ordinal in (2, 3, 4)]
    named = handles({**ITEM, "citation": "P-7@3#2-4", "passages": passages, "best": "P-7@3#3"})
    assert named is not None
    assert named.startswith("P-7@3#2 to P-7@3#4, in order")
    assert named.endswith("; best match P-7@3#3")
    assert handles(ITEM) is None
