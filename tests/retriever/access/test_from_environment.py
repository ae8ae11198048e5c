"""Whose key the environment holds, and what is said of one that is not accepted."""

from pathlib import Path

import pytest

from policies.instant import parse_instant
from retriever.access.from_environment import key_holder
from retriever.access.keys import KeyRing
from retriever.access.permissions import Role
from retriever.errors import KeyRefused, KeysUnreadable
from tests.retriever.homes import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock("2025-01-01T12:00:00Z")


@pytest.fixture
def ring(tmp_path: Path, clock: Clock) -> KeyRing:
    return KeyRing(tmp_path / "home", clock)


def refusal(ring: KeyRing, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.setenv("ASOF_KEY", text)
    with pytest.raises(KeyRefused) as caught:
        key_holder(ring)
    assert text[14:] not in str(caught.value)
    assert str(caught.value).endswith("; `asof key list` shows the keys of this home")
    return str(caught.value).partition(";")[0]


def test_holder_of_the_key_has_its_role_person_and_labels(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    key, text = ring.create(Role.APPROVER, ["legal"], person="Ann Lee")
    monkeypatch.setenv("ASOF_KEY", f" {text}\n")
    held = key_holder(ring)
    assert held == key
    assert (held.role, held.person, held.audience) == (Role.APPROVER, "Ann Lee", ("legal", "public"))


@pytest.mark.parametrize("text", [None, "", "  "])
def test_environment_without_a_key_is_nobody(ring: KeyRing, monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    monkeypatch.delenv("ASOF_KEY", raising=False)
    if text is not None:
        monkeypatch.setenv("ASOF_KEY", text)
    assert key_holder(ring) is None


def test_key_that_is_not_accepted_is_never_nobody_and_says_why(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    revoked, text = ring.create(Role.ADMIN)
    expired, another = ring.create(Role.ADMIN, expires=parse_instant("2026-01-01"))
    good, kept = ring.create(Role.ADMIN)
    ring.revoke(revoked.id)
    clock.set("2026-01-01")
    told = refusal(ring, monkeypatch, text)
    assert told == f"ASOF_KEY holds key {revoked.id}, which is revoked since 2025-01-01T12:00:00Z"
    told = refusal(ring, monkeypatch, another)
    assert told == f"ASOF_KEY holds key {expired.id}, which expired at 2026-01-01T00:00:00Z"
    told = refusal(ring, monkeypatch, f"asof_{good.id}_{'A' * 43}")
    assert told == f"ASOF_KEY holds a text with the id of key {good.id} and another secret"
    told = refusal(ring, monkeypatch, f"asof_00000000_{kept[-43:]}")
    assert told == "ASOF_KEY holds a key of the id 00000000, which this home does not know"
    told = refusal(ring, monkeypatch, "an old password of mine")
    assert told.startswith("ASOF_KEY holds a text that is no key")


def test_damaged_file_of_keys_is_an_error_and_never_nobody(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, text = ring.create(Role.ADMIN)
    (tmp_path / "home" / "keys.json").write_text("torn")
    monkeypatch.setenv("ASOF_KEY", text)
    with pytest.raises(KeysUnreadable):
        key_holder(ring)
