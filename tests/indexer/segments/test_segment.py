import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import IndexDamaged
from indexer.segments.arrays import Made, key_arrays, segment_arrays
from indexer.segments.placed import Occurrences
from indexer.segments.segment import Segment, SegmentEntry, held_segment, write_segment
from indexer.text.passage import Passage
from tests.fakes import FakeEncoder

NAME = "segment-00000002-0.safetensors"
PASSAGES = [
    Passage("Returns", ("Returns", "Cups"), ("You may return:",), "Cups and more cups."),
    Passage("Rückgabe", (), (), "Ein 🙂 Becher\n返品"),
]


def numbers(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def arrays_of(passages: list[Passage]) -> Made:
    vectors = FakeEncoder().encode_all([passage.encoded() for passage in passages])
    revisions = [
        Occurrences(1, numbers(5, 6, 5), numbers(0, 20, 40), numbers(19, 30, 59)),
        Occurrences(2, numbers(), numbers(), numbers()),
        Occurrences(4, numbers(3), numbers(7), numbers(9)),
    ]
    return segment_arrays(passages, vectors, [7, 9][: len(passages)], revisions)


@pytest.fixture
def entry(tmp_path: Path) -> SegmentEntry:
    return write_segment(tmp_path, NAME, 5, arrays_of(PASSAGES))


def test_arrays_written_are_the_arrays_opened(tmp_path: Path, entry: SegmentEntry) -> None:
    opened = Segment(tmp_path, entry)
    written = arrays_of(PASSAGES)
    assert set(written) == {
        *(
            "vectors",
            "keys",
            "key_heads",
            "key_rows",
            "lengths",
            "tokens",
            "records",
            "record_offsets",
            "terms",
            "post_offsets",
        ),
        *("post_passages", "post_counts", "rev_tx", "rev_offsets", "occ_passage", "occ_start", "occ_end"),
        *("structures", "structure_offsets", "words", "word_offsets"),
    }
    for name, array in written.items():
        found = opened.array(name)
        assert (found.dtype, found.shape) == (array.dtype, array.shape), name
        assert found.tobytes() == array.tobytes(), name


def test_the_entry_says_what_was_written(tmp_path: Path, entry: SegmentEntry) -> None:
    assert (entry.name, entry.first_passage, entry.passages) == (NAME, 5, 2)
    assert entry.bytes == (tmp_path / NAME).stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_the_same_content_is_the_same_file(tmp_path: Path, entry: SegmentEntry) -> None:
    again = write_segment(tmp_path, "another.safetensors", 5, arrays_of(PASSAGES))
    assert again == replace(entry, name="another.safetensors")


def test_passages_come_back_with_their_context(tmp_path: Path, entry: SegmentEntry) -> None:
    opened = Segment(tmp_path, entry)
    assert [opened.passage(row) for row in (0, 1)] == PASSAGES
    assert [row.tobytes() for row in opened.keys] == [passage.key() for passage in PASSAGES]


def test_tokens_and_records_come_back_row_by_row(tmp_path: Path, entry: SegmentEntry) -> None:
    opened = Segment(tmp_path, entry)
    assert opened.tokens.tolist() == [7, 9]
    found = [Passage.from_record(json.loads(opened.stored(row))) for row in (1, 0)]
    assert found == PASSAGES[::-1]


def test_all_postings_are_those_of_each_term(tmp_path: Path, entry: SegmentEntry) -> None:
    opened = Segment(tmp_path, entry)
    found, offsets = list(opened.terms), opened.post_offsets
    rows, counts = opened.post_passages, opened.post_counts
    assert found == ["becher", "cup", "ein", "may", "more", "return", "返品"]
    assert offsets[-1] == len(rows) == len(counts) == 7
    for number, term in enumerate(found):
        span = slice(offsets[number], offsets[number + 1])
        held, times = opened.postings(term) or ((), ())
        assert (rows[span].tolist(), counts[span].tolist()) == (list(held), list(times))


def test_postings_cover_the_context_too(tmp_path: Path, entry: SegmentEntry) -> None:
    opened = Segment(tmp_path, entry)
    rows, counts = opened.postings("cup") or ((), ())
    assert (list(rows), list(counts)) == ([0], [3])  # a heading and two words
    rows, counts = opened.postings("return") or ((), ())
    assert (list(rows), list(counts)) == ([0], [1])  # the lead-in; a title is not posted, nor a heading that repeats it
    rows, counts = opened.postings("返品") or ((), ())
    assert (list(rows), list(counts)) == ([1], [1])
    assert opened.postings("unheard") is None
    # cup may return cup more cup; ein becher 返品
    assert opened.lengths.tolist() == [6, 3]


def test_revisions_come_back_with_their_places(tmp_path: Path, entry: SegmentEntry) -> None:
    found = list(Segment(tmp_path, entry).occurrences.values())
    assert [(o.tx, o.passages.tolist(), o.starts.tolist(), o.ends.tolist()) for o in found] == [
        (1, [5, 6, 5], [0, 20, 40], [19, 30, 59]),
        (2, [], [], []),
        (4, [3], [7], [9]),
    ]


def test_a_segment_of_revisions_without_new_passages_opens(tmp_path: Path) -> None:
    opened = Segment(tmp_path, write_segment(tmp_path, NAME, 0, arrays_of([])))
    assert opened.vectors.shape == (0, 32)
    assert opened.keys.shape == (0, 32)
    assert [found.tx for found in opened.occurrences.values()] == [1, 2, 4]
    assert opened.postings("cup") is None


def test_an_opened_segment_outlives_its_file(tmp_path: Path, entry: SegmentEntry) -> None:
    opened = Segment(tmp_path, entry)
    (tmp_path / NAME).unlink()
    assert opened.passage(1) == PASSAGES[1]
    opened.check()


def test_an_opened_array_cannot_be_written_to(tmp_path: Path, entry: SegmentEntry) -> None:
    with pytest.raises(ValueError, match="read-only"):
        Segment(tmp_path, entry).vectors[0, 0] = 1


def test_a_missing_file_is_refused(tmp_path: Path, entry: SegmentEntry) -> None:
    (tmp_path / NAME).unlink()
    with pytest.raises(IndexDamaged, match=f"{NAME} is missing; run `asof index --rebuild`"):
        Segment(tmp_path, entry)


@pytest.mark.parametrize("size", [0, 7, 100])
def test_a_truncated_file_is_refused(tmp_path: Path, entry: SegmentEntry, size: int) -> None:
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[:size])
    with pytest.raises(IndexDamaged, match=f"has {size} bytes, not {len(content)}; run"):
        Segment(tmp_path, entry)


@pytest.mark.parametrize("junk", [b"\xff" * 8, struct.pack("<Q", 3), b"\x00" * 64])
def test_a_file_with_a_damaged_header_is_refused(tmp_path: Path, entry: SegmentEntry, junk: bytes) -> None:
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(junk + content[len(junk) :])
    with pytest.raises(IndexDamaged, match="no readable header; run `asof index --rebuild`"):
        Segment(tmp_path, entry)


@pytest.mark.parametrize("at", [-1, -500])
def test_a_changed_byte_does_not_fit_the_checksum(tmp_path: Path, entry: SegmentEntry, at: int) -> None:
    Segment(tmp_path, entry).check()
    content = bytearray((tmp_path / NAME).read_bytes())
    content[at] ^= 1
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(IndexDamaged, match="does not fit its checksum; run `asof index --rebuild`"):
        Segment(tmp_path, entry).check()


def test_keys_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    arrays = arrays_of(PASSAGES)
    keys = np.array([[1] * 8 + [9] * 24, [1] * 8 + [7] * 24], dtype=np.uint8)
    opened = Segment(tmp_path, write_segment(tmp_path, NAME, 0, {**arrays, **key_arrays(keys)}))
    asked = [keys[1].tobytes(), keys[0].tobytes(), b"\x01" * 32, b"\xff" * 32]
    assert opened.find(asked) == [1, 0, -1, -1]


def test_a_segment_held_in_memory_reads_as_the_one_in_a_file(tmp_path: Path, entry: SegmentEntry) -> None:
    held, opened = held_segment(NAME, 5, arrays_of(PASSAGES)), Segment(tmp_path, entry)
    assert held.entry == entry
    held.check()
    assert [held.passage(row) for row in (0, 1)] == PASSAGES
    for name in arrays_of(PASSAGES):
        assert held.array(name).tobytes() == opened.array(name).tobytes()
