"""The composition root: what it opens, what it makes, and how it recovers."""

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from policies.change import Erase, Publish, Withdraw
from policies.errors import ChangeRefused, ClockBehind, DraftError, LedgerMissing
from policies.instant import parse_instant
from policies.revision import VersionId
from policies.sources.draft import read_draft
from retriever.answering.naming import title_terms
from retriever.bootstrap import Asof
from retriever.config import Settings
from tests.retriever.homes import Home, draft
from tests.root import ROOT

ASKED = {"query": "Are damaged items eligible?", "as_of": "2025-01-01"}


def test_publishing_makes_the_home_and_the_words_can_be_asked_for_at_once(home: Home) -> None:
    assert not home.path.exists()
    written = home.asof.write([Publish(draft("P-7", "Damaged items within thirty days.", "2024-01-01"))])
    assert [event.kind for event in written.events] == ["publish"]
    assert written.indexed.generation == 1
    assert home.cited(**ASKED) == ["P-7@1#1"]


def test_asking_a_home_that_is_not_there_makes_none(home: Home) -> None:
    with pytest.raises(LedgerMissing, match="`asof publish FILE`"):
        home.ask(**ASKED)
    with pytest.raises(LedgerMissing):
        home.asof.cite("P-7@1#1")
    with pytest.raises(LedgerMissing):
        home.asof.write([Withdraw("P-7", parse_instant("2025-01-01"))])
    assert not home.path.exists()


def test_several_changes_are_one_commit_or_none(home: Home) -> None:
    home.publish("P-7", "Thirty days.", "2024-01-01")
    head = home.asof.ledger.head()
    good = Publish(draft("P-8", "Fine.", "2024-01-01"))
    with pytest.raises(ChangeRefused):
        home.asof.write([good, Withdraw("P-7", parse_instant("2020-01-01"), parse_instant("2019-01-01"))])
    assert home.asof.ledger.head() == head
    home.write(good, Publish(draft("P-9", "Fine too.", "2024-01-01")))
    recorded = {event.recorded_at for event in home.asof.ledger.events(after=1)}
    assert len(recorded) == 1


def test_until_before_the_clock_is_refused_where_effective_is_left_out(home: Home) -> None:
    home.publish("P-7", "Thirty days.", "2024-01-01")
    head = home.asof.ledger.head()
    file = home.path / "late.md"
    file.write_text("---\npolicy: P-8\ntitle: Late\nuntil: 2024-06-01\n---\nWords.\n")
    with pytest.raises(DraftError, match=r"late\.md: would hold through 2024-05-31, which is not after its start"):
        home.asof.write([Publish(read_draft(file))])
    assert home.asof.ledger.head() == head


def test_recorded_at_is_after_the_last_commit_even_where_the_clock_stands_still_or_runs_back(home: Home) -> None:
    for body, recorded in (("One.", "2025-01-01"), ("Two.", "2025-01-01"), ("Three.", "2024-12-31T20:00:00Z")):
        home.publish("P-7", body, "2024-01-01", recorded=recorded)
    first = parse_instant("2025-01-01")
    assert [event.recorded_at for event in home.asof.ledger.events()] == [first, first + 1, first + 2]


def test_clock_may_lie_behind_the_newest_event_by_as_much_as_the_environment_says(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01", recorded="2025-01-01T01:00:00Z")
    home.clock.set("2025-01-01")
    change = Withdraw("P-7", parse_instant("2026-01-01"))
    monkeypatch.setenv("ASOF_CLOCK_AHEAD_SECONDS", "3599")
    with closing(Asof(Settings.from_environment(home.path), home.clock).ledger) as ledger, pytest.raises(ClockBehind):
        ledger.propose([change])
    monkeypatch.setenv("ASOF_CLOCK_AHEAD_SECONDS", "3600")
    with closing(Asof(Settings.from_environment(home.path), home.clock).ledger) as ledger:
        assert len(ledger.propose([change]).steps) == 1
    monkeypatch.delenv("ASOF_CLOCK_AHEAD_SECONDS")
    with closing(Asof(Settings.from_environment(home.path), home.clock).ledger) as ledger:
        home.clock.set("2024-12-30T01:00:00Z")
        assert len(ledger.propose([change]).steps) == 1
        home.clock.set("2024-12-30T00:59:59Z")
        with pytest.raises(ClockBehind):
            ledger.propose([change])


@pytest.mark.parametrize("lost", ["the manifest", "the index folder"])
def test_index_that_is_lost_is_made_again_when_first_asked(home: Home, lost: str) -> None:
    home.publish("P-7", "Thirty days for damaged items.", "2024-01-01")
    home.publish("P-8", "Gifts.", "2024-01-01")
    before = home.ask(**ASKED)
    if lost == "the manifest":
        (home.path / "index" / "manifest.json").unlink()
    else:
        shutil.rmtree(home.path / "index")
    assert home.open().retrieve(**ASKED).content() == before


def test_crash_that_leaves_the_index_behind_the_ledger_is_caught_up_when_first_asked(
    home: Home, tmp_path: Path
) -> None:
    home.publish("P-7", "Seven days for damaged items.", "2024-01-01")
    shutil.copytree(home.path / "index", tmp_path / "before")
    home.publish("P-7", "Thirty days for damaged items.", "2024-01-01")
    expected = home.ask(**ASKED)
    shutil.rmtree(home.path / "index")
    shutil.copytree(tmp_path / "before", home.path / "index")
    after = home.open().retrieve(**ASKED).content()
    assert after == expected
    assert after["evidence"][0]["citation"] == "P-7@2#1"


def test_segments_with_erased_words_that_a_crash_left_are_removed_when_first_asked(home: Home, tmp_path: Path) -> None:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    home.publish("P-8", "Gifts.", "2024-01-01")
    shutil.copytree(home.path / "index", tmp_path / "before")
    home.write(Erase(VersionId("P-7", 1), "court order"))
    for segment in (tmp_path / "before").glob("segment-*"):
        shutil.copy(segment, home.path / "index")
    home.open().retrieve(**ASKED)
    assert b"anzibar" not in b"".join(path.read_bytes() for path in (home.path / "index").iterdir())


def test_rebuild_leaves_evidence_and_scores_as_they_were(home: Home) -> None:
    for policy in ("P-9", "P-7", "P-8"):
        home.publish(policy, f"Words of {policy} on damaged items.", "2024-01-01")
    before = home.ask(**ASKED)
    assert home.asof.writer().rebuild().embedded == 3
    assert home.ask(**ASKED) == before
    assert home.open().retrieve(**ASKED).content() == before


def test_same_words_in_another_revision_are_not_embedded_again(home: Home) -> None:
    home.publish("P-7", "First rule.\n\nSecond rule.", "2024-01-01")
    written = home.asof.write([Publish(draft("P-7", "First rule.\n\nThird rule.", "2025-01-01"))])
    assert (written.indexed.occurrences, written.indexed.embedded) == (2, 1)


def test_threads_do_not_change_an_answer(home: Home) -> None:
    home.publish("P-7", "Thirty days for damaged items.\n\nGifts.\n\nShipping is free.", "2024-01-01")
    expected = home.ask(**ASKED)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: home.ask(**ASKED), range(40)))
    assert all(answer == expected for answer in answers)


def test_library_opens_the_folder_that_it_is_given(tmp_path: Path) -> None:
    assert Asof.at(str(tmp_path / "mine")).settings == Settings(tmp_path / "mine")


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("retriever.entrypoints.cli", ("torch", "faiss", "onnxruntime", "numpy", "fastapi", "sqlite_utils")),
        ("retriever.bootstrap", ("torch", "faiss", "onnxruntime", "fastapi")),
    ],
)
def test_importing_loads_nothing_heavy(module: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_after_an_erasure_no_question_and_no_title_stays_in_memory(home: Home) -> None:
    home.publish("P-7", "Zanzibar parcels.", "2024-01-01", title="Zanzibar")
    home.publish("P-8", "Gifts.", "2024-01-01", title="Gifts")
    for question in ("Zanzibar parcels?", "Is Zanzibar eligible?", "Gifts?"):
        home.ask(question, as_of="2025-01-01")
    assert title_terms.cache_info().currsize >= 2
    home.write(Erase(VersionId("P-7", 1), "court order"))
    home.ask("Gifts?", as_of="2025-01-01")
    assert title_terms.cache_info().currsize == 1
    assert home.asof.retriever.query_lookups == (0, 1)
    assert home.asof.index.current().views.cost[0] == 1


def test_eight_threads_that_come_first_share_one_of_everything(home: Home) -> None:
    home.publish("P-7", "Thirty days.", "2024-01-01")
    for name in ("ledger", "traces", "key_ring", "audit", "index", "retriever"):
        asof, barrier = home.open(), threading.Barrier(8)

        def first(number: int, asof: Asof = asof, barrier: threading.Barrier = barrier, name: str = name) -> int:
            barrier.wait()
            return id(getattr(asof, name))

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(first, range(8)))) == 1, name


def test_two_threads_that_publish_first_write_into_one_ledger(home: Home) -> None:
    barrier = threading.Barrier(2)

    def publish(policy: str) -> int:
        barrier.wait()
        return len(home.asof.write([Publish(draft(policy, "Words.", "2024-01-01"))]).events)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(publish, ("P-7", "P-8"))) == [1, 1]
    assert home.asof.ledger.head()[0] == 2
