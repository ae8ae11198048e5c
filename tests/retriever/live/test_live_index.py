"""The index as a process sees it: generations that appear, snapshots that stay, views within a budget."""

import gc
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.errors import IndexBehind, IndexDamaged, IndexMismatch
from indexer.manifest import Built, write_manifest
from indexer.snapshot import Snapshot
from indexer.text.passage import Passage
from policies.change import Erase
from policies.errors import LedgerLost, LedgerMissing
from policies.revision import VersionId
from retriever.live.live_index import LiveIndex, ViewCache
from tests.retriever.homes import Home
from tests.root import ROOT


@pytest.fixture
def index(home: Home) -> LiveIndex:
    home.publish("P-7", "Damaged items within 7 days.", "2024-01-01")
    home.publish("P-8", "Gifts may be returned.", "2024-01-01")
    return home.asof.index


def publish_elsewhere(home: Home, file: Path) -> None:
    """Publishes from a process of its own."""
    file.write_text("---\npolicy: P-9\ntitle: Nine\neffective: 2024-01-01\n---\nWords from another process.\n")
    command = [sys.executable, "-m", "retriever.entrypoints.cli", "publish", str(file), "--home", str(home.path)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=120)


def test_generation_is_opened_once_and_kept_while_the_manifest_stays(index: LiveIndex) -> None:
    assert index.current() is index.current()
    assert index.current().number == 2


def test_generation_published_by_another_process_is_seen_and_an_old_one_keeps_answering(
    home: Home, index: LiveIndex, tmp_path: Path
) -> None:
    before = index.current()
    asked = {"query": "words", "as_of": "2025-01-01"}
    assert sorted(home.cited(**asked)) == ["P-7@1#1", "P-8@1#1"]
    publish_elsewhere(home, tmp_path / "nine.md")
    assert index.current().number == 3
    assert home.cited(**asked)[0] == "P-9@1#1"
    home.asof.writer().rebuild()
    assert (before.number, before.timeline.tx, before.snapshot.passages) == (2, 2, 2)
    texts = [before.snapshot.passage(number).text for number in range(2)]
    assert texts == ["Damaged items within 7 days.", "Gifts may be returned."]
    assert before.views.view([1, 2]).vectors.shape == (2, 384)
    assert before.views.view([1, 2]).bm25.get_scores(["gift"]).argmax() == 1


def test_timeline_of_a_generation_ends_at_its_watermark(home: Home, index: LiveIndex) -> None:
    before = index.current()
    home.publish("P-9", "Later.", "2024-01-01")
    assert before.timeline.tx == before.number == 2
    assert index.current().timeline.tx == index.current().number == 3
    assert "P-9" not in before.timeline.policies


def test_rebuilt_index_is_opened_anew_with_the_same_generation(home: Home, index: LiveIndex) -> None:
    before = index.current()
    home.asof.writer().rebuild()
    after = index.current()
    assert after is not before
    assert after.number == before.number
    assert after.snapshot.segments[0].path.exists()


def test_segments_already_open_are_kept(home: Home, index: LiveIndex) -> None:
    before = index.current()
    home.publish("P-9", "Later.", "2024-01-01")
    assert index.current().snapshot.segments[:2] == before.snapshot.segments


def test_folder_without_an_index_says_what_to_do(home: Home, index: LiveIndex, tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing, match="`asof publish FILE`"):
        LiveIndex(tmp_path / "nowhere", home.asof.ledger).current()


def test_index_that_was_removed_is_one_that_is_behind(home: Home, index: LiveIndex) -> None:
    index.current()
    shutil.rmtree(home.path / "index")
    with pytest.raises(IndexBehind, match="was removed"):
        index.current()
    home.asof.writer().catch_up()
    assert index.current().number == home.asof.ledger.newest_tx()


def test_index_built_with_another_model_is_refused_by_name(index: LiveIndex) -> None:
    found = index.built
    index.check(found)
    other = Built("other-model", found.model_digest, found.precision, found.dimension, found.terms)
    with pytest.raises(IndexMismatch, match=r"'all-MiniLM-L6-v2', this service loads 'other-model'.*--rebuild"):
        index.check(other)


def test_index_rebuilt_with_another_model_under_a_running_reader_is_refused(home: Home, index: LiveIndex) -> None:
    home.ask("gifts", as_of="2025-01-01")
    manifest = index.current().snapshot.manifest
    write_manifest(home.path / "index", replace(manifest, built=replace(manifest.built, model_digest="another")))
    with pytest.raises(IndexMismatch, match="'another'"):
        home.ask("gifts", as_of="2025-01-01")


def test_index_of_another_ledger_is_refused(home: Home, index: LiveIndex, tmp_path: Path) -> None:
    other = Home(tmp_path / "other", home.asof.encoder)
    other.publish("P-1", "One.", "2024-01-01")
    shutil.rmtree(other.path / "index")
    shutil.copytree(home.path / "index", other.path / "index")
    with pytest.raises(LedgerLost, match="covers transaction 2, the ledger ends at 1"):
        other.open().index.current()
    other.close()


def test_index_of_a_ledger_that_says_something_else_is_refused(home: Home, index: LiveIndex, tmp_path: Path) -> None:
    other = Home(tmp_path / "other", home.asof.encoder)
    for policy in ("P-8", "P-9"):
        other.publish(policy, "One.", "2024-01-01")
    shutil.rmtree(other.path / "index")
    shutil.copytree(home.path / "index", other.path / "index")
    with pytest.raises(IndexDamaged, match="do not belong together"):
        other.open().index.current()
    other.close()


def test_missing_segment_is_named(home: Home, index: LiveIndex) -> None:
    segment = index.current().snapshot.segments[0].path
    segment.unlink()
    with pytest.raises(IndexDamaged, match=f"{segment.name} is missing; run `asof index --rebuild`"):
        home.open().index.current()


def test_manifest_that_is_only_touched_gives_the_same_answers(home: Home, index: LiveIndex) -> None:
    before = home.ask("gifts", as_of="2025-01-01")
    os.utime(home.path / "index" / "manifest.json", ns=(0, 0))
    assert home.ask("gifts", as_of="2025-01-01") == before


class TestViewCache:
    """Views of one snapshot, by their exact set of revisions."""

    def test_same_revisions_give_the_same_view_and_others_another(self, index: LiveIndex) -> None:
        views = ViewCache(index.current().snapshot)
        assert views.view([1, 2]) is views.view((1, 2))
        assert views.view([1]) is not views.view([1, 2])

    def test_least_recently_used_view_goes_first_when_the_budget_is_passed(self, index: LiveIndex) -> None:
        snapshot = index.current().snapshot
        one, other = (ViewCache(snapshot).view([tx]).bytes for tx in (1, 2))
        views = ViewCache(snapshot, budget=one + other)
        first, second = views.view([1]), views.view([2])
        assert views.cost == (2, one + other)
        assert views.view([1]) is first
        views.view([1, 2])  # larger than one: the budget of two is passed, twice over
        assert views.view([1, 2]) is views.view([1, 2])
        assert views.view([2]) is not second

    def test_view_over_the_budget_alone_is_kept_until_the_next_one(self, index: LiveIndex) -> None:
        views = ViewCache(index.current().snapshot, budget=1)
        kept = views.view([1])
        assert views.view([1]) is kept
        views.view([2])
        assert views.view([1]) is not kept

    def test_eviction_takes_no_more_than_it_must(self, index: LiveIndex) -> None:
        snapshot = index.current().snapshot
        views = ViewCache(snapshot, sum(ViewCache(snapshot).view(txs).bytes for txs in ([2], [1, 2])))
        first, second = views.view([1]), views.view([2])
        third = views.view([1, 2])
        assert views.view([2]) is second
        assert views.view([1, 2]) is third
        assert views.view([1]) is not first


def test_a_view_goes_on_answering_in_the_next_generation(home: Home, index: LiveIndex) -> None:
    view = index.current().views.view([1, 2])
    home.publish("P-9", "Later.", "2030-01-01")
    assert index.current().number == 3
    assert index.current().views.view([1, 2]) is view


def test_titles_are_read_once_for_all_generations_until_words_are_erased(
    home: Home, index: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    passage = Snapshot.passage

    def counted(snapshot: Snapshot, number: int) -> Passage:
        read.append(number)
        return passage(snapshot, number)

    monkeypatch.setattr(Snapshot, "passage", counted)
    assert index.current().snapshot.titles([2]) == ("Title of P-8",)
    home.publish("P-9", "Later.", "2030-01-01")
    assert (index.current().snapshot.titles([2]), read) == (("Title of P-8",), [1])
    home.asof.write([Erase(VersionId("P-7", 1), "a test")])
    assert index.current().snapshot.titles([2]) == ("Title of P-8",)
    assert len(read) == 2


def test_a_view_reads_from_the_newest_snapshot_and_keeps_no_older_one_open(home: Home, index: LiveIndex) -> None:
    before = index.current()
    view = before.views.view([1, 2])
    for number in range(12):  # so that segments are merged
        home.publish(f"M-{number}", f"Later, {number}.", "2030-01-01")
    after = index.current()
    assert after.views is before.views
    assert view.segment(0) in after.snapshot.segments
    assert view.segment(0) not in before.snapshot.segments


def test_a_writer_opens_nothing_that_this_process_has_open(home: Home, index: LiveIndex) -> None:
    opened = list(index.current().snapshot.segments)
    assert list(home.asof.index.opened) == list(home.asof.index.current().snapshot.segments)
    assert opened == list(index.opened)
    opened[0].damage = "a test"
    assert index.opened == opened[1:]


def test_no_view_outlives_an_erasure(home: Home, index: LiveIndex) -> None:
    view = index.current().views.view([2])
    home.asof.write([Erase(VersionId("P-7", 1), "a test")])
    assert index.current().number == 3
    again = index.current().views.view([2])
    assert again is not view
    assert again.passage(0).text == view.passage(0).text == "Gifts may be returned."


def test_no_view_outlives_a_rebuild_that_gives_passages_other_numbers(home: Home) -> None:
    home.publish("P-1", "First words.", "2024-01-01")
    home.publish("P-2", "Second words.", "2024-01-01")
    home.publish("P-3", "First words.", "2024-01-01", title="Title of P-1")  # the same passage: an erasure leaves it
    home.asof.write([Erase(VersionId("P-1", 1), "a test")])
    index = home.asof.index
    before = index.current().views.view([2])
    assert before.passage(0).text == "Second words."
    home.asof.writer().rebuild()
    after = index.current().views.view([2])
    assert (after.numbers.tolist(), after.passage(0).text) == ([0], "Second words.")
    assert before.numbers.tolist() == [1]
    assert before.passage(0).text == "Second words."  # what is in hand goes on as it was


def mapped_segments(home: Home) -> set[str]:
    """The segment files of a home that this process has mapped, those that are deleted too."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    return {line.split(maxsplit=5)[5] for line in maps if f"{home.path}/index/segment-" in line}


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="this system does not list what a process has mapped")
def test_views_that_are_handed_on_keep_no_deleted_segment_open(home: Home, index: LiveIndex) -> None:
    kept = index.current().views.view([1, 2])
    for number in range(24):
        home.publish(f"Q-{number}", f"Further rule {number}.", "2024-01-01")
        index.current().views.view([1, 2, number + 3])
    gc.collect()
    assert index.current().views.view([1, 2]) is kept
    assert kept.passage(0).text
    named = {str(segment.path) for segment in index.current().snapshot.segments}
    assert mapped_segments(home) <= named


def test_merged_segments_continue_those_before_and_what_an_erasure_leaves_does_not(home: Home) -> None:
    home.publish("P-1", "First words.", "2024-01-01")
    home.publish("P-2", "Second words.", "2024-01-01")
    index = home.asof.index
    before = index.current().snapshot
    for number in range(12):
        home.publish(f"Q-{number}", f"Further rule {number}.", "2024-01-01")
    merged = index.current().snapshot
    assert merged.segments[0] is not before.segments[0]
    assert merged.continues(before)
    home.asof.write([Erase(VersionId("P-1", 1), "a test")])
    assert not index.current().snapshot.continues(before)
