"""What an erasure reaches beside the ledger: the cache, wherever it lies, and what stands in the way."""

import subprocess
import sys
from pathlib import Path

import pytest

from policies.change import Erase
from policies.revision import VersionId
from retriever.errors import StoreUnusable
from retriever.home_folder import CACHE
from tests.retriever.homes import Home
from tests.unwritable import HELD_TO_MODES, needs_modes, unwritable_folder

WORDS = "Zanzibar parcels are eligible."


@pytest.fixture
def erase(home: Home) -> Erase:
    """The erasure of words that this home holds."""
    home.publish("P-7", WORDS, "2024-01-01")
    home.publish("P-8", "Gifts.", "2024-01-01")
    return Erase(VersionId("P-7", 1), "court order")


def kept(cache: Path, name: str = "a.jsonl") -> Path:
    """A result that a program keeps in the cache."""
    path = cache / "checked-answers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(WORDS)
    return path


def test_a_cache_on_another_disk_is_emptied_through_its_link(home: Home, erase: Erase, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    path = kept(disk)
    (path.parent / "again.jsonl").symlink_to(path)
    (home.path / CACHE).symlink_to(disk)
    home.write(erase)
    assert not path.parent.exists()
    assert (home.path / CACHE).is_symlink()
    assert list(home.open().problems()) == []


def test_what_cannot_be_removed_is_told_until_it_is_gone(home: Home, erase: Erase, tmp_path: Path) -> None:
    elsewhere = kept(tmp_path / "elsewhere")
    (home.path / CACHE).mkdir()
    link = home.path / CACHE / "checked-answers"
    link.symlink_to(elsewhere.parent)
    with pytest.raises(StoreUnusable, match=r"The erasure is recorded \(transaction 3\).*checked-answers cannot be"):
        home.write(erase)
    assert elsewhere.exists()  # perhaps it is somebody's own
    [problem] = home.open().problems()
    assert "the cache may still hold erased words" in problem
    with pytest.raises(StoreUnusable, match="leads out of the cache"):
        home.open().verify_index()
    link.unlink()
    assert list(home.open().problems()) == []


EMPTIES = """
import sys
from pathlib import Path
from retriever.errors import StoreUnusable
from retriever.traces.erasure import empty_cache
try:
    empty_cache(Path(sys.argv[1]))
except StoreUnusable as error:
    print(error)
"""


@needs_modes
def test_a_cache_of_another_user_is_no_emptied_one(tmp_path: Path) -> None:
    path = kept(tmp_path / CACHE)
    with unwritable_folder(tmp_path / CACHE):
        command = [*HELD_TO_MODES, sys.executable, "-c", EMPTIES, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True)
    assert f"{path} cannot be removed (Permission denied)" in done.stdout, done.stderr
    assert path.exists()


def test_results_that_are_kept_after_an_erasure_stay_until_the_next(home: Home, erase: Erase) -> None:
    kept(home.path / CACHE)
    home.write(erase)
    after = kept(home.path / CACHE, "b.jsonl")
    assert list(home.open().problems()) == []
    assert after.exists()
    home.write(Erase(VersionId("P-8", 1), "court order"))
    assert not after.exists()


def test_whoever_looks_empties_the_cache_after_an_erasure_that_was_killed(
    home: Home, erase: Erase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(home.asof, "forget_erased", lambda: None)
        home.write(erase)
    path = kept(home.path / CACHE)  # by a program that had read the words before
    assert list(home.open().problems()) == []
    assert not path.exists()
