"""When a key was last used."""

import os
from pathlib import Path

import pytest

from policies.instant import parse_instant
from retriever.access.from_environment import key_holder
from retriever.access.key_uses import KeyUses
from retriever.access.keys import KeyRing
from retriever.access.permissions import Role
from tests.retriever.homes import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock("2025-01-01T12:00:00.000007Z")


def test_use_is_known_to_every_process_to_the_microsecond(tmp_path: Path, clock: Clock) -> None:
    assert KeyUses(tmp_path, clock).last("1a2b3c4d") is None
    KeyUses(tmp_path, clock).note("1a2b3c4d")
    assert KeyUses(tmp_path, clock).last("1a2b3c4d") == clock.now
    assert KeyUses(tmp_path, clock).last("00000000") is None
    kept = tmp_path / "key-uses"
    assert (kept.stat().st_mode & 0o777, (kept / "1a2b3c4d").stat().st_mode & 0o777) == (0o700, 0o600)


def test_use_is_noted_once_a_minute(tmp_path: Path, clock: Clock) -> None:
    uses, first = KeyUses(tmp_path, clock), clock.now
    uses.note("1a2b3c4d")
    clock.now = first + 59_999_999
    uses.note("1a2b3c4d")
    assert uses.last("1a2b3c4d") == first
    clock.now = first + 60_000_000
    uses.note("1a2b3c4d")
    assert uses.last("1a2b3c4d") == first + 60_000_000
    clock.now = first
    uses.note("1a2b3c4d")
    assert uses.last("1a2b3c4d") == first


def test_home_that_cannot_be_written_notes_no_use_and_refuses_nobody(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "key-uses").write_text("no folder")
    uses = KeyUses(tmp_path, clock)
    uses.note("1a2b3c4d")
    assert uses.last("1a2b3c4d") is None


def test_link_in_place_of_a_use_is_not_followed(tmp_path: Path, clock: Clock) -> None:
    other = tmp_path / "other"
    other.touch()
    os.utime(other, ns=(0, 0))
    (tmp_path / "key-uses").mkdir()
    (tmp_path / "key-uses" / "1a2b3c4d").symlink_to(other)
    KeyUses(tmp_path, clock).note("1a2b3c4d")
    assert other.stat().st_mtime_ns == 0


def test_key_in_the_environment_is_used(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing(tmp_path, clock)
    key, text = ring.create(Role.ADMIN)
    monkeypatch.setenv("ASOF_KEY", text)
    assert ring.last_used(key) is None
    key_holder(ring)
    assert ring.last_used(key) == parse_instant("2025-01-01T12:00:00.000007Z")
