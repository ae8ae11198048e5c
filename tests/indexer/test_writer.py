import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rank_bm25 import BM25Plus

from indexer.encoding.embedding import Progress, Vectors
from indexer.errors import IndexDamaged, IndexMismatch, NotSearchable
from indexer.manifest import FOLDER, TERMS, Manifest, read_manifest
from indexer.segments.merge import MOST_SEGMENTS
from indexer.snapshot import Snapshot
from indexer.text.outline import outline
from indexer.text.passage import BEFORE_COMMENTS, Passage
from indexer.text.split import Splitter
from indexer.text.tokenizer import EARLIER_VERSION, terms
from indexer.view import View
from indexer.writer import Indexed, IndexWriter
from policies.change import Erase, Publish, Restrict, Withdraw
from policies.errors import LedgerBusy, LedgerLost
from policies.instant import Instant, parse_instant
from policies.ledger import Ledger
from policies.revision import Span, VersionId
from policies.sources.draft import parse_draft
from policies.storage.ledger_store import LedgerStore
from policies.storage.writer_lock import writer_lock
from tests.fakes import FakeEncoder

NOW = parse_instant("2025-06-01")


class Home:
    """A home folder with a real ledger, a clock that moves a second each time, and a writer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = folder / FOLDER
        self.encoder = FakeEncoder()
        self.seconds = 0
        self.ledger = Ledger(LedgerStore.open(folder, create=True), self.clock)
        self.writer = self.writer_with(self.encoder)

    def clock(self) -> Instant:
        self.seconds += 1
        return NOW + self.seconds * 1_000_000

    def writer_with(self, encoder: FakeEncoder) -> IndexWriter:
        return IndexWriter(self.folder, self.ledger, lambda: encoder)

    def snapshot(self) -> Snapshot:
        manifest = read_manifest(self.index)
        assert manifest is not None
        return Snapshot(self.index, manifest)

    def passages(self, *txs: int) -> list[str]:
        view = View(self.snapshot(), txs)
        return [view.passage(row).text for row in range(len(view))]

    def segment_files(self) -> list[str]:
        return sorted(path.name for path in self.index.iterdir() if path.name != "manifest.json")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    yield made
    made.ledger.close()


def publish(policy: str, *paragraphs: str, effective: str = "2025-01-01") -> Publish:
    text = f"---\npolicy: {policy}\ntitle: Rules\neffective: {effective}\n---\n" + "\n\n".join(paragraphs) + "\n"
    return Publish(parse_draft(text, f"{policy}.md"))


def views_alike(one: Snapshot, other: Snapshot, txs: Sequence[int]) -> None:
    left, right = View(one, txs), View(other, txs)
    assert [left.passage(row) for row in range(len(left))] == [right.passage(row) for row in range(len(right))]
    assert [left.span(*left.source(row)) for row in range(len(left))] == [
        right.span(*right.source(row)) for row in range(len(right))
    ]
    assert [left.source(row) for row in range(len(left))] == [right.source(row) for row in range(len(right))]
    assert left.vectors.tobytes() == right.vectors.tobytes()
    query = ["cup", "plate", "unheard"]
    assert left.bm25.get_scores(query).tobytes() == right.bm25.get_scores(query).tobytes()


def test_what_is_published_is_searchable_when_write_returns(home: Home) -> None:
    written = home.writer.write([publish("P-1", "# Cups", "Cups may be returned.", "Plates may not.")])
    assert [event.tx for event in written.events] == [1]
    assert written.indexed == Indexed(generation=1, occurrences=2, distinct=2, embedded=2)
    view = View(home.snapshot(), [1])
    assert [view.passage(row).text for row in range(2)] == ["Cups may be returned.", "Plates may not."]
    assert view.passage(0).section == ("Cups",)
    source = home.ledger.revision(VersionId("P-1", 1), home.ledger.timeline()).text
    assert [source[slice(*view.span(*view.source(row)))] for row in range(2)] == [
        "Cups may be returned.",
        "Plates may not.",
    ]
    assert view.bm25.matches(["plate"]).tolist() == [False, True]
    expected = home.encoder.encode_all(["Cups may be returned.", "Plates may not."])
    assert view.vectors.tobytes() == expected.tobytes()


def test_the_generation_is_the_newest_transaction(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups."), publish("P-2", "Plates.")])
    assert home.snapshot().generation == home.ledger.head()[0] == 2
    home.writer.write([Withdraw("P-1", parse_instant("2025-07-01"))])
    assert home.snapshot().generation == home.ledger.head()[0] == 3


def test_the_same_file_again_changes_nothing(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in home.index.iterdir()}
    head, encoded = home.ledger.head(), list(home.encoder.encoded)
    again = home.writer.write([publish("P-1", "Cups.")])
    assert (again.events, again.indexed) == ((), Indexed(1))
    assert again.unchanged == (VersionId("P-1", 1),)
    assert home.ledger.head() == head
    assert home.encoder.encoded == encoded
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in home.index.iterdir()} == before


def test_a_paragraph_in_two_revisions_is_embedded_once(home: Home) -> None:
    home.writer.write([publish("P-1", "Shared words.", "First words.")])
    written = home.writer.write([publish("P-1", "Shared words.", "Second words.", effective="2025-02-01")])
    assert written.indexed == Indexed(generation=2, occurrences=2, distinct=2, embedded=1)
    assert home.encoder.encoded == [
        "Shared words.",
        "First words.",
        "Second words.",
    ]
    assert home.snapshot().passages == 3


def test_a_paragraph_twice_in_one_commit_is_embedded_once(home: Home) -> None:
    written = home.writer.write([publish("P-1", "Shared.", "Own.", "Shared."), publish("P-2", "Shared.")])
    assert written.indexed == Indexed(generation=2, occurrences=4, distinct=2, embedded=2)
    assert home.encoder.encoded == ["Shared.", "Own."]
    assert home.snapshot().occurrences[1].passages.tolist() == [0, 1, 0]


def test_a_paragraph_under_another_heading_is_another_passage_with_the_same_vector(home: Home) -> None:
    written = home.writer.write([publish("P-1", "# A", "Words.", "# B", "Words.", "Others.")])
    assert written.indexed == Indexed(generation=1, occurrences=3, distinct=3, embedded=2)
    assert home.encoder.encoded == ["Words.", "Others."]
    view = View(home.snapshot(), [1])
    assert [view.passage(row).section for row in range(3)] == [("A",), ("B",), ("B",)]
    assert view.vectors.tobytes() == home.encoder.encode_all(["Words.", "Words.", "Others."]).tobytes()


def test_passages_are_ordered_by_citation_and_cited_by_their_first_eligible_occurrence(home: Home) -> None:
    home.writer.write([publish("P-2", "Shared.", "Of two.")])
    home.writer.write([publish("P-1", "Of one.", "Shared.")])
    view = View(home.snapshot(), [2, 1])  # P-1@1, P-2@1
    assert [view.passage(row).text for row in range(len(view))] == ["Of one.", "Shared.", "Of two."]
    assert [(view.txs[source], ordinal) for source, ordinal in map(view.source, range(len(view)))] == [
        (2, 1),
        (2, 2),
        (1, 2),
    ]
    assert home.passages(1) == ["Shared.", "Of two."]


def test_events_without_words_move_the_generation_and_embed_nothing(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    files = home.segment_files()
    written = home.writer.write(
        [Withdraw("P-1", parse_instant("2025-07-01")), Restrict(VersionId("P-1", 1), ("legal",))]
    )
    assert written.indexed == Indexed(3)
    assert home.snapshot().generation == 3
    assert home.segment_files() == files
    assert home.encoder.encoded == ["Cups."]


def test_a_revision_without_passages_is_indexed_as_such(home: Home) -> None:
    home.writer.write([publish("P-1", "# Only a heading")])
    assert home.passages(1) == []
    home.writer.write([publish("P-2", "Cups.")])
    assert home.passages(1, 2) == ["Cups."]


def test_an_index_deleted_is_the_same_after_catching_up(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.", "Plates."), publish("P-2", "Cups.")])
    home.writer.write([publish("P-1", "Plates.", "Bowls.", effective="2025-02-01")])
    before = home.snapshot()
    shutil.rmtree(home.index)
    assert home.writer.catch_up() == Indexed(generation=3, occurrences=5, distinct=3, embedded=3)
    assert len(before.segments) == 2
    assert len(home.snapshot().segments) == 1
    for txs in ([1], [2], [3], [3, 2], [1, 2, 3]):
        views_alike(before, home.snapshot(), txs)


def test_a_rebuilt_index_is_one_segment_and_ranks_alike(home: Home) -> None:
    for number in range(4):
        home.writer.write([publish(f"P-{number}", f"Cup {number}.", f"Plate {number // 2}.", "Shared cup.")])
    before = home.snapshot()
    assert len(before.segments) == 4
    assert home.writer.rebuild() == Indexed(generation=4, occurrences=12, distinct=7, embedded=7)
    after = home.snapshot()
    assert len(home.segment_files()) == len(after.segments) == 1
    for txs in ([1, 2, 3, 4], [4, 3], [2], []):
        views_alike(before, after, txs)


def test_rebuilding_twice_gives_the_same_segment(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.", "Plates.")])
    home.writer.rebuild()
    (first,) = home.snapshot().segments
    home.writer.rebuild()
    (second,) = home.snapshot().segments
    assert first.entry.sha256 == second.entry.sha256
    assert first.entry.name != second.entry.name


def test_a_rebuild_mends_a_damaged_index(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    (home.index / home.segment_files()[0]).write_bytes(b"")
    (home.index / "manifest.json").write_text("{")
    with pytest.raises(IndexDamaged):
        home.writer.catch_up()
    home.writer.rebuild()
    assert home.passages(1) == ["Cups."]
    home.snapshot().segments[0].check()


@pytest.mark.parametrize("place", ["index", "index/manifest.json", "index/manifest.json.partial"])
def test_a_rebuild_says_what_stands_in_its_place_and_goes_on_once_that_is_away(home: Home, place: str) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    there = home.index.parent / place
    if place == "index":
        shutil.rmtree(there)
        there.write_text("a file")
    else:
        there.unlink(missing_ok=True)
        there.mkdir()
    with pytest.raises(IndexDamaged, match=rf"{place} is .*Move it away, then run `asof index --rebuild`"):
        home.writer.rebuild()
    there.rename(home.index.parent / "away")
    home.writer.rebuild()
    assert home.passages(1) == ["Cups."]


def test_a_rebuild_does_not_renumber_what_another_splitter_cut(home: Home) -> None:
    home.writer.write([publish("P-1", "One two three. Four five six.")])
    other = FakeEncoder("finer", "0" * 64)
    other.token_offsets = lambda text: [(at, at + 1) for at in range(len(text))] * 50  # type: ignore[method-assign]
    home.writer_with(other).rebuild()
    assert home.passages(1) == ["One two three. Four five six."]


def publish_singly(home: Home, count: int) -> list[int]:
    """Publishes revisions of policies one by one, with words of their own and shared ones; gives their txs."""
    txs = []
    for number in range(count):
        words = [f"Cup {number} is returned.", f"Plate {number // 3} is not.", "Shared cup of all."]
        words += [f"Long rule {number} part {at}." for at in range(number % 4)]
        change = publish(f"P-{number % 7}", *words, effective=f"2025-{1 + number // 28:02}-{1 + number % 28:02}")
        txs += [event.tx for event in home.writer.write([change]).events]
    return txs


@pytest.mark.parametrize("count", [10, 30])
def test_many_single_publishes_leave_few_segments_that_answer_like_one_rebuilt(home: Home, count: int) -> None:
    txs = publish_singly(home, count)
    before = home.snapshot()
    assert len(before.segments) <= MOST_SEGMENTS
    assert home.segment_files() == sorted(segment.entry.name for segment in before.segments)
    for segment in before.segments:
        segment.check()
    encoded = len(set(home.encoder.encoded))
    assert len(home.encoder.encoded) == encoded  # merging embeds nothing again
    home.writer.rebuild()
    after = home.snapshot()
    assert len(after.segments) == 1
    assert before.terms == after.terms
    keys = [before.passage(number).key() for number in range(before.passages)]
    assert before.find(keys) == after.find(keys) == list(range(before.passages))
    query = ["cup", "plate", "share", "rule", "unheard", "cup"]
    for chosen in (txs, txs[::-1], txs[-1:], txs[:1], txs[::3], txs[2:9], []):
        views_alike(before, after, chosen)
        left, right = View(before, chosen), View(after, chosen)
        assert [left.tokens(row) for row in range(len(left))] == [right.tokens(row) for row in range(len(right))]
        for _ in range(2):
            corpus = [terms(left.passage(row).posted()) for row in range(len(left))]
            expected = BM25Plus(corpus).get_scores(query) if corpus else np.empty(0)
            for view in (left, right):
                np.testing.assert_allclose(view.bm25.get_scores(query), expected, rtol=0, atol=1e-9)
                view.settle()


def test_a_snapshot_opened_before_a_merge_keeps_answering(home: Home) -> None:
    publish_singly(home, 8)
    before = home.snapshot()
    expected = [before.passage(number) for number in range(before.passages)]
    home.writer.write([publish("P-9", "One more cup.")])
    after = home.snapshot()
    assert len(before.segments) == 8
    assert len(after.segments) < 8
    assert not before.segments[-1].path.exists()
    assert [before.passage(number) for number in range(before.passages)] == expected
    assert [after.passage(number) for number in range(before.passages)] == expected
    views_alike(before, after, [1, 4, 8])


def test_a_catch_up_after_merges_takes_in_what_came_since(home: Home) -> None:
    txs = publish_singly(home, 9)
    with pytest.raises(Died):
        home.writer_with(Failing()).write([publish("P-9", "New plates.", "Shared cup of all.")])
    assert home.writer.catch_up() == Indexed(generation=10, occurrences=2, distinct=2, embedded=1)
    merged_ones = home.snapshot()
    home.writer.rebuild()
    views_alike(merged_ones, home.snapshot(), [*txs, 10])


def test_a_write_that_erases_and_publishes_when_segments_are_many_keeps_the_rest(home: Home) -> None:
    publish_singly(home, 8)
    home.writer.write([publish("P-9", "One more cup.", "Shared cup of all."), Erase(VersionId("P-1", 1), "order")])
    snapshot = home.snapshot()
    assert len(home.segment_files()) == len(snapshot.segments) == 1
    assert set(snapshot.occurrences) == {1, 3, 4, 5, 6, 7, 8, 9}
    home.writer.rebuild()
    for txs in ([1, 3, 4], [9, 8], [5, 6, 7]):
        views_alike(snapshot, home.snapshot(), txs)


class Died(BaseException):
    """The end of a process, which nothing outlives."""


class Failing(FakeEncoder):
    def encode_all(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        raise Died


def test_a_crash_between_ledger_and_index_leaves_the_last_generation_and_is_caught_up(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    with pytest.raises(Died):
        home.writer_with(Failing()).write([publish("P-2", "Plates.")])
    assert home.ledger.head()[0] == 2
    assert home.snapshot().generation == 1
    assert home.passages(1) == ["Cups."]
    assert home.writer.catch_up() == Indexed(generation=2, occurrences=1, distinct=1, embedded=1)
    assert home.passages(1, 2) == ["Cups.", "Plates."]


def test_what_another_writer_recorded_is_taken_in_with_the_next_write(home: Home) -> None:
    proposal = home.ledger.propose([publish("P-1", "Cups.")])
    splitter = Splitter(home.encoder.token_offsets, home.encoder.tokenizer_digest)
    spans = [splitter.split(draft.text) for draft in proposal.drafts]
    home.ledger.record(proposal, spans, splitter.version)
    written = home.writer.write([publish("P-2", "Plates.")])
    assert written.indexed == Indexed(generation=2, occurrences=1, distinct=1, embedded=1)  # its own part alone
    assert home.passages(1, 2) == ["Cups.", "Plates."]


def test_files_that_a_crash_left_are_removed_with_the_next_write(home: Home) -> None:
    home.index.mkdir(parents=True)
    strays = ["segment-00000001-0.safetensors", "segment-00000009-0.safetensors", "segment-00000001-1.partial"]
    for name in strays:
        (home.index / name).write_bytes(b"left by a crash")
    home.writer.write([publish("P-1", "Cups.")])
    assert len(home.segment_files()) == 1
    assert home.passages(1) == ["Cups."]


class Broken(FakeEncoder):
    def encode_all(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        raise RuntimeError("the model cannot compute")


def test_whatever_fails_behind_the_ledger_the_writer_is_told_what_is_recorded(home: Home) -> None:
    with pytest.raises(NotSearchable, match=r"P-1@1 .* is recorded .* the model cannot compute"):
        home.writer_with(Broken()).write([publish("P-1", "Cups.")])
    home.writer.catch_up()
    assert home.passages(1) == ["Cups."]


def test_tries_that_fail_again_and_again_leave_no_more_than_one_of_them_behind(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.writer.write([publish("P-1", "Cups.")])

    def full(folder: Path, manifest: Manifest) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("indexer.writer.write_manifest", full)
        with pytest.raises(NotSearchable):
            home.writer.write([publish("P-2", "Plates.")])
        for _ in range(5):
            with pytest.raises(OSError, match="No space left"):
                home.writer.catch_up()
    assert len(home.segment_files()) == 2
    home.writer.catch_up()
    assert home.passages(1, 2) == ["Cups.", "Plates."]


MARKED = "<div>\n<![x y]>Thirty days.\n</div>"
"""Python's parser of HTML fails at this in versions that are in use."""


def test_html_that_no_page_shows_and_pythons_parser_cannot_read_keeps_nothing_else_from_being_searched(
    home: Home,
) -> None:
    home.writer.write([publish("P-1", "Cups.", MARKED)])
    home.writer.write([publish("P-2", "Plates.")])
    assert home.passages(1, 2) == ["Cups.", MARKED, "Plates."]


def test_a_text_at_which_a_parser_fails_answers_nothing_and_all_others_answer(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(text: str) -> Any:
        if "Saucers" in text:
            raise AssertionError("no parser for this")
        return outline(text)

    monkeypatch.setattr("indexer.text.governing.outline", failing)
    home.writer.write([publish("P-1", "Saucers."), publish("P-2", "Plates.")])
    assert home.passages(2) == ["Plates."]
    assert home.snapshot().structure(1).standings[0].words == ""
    assert "cannot be read" in caplog.text


def test_a_text_that_memory_was_short_for_is_read_again_and_does_not_stay_without_words(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(text: str) -> Any:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("indexer.text.governing.outline", short)
        with pytest.raises(NotSearchable):
            home.writer.write([publish("P-1", "Cups.")])
    home.writer.catch_up()
    assert home.passages(1) == ["Cups."]


def test_a_write_that_changes_nothing_is_not_acknowledged_where_the_ledger_was_taken_away(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    (home.folder / "ledger.db").rename(home.folder / "elsewhere.db")
    with pytest.raises(LedgerLost):
        home.writer.write([publish("P-1", "Cups.")])


def test_no_home_is_made_where_one_was_moved_away(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    home.folder.rename(home.folder.with_name("moved"))
    with pytest.raises(LedgerLost):
        home.writer.write([publish("P-1", "Plates.")])
    assert not home.folder.exists()


def test_catching_up_an_empty_ledger_makes_an_empty_index(home: Home) -> None:
    assert home.writer.catch_up() == Indexed(0)
    assert home.snapshot().passages == 0
    assert home.passages() == []


def test_catching_up_an_index_that_is_up_to_date_loads_no_model(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])

    def no_model() -> FakeEncoder:
        raise AssertionError("the model was loaded")

    assert IndexWriter(home.folder, home.ledger, no_model).catch_up() == Indexed(1)


def test_another_model_is_refused_until_the_index_is_rebuilt(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    other = home.writer_with(FakeEncoder("other", "0" * 64))
    with pytest.raises(IndexMismatch, match="model 'fake-words', this service loads 'other'"):
        other.write([publish("P-2", "Plates.")])
    assert home.snapshot().generation == home.ledger.head()[0] == 1  # nothing was recorded either
    other.rebuild()
    other.write([publish("P-2", "Plates.")])
    assert home.passages(1, 2) == ["Cups.", "Plates."]
    assert home.snapshot().manifest.built.model == "other"


def test_what_is_recorded_already_is_not_taken_in_by_another_model_until_a_rebuild(home: Home) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    with pytest.raises(Died):
        home.writer_with(Failing()).write([publish("P-2", "Plates.")])
    other = home.writer_with(FakeEncoder("other", "0" * 64))
    with pytest.raises(IndexMismatch, match="model 'fake-words', this service loads 'other'"):
        other.catch_up()
    assert home.snapshot().generation == 1
    other.rebuild()
    assert home.passages(1, 2) == ["Cups.", "Plates."]
    assert home.snapshot().manifest.built.model == "other"


def test_an_index_ahead_of_its_ledger_is_refused(home: Home, tmp_path: Path) -> None:
    home.writer.write([publish("P-1", "Cups."), publish("P-2", "Plates.")])
    other = Home(tmp_path / "other")
    other.writer.write([publish("P-1", "Cups.")])
    shutil.rmtree(other.index)
    shutil.copytree(home.index, other.index)
    for write in (other.writer.catch_up, other.writer.rebuild, lambda: other.writer.write([publish("P-3", "Bowls.")])):
        with pytest.raises(LedgerLost, match="covers transaction 2, the ledger ends at 1"):
            write()
    assert other.ledger.head()[0] == 1
    other.ledger.close()


def test_erased_words_are_in_no_file_when_write_returns(home: Home) -> None:
    home.writer.write([publish("P-1", "Secretive cups.", "Shared."), publish("P-2", "Shared.")])
    home.writer.write([publish("P-3", "Plates.")])
    encoded = list(home.encoder.encoded)
    home.writer.write([Erase(VersionId("P-1", 1), "court order")])
    snapshot = home.snapshot()
    assert snapshot.generation == 4
    assert set(snapshot.occurrences) == {2, 3}
    assert home.passages(2, 3) == ["Shared.", "Plates."]
    assert home.encoder.encoded == encoded
    assert len(home.segment_files()) == 1
    files = [path for path in home.folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"secret" in path.read_bytes().lower()] == []


def test_erasing_in_an_index_of_many_segments_leaves_all_else_as_it_was(home: Home) -> None:
    txs = publish_singly(home, 12)
    home.writer.write([publish("P-9", "Secretive spoons.", "Shared cup of all.")])
    before = home.snapshot()
    assert len(before.segments) > 1
    assert "secret" in before.terms
    home.writer.write([Erase(VersionId("P-9", 1), "court order")])
    after = home.snapshot()
    assert set(after.occurrences) == set(txs)
    # Terms that only its own passage held are gone with it.
    assert set(before.terms) - set(after.terms) == {"secret", "spoon"}
    assert after.passages == before.passages - 1
    for chosen in (txs, txs[::-1], txs[4:7], [txs[-1]]):
        views_alike(before, after, chosen)
    files = [path for path in home.folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"secret" in path.read_bytes().lower()] == []


def test_a_rebuild_after_an_erasure_ranks_alike(home: Home) -> None:
    home.writer.write([publish("P-1", "Secret cups.", "Shared."), publish("P-2", "Shared.")])
    home.writer.write([Erase(VersionId("P-1", 1), "court order")])
    home.writer.write([publish("P-3", "Shared.", "Cups and plates.")])
    before = home.snapshot()
    home.writer.rebuild()
    for txs in ([2], [4], [2, 4], [4, 2]):
        views_alike(before, home.snapshot(), txs)


def test_erasing_every_revision_leaves_an_empty_index(home: Home) -> None:
    home.writer.write([publish("P-1", "Secret cups.")])
    home.writer.write([Erase(VersionId("P-1", 1), "court order")])
    assert (home.snapshot().passages, home.segment_files()) == (0, [])
    home.writer.write([publish("P-2", "Plates.")])
    assert home.passages(3) == ["Plates."]


def test_a_revision_published_and_erased_since_the_last_generation_is_never_indexed(home: Home) -> None:
    with pytest.raises(Died):
        home.writer_with(Failing()).write([publish("P-1", "Secret cups.")])
    proposal = home.ledger.propose([Erase(VersionId("P-1", 1), "court order")])
    home.ledger.record(proposal, [], "none")
    assert home.writer.catch_up() == Indexed(2)
    assert (home.snapshot().passages, home.encoder.encoded) == (0, [])


def test_a_writer_that_cannot_have_the_lock_says_so(home: Home) -> None:
    with writer_lock(home.folder), pytest.raises(LedgerBusy):
        home.writer.catch_up(wait=0)


def test_steps_show_how_much_is_split_read_and_embedded(home: Home) -> None:
    seen: list[list[object]] = []

    @contextmanager
    def steps(what: str, total: int) -> Iterator[Progress]:
        seen.append([what, total, 0])

        def advance(count: int) -> None:
            seen[-1][2] += count  # type: ignore[operator]

        yield advance

    IndexWriter(home.folder, home.ledger, lambda: home.encoder, steps).write(
        [publish("P-1", "Cups.", "Plates."), publish("P-2", "Cups.")]
    )
    assert seen == [["Splitting", 2, 2], ["Reading passages", 2, 2], ["Embedding", 2, 2]]


def test_a_large_import_is_taken_in_some_passages_at_a_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [publish(f"P-{n}", f"Words of {n}.", "Shared words.", f"More of {n}.") for n in range(7)]
    home.writer.write(changes)
    whole = home.snapshot()
    monkeypatch.setattr("indexer.writer.PASSAGES_AT_ONCE", 4)
    indexed = home.writer.rebuild()
    parts = home.snapshot()
    assert indexed == Indexed(generation=7, occurrences=21, distinct=15, embedded=15)
    assert (len(whole.segments), len(parts.segments)) == (1, 4)
    views_alike(whole, parts, range(1, 8))


def test_an_index_of_another_ledger_with_as_many_events_is_refused(home: Home, tmp_path: Path) -> None:
    home.writer.write([publish("P-1", "Cups.")])
    other = Home(tmp_path / "other")
    other.writer.write([publish("P-1", "Bowls.")])
    shutil.rmtree(other.index)
    shutil.copytree(home.index, other.index)
    for use in (other.writer.catch_up, other.writer.rebuild):
        with pytest.raises(IndexDamaged, match=r"another one of that number.*move .*index away"):
            use()
    shutil.rmtree(other.index)
    other.writer.catch_up()
    assert other.passages(1) == ["Bowls."]
    other.ledger.close()


# Words of comments


HIDDEN = "Paid in 30 days.\n\nBoth <!-- 60 days\nin May --> agree.\n"


def recorded_by_hand(home: Home, text: str, *pieces: str) -> int:
    """Records a revision whose passages are these pieces of it, as an older splitter left them; its transaction."""
    draft = parse_draft(f"---\npolicy: P-1\ntitle: Pay\neffective: 2025-01-01\n---\n{text}", "p.md")
    spans = [Span(at := draft.text.index(piece), at + len(piece)) for piece in pieces]
    return home.ledger.record(home.ledger.propose([Publish(draft)]), [spans], "by hand")[0].tx


def test_a_recorded_passage_that_is_wholly_comment_is_never_searched(home: Home) -> None:
    tx = recorded_by_hand(home, HIDDEN, "Paid in 30 days.", "Both <!-- 60 days", "in May --> agree.", "agree.")
    other = recorded_by_hand(home, "Long <!-- of\nthis nobody\nhears --> one.\n", "Long <!-- of", "this nobody")
    home.writer.catch_up()
    assert home.passages(tx) == ["Paid in 30 days.", "Both <!-- 60 days", "in May --> agree.", "agree."]
    assert home.passages(other) == ["Long <!-- of"]
    view = View(home.snapshot(), [tx, other])
    assert [view.source(row) for row in range(len(view))] == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 1)]
    assert not {"60", "nobody", "of"} & set(home.snapshot().terms)
    assert home.snapshot().structure(other).standings[1].words == ""


def test_what_nobody_sees_stays_out_when_segments_are_merged(home: Home) -> None:
    first = recorded_by_hand(home, "Long <!-- of\nthis nobody\nhears --> one.\n", "Long <!-- of", "this nobody", "one.")
    home.writer.catch_up()
    for number in range(MOST_SEGMENTS + 1):
        draft = parse_draft(f"---\npolicy: Q-{number}\ntitle: Q\neffective: 2025-01-01\n---\nRule {number}.\n", "q.md")
        home.writer.write([Publish(draft)])
    assert home.passages(first) == ["Long <!-- of", "one."]
    home.writer.write([Erase(VersionId("Q-1", 1), "gone")])
    assert home.passages(first) == ["Long <!-- of", "one."]


def test_an_index_of_before_is_posted_anew_and_only_what_holds_a_comment_is_embedded(home: Home) -> None:
    home.writer.write([Publish(parse_draft("---\npolicy: A\ntitle: A\neffective: 2025-01-01\n---\nBand A.\n", "a.md"))])
    recorded_by_hand(home, "Paid <!-- in 60 --> in 30 days.\n", "Paid <!-- in 60 --> in 30 days.")
    home.writer.catch_up()
    wanted = home.snapshot()
    path = home.index / "manifest.json"
    before = path.read_text()
    path.write_text(before.replace(TERMS, f"{EARLIER_VERSION}/{BEFORE_COMMENTS}"))
    home.encoder.encoded.clear()
    assert home.writer.catch_up().generation == wanted.generation
    assert home.encoder.encoded == ["Paid  in 30 days."]
    assert read_manifest(home.index).built == wanted.manifest.built  # type: ignore[union-attr]
    assert home.snapshot().terms == wanted.terms
    numbers = np.arange(wanted.passages)
    assert home.snapshot().vectors(numbers).tobytes() == wanted.vectors(numbers).tobytes()


def test_what_stands_above_a_passage_of_before_loses_its_comments(home: Home) -> None:
    passage = Passage("T", ("Fees <!-- 60 -->",), ("We pay <!-- not --> for:",), "beer")
    assert passage.without_comments_above() == Passage("T", ("Fees",), ("We pay for:",), "beer")
