"""The files of a running service are looked at all the time: what changes in them is found."""

import os
from pathlib import Path

import pytest

from indexer.errors import IndexDamaged
from retriever.live.segment_checks import SegmentChecks
from tests.retriever.homes import Home


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-7", "Damaged items within 7 days.", "2024-01-01")
    return home


def only_segment(home: Home) -> Path:
    [path] = (home.path / "index").glob("segment-*")
    return path


def alter_vectors(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(bytes(8))


def test_segment_is_checked_when_it_is_opened(shop: Home) -> None:
    alter_vectors(only_segment(shop))
    checks = SegmentChecks(shop.asof.index)
    with pytest.raises(IndexDamaged, match="does not fit its checksum"):
        checks.look()
    with pytest.raises(IndexDamaged, match="does not fit its checksum; run `asof index --rebuild`"):
        shop.ask("damaged")  # what ranks was altered, no words


def test_segment_is_read_once_and_again_when_its_file_changed(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    checks.look()
    path = only_segment(shop)
    [segment] = shop.asof.index.current().snapshot.segments
    alter_vectors(path)
    with pytest.raises(IndexDamaged):
        checks.look()
    assert segment.damage
    shop.asof.writer().rebuild()
    checks.look()
    assert shop.ask("damaged")["evidence"]


def test_file_that_was_removed_or_cut_short_is_named(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    checks.look()
    only_segment(shop).rename(shop.path / "taken")
    with pytest.raises(IndexDamaged, match="is missing; run `asof index --rebuild`"):
        checks.look()


def test_what_a_writer_replaces_is_no_damage(shop: Home) -> None:
    checks = SegmentChecks(shop.asof.index)
    for number in range(12):
        shop.publish(f"P-{number}0", f"Rule {number}.", "2024-01-01")
        if number % 4 == 0:
            shop.asof.writer().rebuild()
        checks.look()
    assert shop.ask("rule")["evidence"]


def test_thread_goes_on_after_damage_was_found(shop: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retriever.live.segment_checks.LOOK_EVERY", 0.01)
    with SegmentChecks(shop.asof.index) as checks:
        assert checks.problem() is None
        alter_vectors(only_segment(shop))
        checks._background._ended.wait(0.2)
        assert checks.problem() is None
        with pytest.raises(IndexDamaged):
            shop.ask("damaged")
