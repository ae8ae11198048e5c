import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import IndexDamaged, IndexMismatch
from indexer.manifest import COUNT, FILE, Built, Manifest, check_built, read_manifest, write_manifest
from indexer.segments.segment import SegmentEntry

BUILT = Built("all-MiniLM-L6-v2", "ab" * 32, "fp32", 384, "terms-1")
MANIFEST = Manifest(
    7, BUILT, (SegmentEntry("segment-1", 0, 12, 4096, "cd" * 32), SegmentEntry("segment-2", 12, 3, 512, "ef" * 32))
)


def test_a_manifest_written_is_the_manifest_read(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST


def test_passages_are_those_of_all_segments() -> None:
    assert MANIFEST.passages == 15
    assert Manifest(0, BUILT).passages == 0


def test_a_new_manifest_replaces_the_old_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    write_manifest(tmp_path, replace(MANIFEST, generation=8))
    assert read_manifest(tmp_path) == replace(MANIFEST, generation=8)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_half_written_manifest_changes_nothing(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    (tmp_path / f"{FILE}.partial").write_text('{"format": 1, "gener')
    assert read_manifest(tmp_path) == MANIFEST
    write_manifest(tmp_path, replace(MANIFEST, generation=8))
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("folder", [".", "not/there"])
def test_a_folder_without_a_manifest_has_none(tmp_path: Path, folder: str) -> None:
    assert read_manifest(tmp_path / folder) is None


@pytest.mark.parametrize("other", [0, 3, "1", None])
def test_another_format_is_refused_with_the_next_step(tmp_path: Path, other: object) -> None:
    write_manifest(tmp_path, MANIFEST)
    content = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(content | {"format": other}))
    with pytest.raises(
        IndexMismatch, match=f"has format {other}, .* reads formats up to 2; run `asof index --rebuild`"
    ):
        read_manifest(tmp_path)


@pytest.mark.parametrize("content", [b"", b'{"format": 1, "gener', b"\xff\xfe", b"null", b"[1]", b"[" * 200_000])
def test_a_damaged_manifest_is_refused_with_the_next_step(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"manifest\.json .*run `asof index --rebuild`"):
        read_manifest(tmp_path)


def test_what_stands_in_the_place_of_a_manifest_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    for attempt in (lambda: read_manifest(tmp_path), lambda: write_manifest(tmp_path, MANIFEST)):
        with pytest.raises(IndexDamaged, match=r"manifest\.json is a folder.* Move it away, then run `asof index --"):
            attempt()


@pytest.mark.parametrize(
    "wrong", [{"generation": "7"}, {"generation": None}, {"head": 7}, {"rule": 2}, {"segments": 3}, {"built": {}}]
)
def test_a_manifest_with_a_field_of_another_kind_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    write_manifest(tmp_path, MANIFEST)
    content = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(content | wrong))
    with pytest.raises(IndexDamaged, match="run `asof index --rebuild`"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([1, 0], "do not follow one another"),
        ([0, 0, 1], "do not follow one another"),
        ([1], "do not follow one another"),
        ([0], "names other segments than it was written with"),
    ],
    ids=["turned round", "named twice", "without the first", "without the last"],
)
def test_a_manifest_with_other_segments_is_refused(tmp_path: Path, places: list[int], said: str) -> None:
    write_manifest(tmp_path, MANIFEST)
    content = json.loads((tmp_path / FILE).read_text())
    content["segments"] = [content["segments"][place] for place in places]
    (tmp_path / FILE).write_text(json.dumps(content))
    with pytest.raises(IndexDamaged, match=f"{said}; run `asof index --rebuild`"):
        read_manifest(tmp_path)


def test_a_manifest_of_before_has_no_count(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    content = json.loads((tmp_path / FILE).read_text())
    del content[COUNT]
    (tmp_path / FILE).write_text(json.dumps(content))
    assert read_manifest(tmp_path) == MANIFEST


def test_an_index_built_with_the_same_parts_fits(tmp_path: Path) -> None:
    check_built(BUILT, replace(BUILT), tmp_path)


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("model", "other", "model 'all-MiniLM-L6-v2', this service loads 'other'"),
        ("model_digest", "00", "model digest "),
        ("precision", "int8", "precision 'fp32', this service loads 'int8'"),
        ("dimension", 768, "dimension 384, this service loads 768"),
        ("terms", "terms-2", "terms 'terms-1', this service loads 'terms-2'"),
    ],
)
def test_an_index_built_with_another_part_is_refused(tmp_path: Path, part: str, value: Any, said: str) -> None:
    with pytest.raises(IndexMismatch, match=rf"in {tmp_path} was built with {said}.*`asof index --rebuild`"):
        check_built(BUILT, replace(BUILT, **{part: value}), tmp_path)
