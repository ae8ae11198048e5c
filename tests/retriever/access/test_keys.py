"""Keys: made, checked, expired and revoked; what their file holds, and what it costs to be refused."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policies.instant import parse_instant
from policies.storage.writer_lock import writer_lock
from retriever.access.keys import Key, KeyRing, _checksum
from retriever.access.permissions import Role
from retriever.errors import BadKey, KeyExists, KeysUnreadable, RetrieverError, UnknownKey
from tests.retriever.homes import Clock
from tests.root import ROOT

NOON = "2025-01-01T12:00:00Z"

TEXT_2 = "asof_3d2b7583_XiWtGG9voqkgsUl1SBlou4ezAUrcFiUYFmdN2drTd8c"
FORMAT_2 = """
{"format": 2, "sha256": "33ac0ab1dab595fa2522a237c206b64fe2980eaa5591e516d84ec1345761c008", "keys": [
{"id": "3d2b7583", "role": "author", "audience": ["legal", "public"], "created": "2025-01-01T12:00:00Z",
"expires": null, "revoked": null, "note": "the handbook's build", "scheme": "hmac-sha256",
"salt": "92b5729bcd68dcc6aba9defed7c2d8a8",
"hash": "ce2bf64524c97ee1f04c4b4cae0d44c6b60ad62edcda1a956fd8fe634c4414e6"},
{"id": "2293d33e", "role": "feed", "audience": ["public"], "created": "2025-01-01T12:00:00Z",
"expires": "2027-01-01T00:00:00Z", "revoked": null, "note": null, "scheme": "hmac-sha256",
"salt": "f9c640e120efd450fbe75cfeb5454eea",
"hash": "fb981d7a94b58e9d60a203e0dcc9fbb78100eaeecf46f7c8aaff821e4d49dff9"}]}
"""
"""A file of keys as format 2 had it, and the text of its first key."""

REVOKER = """
import sys
from pathlib import Path
from policies import instant
from retriever.access.keys import KeyRing
sys.stdin.readline()
KeyRing(Path(sys.argv[1]), instant.now).revoke(sys.argv[2])
print("revoked", flush=True)
"""

MAKER = """
import sys
from pathlib import Path
from policies import instant
from retriever.access.keys import KeyRing
from retriever.access.permissions import Role
ring = KeyRing(Path(sys.argv[1]), instant.now)
for _ in range(5):
    print(ring.create(Role.READER)[0].id)
"""


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ring(folder: Path, clock: Clock) -> KeyRing:
    return KeyRing(folder, clock)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyRing, Key, str]:
    """One key that no test changes."""
    ring = KeyRing(tmp_path_factory.mktemp("made"), Clock(NOON))
    return (ring, *ring.create(Role.READER))


def rewritten(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """The file after a change to its JSON, with a checksum that fits."""
    content = json.loads((folder / "keys.json").read_text())
    change(content)
    content["sha256"] = hashlib.sha256(rfc8785.dumps(content["keys"])).hexdigest()
    (folder / "keys.json").write_text(json.dumps(content))


def made_old(folder: Path, *texts: str) -> None:
    """The file as format 1 had it, with the slow hashes of these keys' secrets."""

    def change(content: dict[str, Any]) -> None:
        content["format"] = 1
        for item, text in zip(content["keys"], texts, strict=True):
            del item["scheme"], item["person"]
            salt = bytes.fromhex(item["salt"])
            item["hash"] = hashlib.scrypt(
                text[-43:].encode(), salt=salt, n=2**14, r=8, p=1, maxmem=2**26, dklen=32
            ).hex()

    rewritten(folder, change)


def schemes(folder: Path) -> list[str]:
    return [item["scheme"] for item in json.loads((folder / "keys.json").read_text())["keys"]]


def seconds(ring: KeyRing, text: str, times: int = 1) -> float:
    """What a check takes of this thread's time on a processor, the median of several."""
    spent = []
    for _ in range(times):
        began = time.thread_time()
        ring.check(text)
        spent.append(time.thread_time() - began)
    return median(spent)


def other_end(text: str) -> str:
    """The same text with another last character."""
    return text[:-1] + ("A" if text[-1] != "A" else "B")


class TestMaking:
    def test_key_is_checked_by_its_text(self, ring: KeyRing) -> None:
        key, text = ring.create(Role.AUTHOR, ["legal", "hr"], parse_instant("2027-01-01"), "the handbook's build")
        assert key == Key(
            id=key.id,
            role=Role.AUTHOR,
            audience=("hr", "legal", "public"),
            created=parse_instant(NOON),
            expires=parse_instant("2027-01-01"),
            revoked=None,
            note="the handbook's build",
        )
        assert ring.check(text) == key
        assert ring.keys() == (key,)

    def test_text_is_the_id_and_32_random_bytes(self, ring: KeyRing) -> None:
        (one, text), (other, another) = ring.create(Role.READER), ring.create(Role.READER)
        assert re.fullmatch(f"asof_{one.id}_[A-Za-z0-9_-]{{43}}", text)
        assert (one.id != other.id, text[-43:] != another[-43:]) == (True, True)

    def test_everybody_holds_public(self, ring: KeyRing) -> None:
        assert ring.create(Role.READER)[0].audience == ("public",)

    def test_another_ring_on_the_same_home_accepts_it(self, ring: KeyRing, folder: Path, clock: Clock) -> None:
        key, text = ring.create(Role.READER)
        assert KeyRing(folder, clock).check(text) == key

    def test_key_of_another_home_is_refused(self, ring: KeyRing, tmp_path: Path, clock: Clock) -> None:
        _, text = ring.create(Role.READER)
        elsewhere = KeyRing(tmp_path / "elsewhere", clock)
        elsewhere.create(Role.READER)
        assert elsewhere.check(text) is None

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"audience": [" "]}, "audience is ' '"),
            ({"audience": ["a\nb"]}, "audience is 'a\\nb'"),
            ({"audience": ["a\x00b"]}, "audience holds a NUL"),
            ({"audience": ["\ud800"]}, "audience holds a lone surrogate"),
            ({"expires": parse_instant(NOON)}, "expires: 2025-01-01T12:00:00Z is not after now; give a later date"),
            ({"note": "\x1b[2J"}, "note: write at most 500 characters"),
            ({"note": "n" * 501}, "note: write at most 500 characters"),
            ({"person": ""}, "person: the name is empty; give one"),
            ({"person": " \u3000"}, "person: the name is empty; give one"),
            ({"person": "\u200b"}, "person: the name is empty; give one"),
            ({"person": "Ann\nLee"}, "person: give a name of at most 200 characters"),
            ({"person": "Ann\tLee"}, "person: give a name of at most 200 characters"),
            ({"person": "Ann \x1b[2J"}, "person: give a name of at most 200 characters"),
            ({"person": "Ann \u202eeeL"}, "person: give a name of at most 200 characters"),
            ({"person": "Ann \ud800"}, "person: give a name of at most 200 characters"),
            ({"person": "n" * 201}, "person: give a name of at most 200 characters"),
        ],
    )
    def test_key_that_cannot_be_is_refused_and_leaves_no_folder(
        self, ring: KeyRing, folder: Path, fields: dict[str, Any], named: str
    ) -> None:
        with pytest.raises(BadKey) as caught:
            ring.create(Role.READER, **fields)
        assert named in str(caught.value)
        assert not folder.exists()

    def test_key_names_its_person_in_one_form_however_the_name_was_typed(self, ring: KeyRing) -> None:
        made = [ring.create(Role.APPROVER, person=name)[0] for name in ("Zoe\u0308 Lee", "  Zo\u00eb   Lee ")]
        assert [key.person for key in made] == ["Zo\u00eb Lee"] * 2
        assert ring.keys() == tuple(made)
        assert made[0].content()["person"] == "Zo\u00eb Lee"
        assert ring.create(Role.READER, person="n" * 200)[0].person == "n" * 200

    def test_only_an_approver_needs_a_person(self, ring: KeyRing) -> None:
        for role in set(Role) - {Role.APPROVER}:
            assert ring.create(role)[0].person is None
        with pytest.raises(BadKey, match=r'a key of role approver names who holds it.*give --person "Ann Lee"'):
            ring.create(Role.APPROVER)

    def test_change_waits_for_the_writer_lock(self, ring: KeyRing, folder: Path) -> None:
        key, text = ring.create(Role.READER)
        with ThreadPoolExecutor(1) as pool:
            with writer_lock(folder):
                revoking = pool.submit(ring.revoke, key.id)
                time.sleep(0.2)
                assert not revoking.done()
                assert ring.check(text) == key
            assert revoking.result(timeout=20).id == key.id
        assert ring.check(text) is None

    def test_keys_that_two_processes_make_at_once_are_all_there(self, ring: KeyRing, folder: Path) -> None:
        making = [
            subprocess.Popen([sys.executable, "-c", MAKER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
            for _ in range(2)
        ]
        ids = [line for process in making for line in process.communicate(timeout=60)[0].split()]
        assert len(ids) == 10
        found = ring.keys()
        assert sorted(key.id for key in found) == sorted(ids)


class TestFile:
    def test_no_file_of_the_home_holds_a_secret_or_lets_others_read_it(self, ring: KeyRing, folder: Path) -> None:
        texts = [ring.create(role, note=f"for {role}", person="Ann Lee")[1] for role in Role]
        ring.revoke(ring.keys()[0].id)
        stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert b'"role": "admin"' in stored
        for text in texts:
            secret = text[-43:]
            raw = base64.urlsafe_b64decode(f"{secret}=")
            for form in (secret.encode(), raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")):
                assert form not in stored

    @pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
    def test_file_is_its_owners_alone_whatever_the_umask(self, ring: KeyRing, folder: Path, mask: int) -> None:
        folder.mkdir()
        (folder / "writer.lock").touch()
        before = os.umask(mask)
        try:
            ring.create(Role.READER)
        finally:
            os.umask(before)
        assert (folder / "keys.json").stat().st_mode & 0o777 == 0o600

    def test_what_a_crash_left_half_written_is_no_part_of_it(self, ring: KeyRing, folder: Path) -> None:
        key, text = ring.create(Role.READER)
        (folder / "keys.json.partial").write_text('{"format": 1, "ke')
        (folder / "keys.json.partial").chmod(0o644)
        assert ring.check(text) == key
        ring.revoke(key.id)
        assert (folder / "keys.json").stat().st_mode & 0o777 == 0o600
        assert not (folder / "keys.json.partial").exists()

    def test_what_a_key_shows_of_itself_holds_no_hash(self, ring: KeyRing, folder: Path) -> None:
        key, text = ring.create(Role.READER)
        [stored] = json.loads((folder / "keys.json").read_text())["keys"]
        shown = f"{key!r} {key.content()} {vars(ring)!r}"
        for hidden in (stored["salt"], stored["hash"], repr(bytes.fromhex(stored["hash"])), text[-43:]):
            assert hidden not in shown

    def test_home_without_the_file_has_no_keys(self, ring: KeyRing, made: tuple[KeyRing, Key, str]) -> None:
        assert ring.keys() == ()
        assert ring.check(made[2]) is None

    @pytest.mark.parametrize(
        ("content", "named"),
        [
            (b"", "is not JSON"),
            (b"\xff\xfe", "is not JSON"),
            (b"[" * 100_000, "is not JSON"),
            (b"[]", "is not a file of keys"),
            (b"{}", "is not a file of keys"),
            (
                b'{"format": 4, "keys": []}',
                "has format 4, this version of Asof reads formats 1 to 3; upgrade Asof to the version that wrote it",
            ),
            (b'{"format": 1}', "holds what is no key"),
            (b'{"format": 2}', "holds what is no key"),
            (b'{"format": 3}', "holds what is no key"),
            (b'{"format": 1, "keys": []}', "holds what is no key"),
            (b'{"format": 1, "keys": [], "sha256": ""}', "does not fit its checksum"),
            (b'{"format": 1, "keys": [' + b"[" * 800 + b"]" * 800 + b'], "sha256": ""}', "keys.json"),
        ],
    )
    def test_damaged_file_is_an_error_and_never_no_keys(
        self, ring: KeyRing, folder: Path, content: bytes, named: str
    ) -> None:
        key, text = ring.create(Role.READER)
        assert ring.check(text) == key
        (folder / "keys.json").write_bytes(content)
        for use in (ring.keys, lambda: ring.check(text), lambda: ring.create(Role.READER), lambda: ring.revoke(key.id)):
            with pytest.raises(KeysUnreadable) as caught:
                use()
            assert str(folder / "keys.json") in str(caught.value)
            assert named in str(caught.value)
        assert (folder / "keys.json").read_bytes() == content

    @pytest.mark.parametrize(
        "change",
        [
            lambda keys: keys[0].pop("revoked"),
            lambda keys: keys[0].pop("expires"),
            lambda keys: keys[0].update(role="owner"),
            lambda keys: keys[0].update(audience=[" "]),
            lambda keys: keys[0].update(audience=7),
            lambda keys: keys[0].update(expires="soon"),
            lambda keys: keys[0].update(created=7),
            lambda keys: keys[0].update(note=7),
            lambda keys: keys[0].update(id="x"),
            lambda keys: keys[0].update(id=[]),
            lambda keys: keys[0].update(salt=""),
            lambda keys: keys[0].update(hash="zz"),
            lambda keys: keys[0].pop("person"),
            lambda keys: keys[0].update(person=7),
            lambda keys: keys[0].update(person=""),
            lambda keys: keys[0].update(role="approver"),
            lambda keys: keys[0].pop("scheme"),
            lambda keys: keys[0].update(scheme="md5"),
            lambda keys: keys.append(keys[0]),
            lambda keys: keys.append("key"),
        ],
    )
    def test_key_that_is_none_is_an_error_even_where_the_checksum_fits(
        self, ring: KeyRing, folder: Path, change: Callable[[Any], object]
    ) -> None:
        ring.create(Role.READER)
        rewritten(folder, lambda content: change(content["keys"]))
        with pytest.raises(KeysUnreadable, match="Restore it from a backup"):
            ring.keys()

    def test_date_changed_by_hand_does_not_fit_the_checksum(self, ring: KeyRing, folder: Path) -> None:
        ring.create(Role.READER, expires=parse_instant("2026-01-01"))
        content = (folder / "keys.json").read_text()
        (folder / "keys.json").write_text(content.replace("2026-01-01", "2926-01-01"))
        with pytest.raises(KeysUnreadable, match="does not fit its checksum"):
            ring.keys()

    def test_file_that_cannot_be_opened_is_an_error(self, ring: KeyRing, folder: Path) -> None:
        (folder / "keys.json").mkdir(parents=True)
        with pytest.raises(KeysUnreadable, match="cannot be read"):
            ring.keys()

    def test_file_put_back_from_a_backup_is_followed(self, ring: KeyRing, folder: Path) -> None:
        key, text = ring.create(Role.READER)
        backup = (folder / "keys.json").read_bytes()
        ring.revoke(key.id)
        assert ring.check(text) is None
        (folder / "keys.json").write_bytes(backup)
        assert ring.check(text) == key
        (folder / "keys.json").unlink()
        assert ring.check(text) is None

    def test_file_that_is_missing_is_an_error_where_callers_need_a_key(
        self, ring: KeyRing, folder: Path, clock: Clock
    ) -> None:
        ring.required = True
        assert ring.check(f"asof_00000000_{'A' * 43}") is None  # no key was ever made
        key, text = ring.create(Role.READER)
        assert ring.check(text) == key
        ring.used(key)
        away = (folder / "keys.json").rename(folder / "away")
        late = KeyRing(folder, clock)  # a worker that starts now
        late.required = True
        for one in (ring, late):
            with pytest.raises(KeysUnreadable, match=r"keys\.json was removed\. Restore it"):
                one.check(text)
        away.rename(folder / "keys.json")
        assert ring.check(text) == late.check(text) == key


class TestEnding:
    def test_key_expires_at_its_instant_also_where_it_is_remembered(self, ring: KeyRing, clock: Clock) -> None:
        key, text = ring.create(Role.READER, expires=parse_instant("2026-01-01"))
        clock.now = parse_instant("2026-01-01") - 1
        assert ring.check(text) == key
        clock.now += 1
        assert ring.check(text) is None
        assert key.state(clock.now) == "expired"
        clock.now -= 1
        assert ring.check(text) == key

    def test_revoked_key_is_refused_at_once(self, ring: KeyRing, clock: Clock) -> None:
        (key, text), (kept, good) = ring.create(Role.READER), ring.create(Role.READER)
        assert ring.check(text) == key
        clock.set("2025-06-01")
        revoked = ring.revoke(key.id)
        assert (revoked.revoked, revoked.state(clock.now)) == (parse_instant("2025-06-01"), "revoked")
        assert ring.check(text) is None
        assert ring.check(good) == kept
        assert ring.keys() == (revoked, kept)

    def test_key_revoked_again_keeps_its_first_instant(self, ring: KeyRing, clock: Clock) -> None:
        key, _ = ring.create(Role.READER)
        first = ring.revoke(key.id)
        clock.set("2026-01-01")
        assert ring.revoke(key.id) == first

    def test_key_that_is_not_there_cannot_be_revoked(self, ring: KeyRing, folder: Path) -> None:
        with pytest.raises(UnknownKey, match=r"no key 00000000 in .*keys\.json; `asof key list`"):
            ring.revoke("00000000")
        assert not folder.exists()

    def test_whole_key_given_for_its_id_is_not_repeated(self, ring: KeyRing) -> None:
        _, text = ring.create(Role.READER)
        with pytest.raises(UnknownKey) as caught:
            ring.revoke(text)
        assert text[-43:] not in str(caught.value)

    def test_key_that_another_process_revokes_is_refused_here_from_then_on(self, ring: KeyRing, folder: Path) -> None:
        key, text = ring.create(Role.READER)
        other = subprocess.Popen(
            [sys.executable, "-c", REVOKER, str(folder), key.id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with other, ThreadPoolExecutor(2) as pool:
            over = threading.Event()

            def checks() -> Iterator[bool]:
                while not over.is_set():
                    yield ring.check(text) is not None

            checking = [pool.submit(lambda: list(checks())) for _ in range(2)]
            try:
                assert other.stdin is not None
                assert other.stdout is not None
                assert ring.check(text) == key
                other.stdin.write("\n")
                other.stdin.flush()
                assert other.stdout.readline() == "revoked\n"
                assert ring.check(text) is None
            finally:
                over.set()
            for answers in (future.result(timeout=20) for future in checking):
                refused = answers.index(False) if False in answers else len(answers)
                assert not any(answers[refused:])


class TestChecking:
    @settings(deadline=None, max_examples=200)
    @given(text=st.text(st.characters(exclude_categories=())) | st.binary().map(lambda b: b.decode("latin-1")))
    @example(text="\x00")
    @example(text="\ud800")
    @example(text="asof_")
    @example(text="asof__")
    @example(text="asof_" + "a" * 1_000_000)
    @example(text="_" * 1_000_000)
    @example(text="\ud800" * 1_000_000)
    def test_no_text_raises(self, made: tuple[KeyRing, Key, str], text: str) -> None:
        ring, key, _ = made
        assert ring.check(text) is None
        assert ring.check(f"asof_{key.id}_{text}") is None
        assert ring.check(f"asof_{text}_{'A' * 43}") is None

    @settings(deadline=None, max_examples=25)
    @given(secret=st.text("ABCabc019_-", min_size=43, max_size=43), known=st.booleans())
    def test_no_other_secret_is_accepted(self, made: tuple[KeyRing, Key, str], secret: str, known: bool) -> None:
        ring, key, _ = made
        assert ring.check(f"asof_{key.id if known else '00000000'}_{secret}") is None

    @pytest.mark.parametrize(
        "alter",
        [
            other_end,
            str.upper,
            str.swapcase,
            lambda text: f" {text}",
            lambda text: f"{text}\n",
            lambda text: f"{text}=",
            lambda text: text[:-1],
            lambda text: f"{text}\x00",
            lambda text: text.replace("asof_", "asof_0", 1),
            lambda text: text[-43:],
        ],
    )
    def test_text_altered_in_anything_is_refused(
        self, made: tuple[KeyRing, Key, str], alter: Callable[[str], str]
    ) -> None:
        ring, key, text = made
        assert ring.check(text) == key
        assert ring.check(alter(text)) is None

    def test_secret_of_one_key_does_not_open_another(self, ring: KeyRing) -> None:
        (_, one), (other, _) = ring.create(Role.READER), ring.create(Role.ADMIN)
        assert ring.check(f"asof_{other.id}_{one[-43:]}") is None

    def test_unknown_id_costs_no_hash_and_a_wrong_secret_a_fast_one(self, made: tuple[KeyRing, Key, str]) -> None:
        ring, key, text = made
        unknown = seconds(ring, f"asof_00000000_{text[-43:]}", 50)
        wrong = seconds(ring, f"asof_{key.id}_{'A' * 43}", 50)
        assert max(unknown, wrong, seconds(ring, text, 50)) < 0.005

    def test_many_threads_get_the_same_answers(self, ring: KeyRing) -> None:
        made = [ring.create(Role.READER) for _ in range(3)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ring.check, [text for _, text in made] * 20))
        assert answers == [key for key, _ in made] * 20

    def test_refusals_are_in_the_packages_tree(self) -> None:
        assert all(issubclass(kind, RetrieverError) for kind in (BadKey, UnknownKey, KeysUnreadable))


class TestFormat2:
    """Keys of the format before this one, which has no persons."""

    def test_file_is_read_as_it_was_written(self, ring: KeyRing, folder: Path) -> None:
        folder.mkdir()
        (folder / "keys.json").write_text(FORMAT_2)
        build, feed = ring.keys()
        assert build == Key(
            "3d2b7583", Role.AUTHOR, ("legal", "public"), parse_instant(NOON), note="the handbook's build"
        )
        assert feed == Key(
            "2293d33e", Role.FEED, ("public",), parse_instant(NOON), expires=parse_instant("2027-01-01T00:00:00Z")
        )
        assert ring.check(TEXT_2) == build
        assert (folder / "keys.json").read_text() == FORMAT_2

    def test_next_change_writes_it_in_the_format_of_now(self, ring: KeyRing, folder: Path) -> None:
        folder.mkdir()
        (folder / "keys.json").write_text(FORMAT_2)
        approver, text = ring.create(Role.APPROVER, person="Ann Lee")
        content = json.loads((folder / "keys.json").read_text())
        assert (content["format"], [key["person"] for key in content["keys"]]) == (3, [None, None, "Ann Lee"])
        assert ring.check(text) == approver
        assert ring.check(TEXT_2) == ring.keys()[0]


class TestOldKeys:
    """Keys of format 1, whose hash is slow."""

    def test_old_key_is_written_anew_at_the_first_check_that_it_passes(self, ring: KeyRing, folder: Path) -> None:
        (key, text), (other, another) = ring.create(Role.READER, ["hr"], note="old"), ring.create(Role.ADMIN)
        made_old(folder, text, another)
        assert ring.keys() == (key, other)
        assert ring.is_slow(text)
        assert ring.check(text) == key
        assert schemes(folder) == ["hmac-sha256", "scrypt"]
        assert (ring.is_slow(text), ring.is_slow(another)) == (False, True)
        assert ring.check(text) == key
        assert ring.check(other_end(text)) is None
        assert ring.check(another) == other
        assert ring.keys() == (key, other)

    def test_wrong_secret_leaves_an_old_key_as_it_is(self, ring: KeyRing, folder: Path) -> None:
        _, text = ring.create(Role.READER)
        made_old(folder, text)
        before = (folder / "keys.json").read_bytes()
        assert ring.check(other_end(text)) is None
        assert (folder / "keys.json").read_bytes() == before
        assert ring.is_slow(text)

    def test_old_key_passes_while_the_file_cannot_be_written_and_the_next_write_takes_it_along(
        self, ring: KeyRing, folder: Path, clock: Clock
    ) -> None:
        key, text = ring.create(Role.READER)
        made_old(folder, text)
        with writer_lock(folder):
            assert ring.check(text) == key
            assert not ring.is_slow(text)
            assert KeyRing(folder, clock).is_slow(text)
        assert json.loads((folder / "keys.json").read_text())["format"] == 1
        ring.create(Role.READER)
        assert schemes(folder) == ["hmac-sha256", "hmac-sha256"]
        assert KeyRing(folder, clock).check(text) == key

    def test_old_key_that_is_over_costs_no_slow_hash(self, ring: KeyRing, folder: Path, clock: Clock) -> None:
        expires = parse_instant("2026-01-01")
        (revoked, text), (_, another) = ring.create(Role.READER), ring.create(Role.READER, expires=expires)
        made_old(folder, text, another)
        ring.revoke(revoked.id)
        clock.set("2026-01-01")
        assert schemes(folder) == ["scrypt", "scrypt"]
        assert not ring.is_slow(text)
        assert not ring.is_slow(another)
        assert (ring.check(text), ring.check(another)) == (None, None)

    def test_rings_that_renew_at_once_lose_no_key_and_no_revocation(
        self, ring: KeyRing, folder: Path, clock: Clock
    ) -> None:
        made = [ring.create(Role.READER) for _ in range(6)]
        made_old(folder, *(text for _, text in made))
        rings = [KeyRing(folder, clock) for _ in range(3)]
        with ThreadPoolExecutor(4) as pool:
            revoking = pool.submit(ring.revoke, made[0][0].id)
            answers = [pool.submit(rings[n % 3].check, text) for n, (_, text) in enumerate(made[1:])]
            assert [answer.result(timeout=60) for answer in answers] == [key for key, _ in made[1:]]
            revoking.result(timeout=60)
        assert ring.check(made[0][1]) is None
        for other in (ring, *rings):
            found = other.keys()
            assert [key.id for key in found] == [key.id for key, _ in made]
            assert [other.check(text) for _, text in made[1:]] == [key for key, _ in made[1:]]


def test_what_is_sent_twice_makes_one_key(ring: KeyRing) -> None:
    key, text = ring.create(Role.READER, key_id="1a2b3c4d")
    assert (key.id, text.split("_")[1]) == ("1a2b3c4d", "1a2b3c4d")
    with pytest.raises(KeyExists, match="Key 1a2b3c4d is made already, and its text is not shown again"):
        ring.create(Role.ADMIN, key_id="1a2b3c4d")
    for wrong in ("", "1A2B3C4D", "1a2b3c4d\n", "../../x"):
        with pytest.raises(BadKey, match="eight digits or letters a to f"):
            ring.create(Role.READER, key_id=wrong)
    assert [(it.id, it.role) for it in ring.keys()] == [("1a2b3c4d", Role.READER)]  # noqa: SIM118 (no mapping)


def test_a_first_key_is_made_where_there_is_none_and_of_several_at_once_one_is(folder: Path, clock: Clock) -> None:
    def make(_: int) -> bool:
        try:
            KeyRing(folder, clock).create(Role.ADMIN, first=True)
        except BadKey:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(make, range(4))) == 1
    ring = KeyRing(folder, clock)
    [key] = ring.keys()
    ring.revoke(key.id)
    with pytest.raises(BadKey, match="The first key is made already"):
        ring.create(Role.ADMIN, first=True)


def test_of_a_replaced_file_only_what_differs_is_parsed(ring: KeyRing, folder: Path, clock: Clock) -> None:
    ids = [ring.create(Role.READER, ["legal"], note="kept")[0].id for _ in range(3)]
    reading = KeyRing(folder, clock)
    before = reading.keys()
    ring.revoke(ids[1])
    after = reading.keys()
    assert [old is new for old, new in zip(before, after, strict=True)] == [True, False, True]
    assert [reading.state(key) for key in after] == ["active", "revoked", "active"]


def test_thousands_of_keys_are_read_again_in_a_small_part_of_the_time(
    ring: KeyRing, folder: Path, clock: Clock
) -> None:
    ring.create(Role.READER, ["legal"], note="kept", person="Ann Lee")

    def many(content: dict[str, Any]) -> None:
        content["keys"] = [{**content["keys"][0], "id": f"{number:08x}", "revoked": NOON} for number in range(3000)]

    rewritten(folder, many)
    times = []
    for number in range(6):
        started = time.perf_counter()
        assert len(ring.keys()) == 3000
        times.append(time.perf_counter() - started)
        rewritten(folder, lambda content, at=number: content["keys"][at].update(note=f"changed {at}"))  # type: ignore[misc]
    assert min(times[1:]) < 0.6 * times[0]  # a fifth, but for other work on the machine


@given(note=st.text(max_size=50), person=st.text(max_size=50))
def test_the_checksum_is_that_of_canonical_json(note: str, person: str) -> None:
    keys = [{"id": "3d2b7583", "audience": ["public", note], "note": note, "person": person, "expires": None}]
    try:
        canonical = rfc8785.dumps(keys)
    except rfc8785.CanonicalizationError:  # a lone surrogate
        with pytest.raises(UnicodeEncodeError):
            _checksum(keys)
    else:
        assert _checksum(keys) == hashlib.sha256(canonical).hexdigest()
