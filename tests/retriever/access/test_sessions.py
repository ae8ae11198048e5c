"""Sessions of browsers: begun, used, ended by themselves, by their holder, and with their key."""

import errno
import os
import stat
from pathlib import Path

import pytest

from retriever.access.keys import Key, KeyRing
from retriever.access.permissions import Role
from retriever.access.sessions import FOLDER, MOST_OF_A_KEY, Sessions
from retriever.errors import StoreUnusable
from tests.retriever.homes import Clock

NOON = "2025-01-01T12:00:00Z"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def ring(home: Path, clock: Clock) -> KeyRing:
    return KeyRing(home, clock)


@pytest.fixture
def key(ring: KeyRing) -> Key:
    return ring.create(Role.READER)[0]


@pytest.fixture
def sessions(home: Path, ring: KeyRing, clock: Clock) -> Sessions:
    return Sessions(home, ring, clock)


def test_a_session_is_of_its_key_and_another_token_is_of_none(sessions: Sessions, key: Key) -> None:
    token = sessions.begin(key)
    assert sessions.key(token) == key
    for other in ("", token[:-1], token + "A", "A" * 43, "../" * 20, token.upper()):
        assert sessions.key(other) is None
    assert sessions.begin(key) != token


def test_the_folder_holds_no_token_and_nobody_else_may_read_it(sessions: Sessions, key: Key, home: Path) -> None:
    token = sessions.begin(key)
    files = list((home / FOLDER).iterdir())
    assert len(files) == 1
    assert stat.S_IMODE((home / FOLDER).stat().st_mode) == 0o700
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert token not in files[0].name + files[0].read_text()


def test_a_session_ends_twelve_hours_after_its_last_use(sessions: Sessions, key: Key, clock: Clock) -> None:
    token = sessions.begin(key)
    clock.set("2025-01-01T23:59:59Z")
    assert sessions.key(token) == key
    clock.set("2025-01-02T11:59:58Z")
    assert sessions.key(token) == key
    clock.set("2025-01-02T23:59:58Z")
    assert sessions.key(token) is None
    clock.set(NOON)
    assert sessions.key(token) is None


def test_a_session_ends_seven_days_after_it_began_however_often_it_is_used(
    sessions: Sessions, key: Key, clock: Clock
) -> None:
    token = sessions.begin(key)
    began = clock.now
    for hours in range(11, 7 * 24, 11):
        clock.now = began + hours * 3_600_000_000
        assert sessions.key(token) == key
    clock.set("2025-01-08T11:59:59Z")
    assert sessions.key(token) == key
    clock.set("2025-01-08T12:00:00Z")
    assert sessions.key(token) is None


def test_a_session_ends_with_its_key_in_every_process(home: Path, key: Key, ring: KeyRing, clock: Clock) -> None:
    here, there = Sessions(home, ring, clock), Sessions(home, KeyRing(home, clock), clock)
    token = here.begin(key)
    assert there.key(token) == key
    ring.revoke(key.id)
    assert there.key(token) is None
    assert not list((home / FOLDER).iterdir())


def test_a_session_ends_when_its_key_expires(sessions: Sessions, ring: KeyRing, clock: Clock) -> None:
    key, _ = ring.create(Role.READER, expires=clock.now + 3_600_000_000)
    token = sessions.begin(key)
    clock.set("2025-01-01T13:00:00Z")
    assert sessions.key(token) is None


def test_a_key_that_was_made_anew_under_the_same_id_is_another_key(
    sessions: Sessions, key: Key, home: Path, clock: Clock
) -> None:
    token = sessions.begin(key)
    file = next((home / FOLDER).iterdir())
    file.write_text(file.read_text().replace(str(key.created), str(key.created - 1)))
    os.utime(file, ns=(clock.now * 1000, clock.now * 1000))
    assert sessions.key(token) is None


def test_signing_out_ends_one_session_alone(sessions: Sessions, key: Key) -> None:
    first, second = sessions.begin(key), sessions.begin(key)
    sessions.end(first)
    sessions.end(first)
    sessions.end("../../keys.json")
    assert sessions.key(first) is None
    assert sessions.key(second) == key


def test_a_key_has_so_many_sessions_and_a_further_one_ends_the_oldest(
    sessions: Sessions, key: Key, clock: Clock, home: Path
) -> None:
    tokens = []
    for number in range(MOST_OF_A_KEY + 2):
        clock.set(f"2025-01-01T12:{number:02}:00Z")
        tokens.append(sessions.begin(key))
    assert [sessions.key(token) is None for token in tokens[:3]] == [True, True, False]
    assert sessions.key(tokens[-1]) == key
    assert len(list((home / FOLDER).iterdir())) == MOST_OF_A_KEY


def test_what_is_over_is_removed_when_somebody_signs_in(
    sessions: Sessions, ring: KeyRing, key: Key, clock: Clock, home: Path
) -> None:
    sessions.begin(key)
    clock.set("2025-01-03T12:00:00Z")
    sessions.begin(ring.create(Role.READER)[0])
    assert len(list((home / FOLDER).iterdir())) == 1


def test_a_damaged_file_is_no_session(sessions: Sessions, key: Key, home: Path) -> None:
    token = sessions.begin(key)
    next((home / FOLDER).iterdir()).write_text("{")
    assert sessions.key(token) is None
    assert sessions.key(sessions.begin(key)) == key


def test_a_session_that_cannot_be_read_for_now_has_not_ended(
    sessions: Sessions, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sessions.begin(key)

    def none_left(path: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", none_left)
        with pytest.raises(StoreUnusable, match=r"cannot be read \(Too many open files\); try again"):
            sessions.key(token)
    assert sessions.key(token) == key


def test_a_home_that_cannot_be_written_says_that_nobody_can_sign_in(sessions: Sessions, key: Key, home: Path) -> None:
    (home / FOLDER).write_text("in the way")
    with pytest.raises(StoreUnusable, match=r"nobody can sign in\. Make the home folder writable"):
        sessions.begin(key)
