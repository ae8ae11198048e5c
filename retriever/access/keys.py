"""Keys of the HTTP service: who calls, in which role and with which access labels.

**The text.** A key is `asof_<id>_<secret>`: eight hexadecimal digits that name it, and 32 random bytes in url-safe
base64. The text is shown once, when the key is made. `keys.json` in the home folder holds a salted hash of the secret
and none of its characters, so a reader of the file, or of a backup, cannot call the service.

**What a check costs.** Microseconds: `secret_hash` says why a fast hash is enough. A key of the file's format 1 has a
slow one until it passes a check. Then it is written anew with a fast hash. If the file cannot be written just then, the
fast hash stays in memory, and the next write includes it. Only one slow hash is computed at a time.

**What a refusal costs.** An id that is unknown, expired or revoked costs no hash at all. So the time of a refusal shows
whether an id is known. This does no harm: ids are not secret, and `asof key list` and the logs show them.

**When changes take effect.** Every check looks at the file's stamp and reads a replaced file anew. So a revocation
holds from the next check on, in every process. Every check compares the expiry with the clock. Of a replaced file, only
the keys that differ are parsed: the file keeps revoked keys too, so it grows, and a request waits for the reading.
"""

import hashlib
import json
import os
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from policies.errors import DraftError, LedgerBusy, LedgerReadOnly
from policies.instant import Instant, format_instant, parse_instant
from policies.normal_form import normalised
from policies.revision import PUBLIC
from policies.sources.draft import parse_audience
from policies.storage.ownership import give_to_owner
from policies.storage.writer_lock import writer_lock
from retriever.access.key_uses import FOLDER as KEY_USES
from retriever.access.key_uses import KeyUses
from retriever.access.permissions import Role
from retriever.access.secret_hash import DIGEST_BYTES, SALT_BYTES, Scheme, SecretHash
from retriever.errors import BadKey, KeyExists, KeysUnreadable, UnknownKey
from retriever.quoting.untrusted import CONTROL, HIDDEN

FILE = "keys.json"
FORMAT = 3
"""A key names its person and the scheme of its hash. Earlier formats are read too: format 2 has no persons, and format
1 names no scheme either, because all its hashes are slow."""

MAX_NOTE = 500
MAX_PERSON = 200

_ADDED: Mapping[int, Mapping[str, Any]] = {1: {"scheme": str(Scheme.SLOW), "person": None}, 2: {"person": None}, 3: {}}
"""What a key of each format says without having it."""

_ID = re.compile("[0-9a-f]{8}")
_TEXT = re.compile(f"asof_({_ID.pattern})_([A-Za-z0-9_-]{{43}})")

Stamp: TypeAlias = tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. It is valid over `[created, expires)`, unless it is revoked.

    `audience` are the labels of its holder, sorted; `public` is one of them. `person` is who holds it; a key of role
    approver always names one, since nobody approves what they wrote themselves.
    """

    id: str
    role: Role
    audience: tuple[str, ...]
    created: Instant
    expires: Instant | None = None
    revoked: Instant | None = None
    note: str | None = None
    person: str | None = None

    def state(self, now: Instant) -> Literal["active", "expired", "revoked"]:
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else "active"

    def content(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "role": str(self.role),
            "person": self.person,
            "audience": list(self.audience),
            "created": format_instant(self.created),
            "expires": None if self.expires is None else format_instant(self.expires),
            "revoked": None if self.revoked is None else format_instant(self.revoked),
            "note": self.note,
        }


class KeyRing:
    """The keys of one home folder, as its file has them now. Safe to share between threads.

    A check that `is_slow` takes about 50 ms: do not run it on the thread of an event loop.
    A home without the file has no keys, so every check gives None.
    """

    def __init__(self, home: Path, clock: Callable[[], Instant]) -> None:
        self._home = home
        self._path = home / FILE
        self._clock = clock
        self._uses = KeyUses(home, clock)
        self.required = False
        """Whether callers need a key: where there was one, a file that is missing is then an error."""
        self._file: _File | None = None
        self._hashing = threading.Lock()
        self._renewed: dict[SecretHash, SecretHash] = {}
        """The fast hash of each old key that passed a check here, by its slow one."""

    def create(
        self,
        role: Role,
        audience: Sequence[str] = (),
        expires: Instant | None = None,
        note: str | None = None,
        person: str | None = None,
        *,
        key_id: str | None = None,
        first: bool = False,
    ) -> tuple[Key, str]:
        """A new key and its text, after the file is safely on disk. The text is kept nowhere.

        With `key_id` it has that id, and KeyExists where a key has it already: what is sent twice makes one key. As the
        `first` one it is made where there is no key at all, and BadKey otherwise.
        """
        if key_id is not None and not _ID.fullmatch(key_id):
            raise BadKey("key: the id is not eight digits or letters a to f")
        labels, note, person = _labels(audience), _note(note), _person(person, role)
        now = self._clock()
        if expires is not None and expires <= now:
            raise BadKey(f"expires: {format_instant(expires)} is not after now; give a later date, or leave it out")
        secret = secrets.token_urlsafe(32)
        hashed = SecretHash.of(secret)
        with writer_lock(self._home):
            records = self._read().records
            if key_id in records:
                raise KeyExists(f"Key {key_id} is made already, and its text is not shown again")
            if first and records:
                raise BadKey("The first key is made already; an admin's key makes and revokes all others")
            while key_id is None or key_id in records:
                key_id = secrets.token_hex(4)
            key = Key(key_id, role, labels, now, expires, note=note, person=person)
            self._replace([*records.values(), _Record(key, hashed)])
        return key, f"asof_{key_id}_{secret}"

    def revoke(self, key_id: str) -> Key:
        """The key, refused from now on. A key that is revoked already keeps its first instant of revocation."""
        self._known(self._current(), key_id)  # Before the lock: it would make a missing home folder.
        with writer_lock(self._home):
            file = self._read()
            record = self._known(file, key_id)
            if record.key.revoked is None:
                record = replace(record, key=replace(record.key, revoked=self._clock()))
                self._replace(list({**file.records, key_id: record}.values()))
        return record.key

    @property
    def was_used(self) -> bool:
        """Whether somebody ever used a key of this home, also where the file of keys is missing now."""
        return self._uses.noted

    @property
    def missing(self) -> str:
        """What to do where keys were used and their file is missing; empty where it is there, or none was ever used."""
        if not self.was_used or self._path.exists():
            return ""
        return (
            f"{self._home} had keys, and its {FILE} is missing. Put it back from a backup, or make a key with `asof "
            f"key create --role admin`. Remove the folder {KEY_USES} of the home if nobody is to need a key any more"
        )

    def keys(self) -> tuple[Key, ...]:
        """All keys in the order of their creation, with the expired and the revoked ones."""
        return tuple(record.key for record in self._current().records.values())

    def state(self, key: Key) -> Literal["active", "expired", "revoked"]:
        """What the key is now."""
        return key.state(self._clock())

    def active(self, key_id: str) -> Key | None:
        """The key of an id, if it is valid now; it proves nothing of who asks."""
        record = self._current().records.get(key_id)
        return None if record is None or self.state(record.key) != "active" else record.key

    def used(self, key: Key) -> None:
        """Notes that the key is used now."""
        self._uses.note(key.id)

    def last_used(self, key: Key) -> Instant | None:
        """When the key was last used, to the minute; None where no use is noted."""
        return self._uses.last(key.id)

    def content(self, key: Key) -> dict[str, Any]:
        """What a key shows of itself, what it is now, and when it was last used, as JSON values."""
        used = self.last_used(key)
        used_at = None if used is None else format_instant(used)
        return {**key.content(), "state": self.state(key), "last_used": used_at}

    def check(self, text: str) -> Key | None:
        """The active key with this text; None for every other text. KeysUnreadable if the file is damaged."""
        if self.is_slow(text):
            self._renew(text)
        if (named := self._named(text)) is None:  # also if it was revoked during the slow hash
            return None
        key, hashed, secret = named
        return key if hashed.scheme is Scheme.FAST and hashed.fits(secret) else None

    def is_slow(self, text: str) -> bool:
        """Whether the check of this text computes a slow hash: it names an old key that passed no check here yet."""
        named = self._named(text)
        return named is not None and named[1].scheme is Scheme.SLOW

    def _named(self, text: str) -> tuple[Key, SecretHash, str] | None:
        """The active key that a text names, the hash of its secret, and the secret that the text has."""
        match = _TEXT.fullmatch(text)
        record = self._current().records.get(match[1]) if match else None
        if match is None or record is None or self.state(record.key) != "active":
            return None
        return record.key, self._renewed.get(record.hash, record.hash), match[2]

    def _renew(self, text: str) -> None:
        """Gives the old key of this text a fast hash; in the file too, if the file can be written now."""
        with self._hashing:
            named = self._named(text)
            if named is None or named[1].scheme is Scheme.FAST or not named[1].fits(named[2]):
                return
            self._renewed[named[1]] = SecretHash.of(named[2])
        with suppress(LedgerBusy, LedgerReadOnly, OSError), writer_lock(self._home, wait=0):
            self._replace(list(self._read().records.values()))

    def _known(self, file: "_File", key_id: str) -> "_Record":
        if key_id in file.records:
            return file.records[key_id]
        # A text that is not an id is not repeated: it may be a whole key.
        named = f"key {key_id}" if _ID.fullmatch(key_id) else "key of that id (eight digits or letters a to f)"
        raise UnknownKey(f"There is no {named} in {self._path}; `asof key list` shows the ids")

    def _current(self) -> "_File":
        """The file as it is now, read anew only if its stamp changed."""
        try:
            stamp = _stamp(os.stat(self._path))
        except FileNotFoundError as error:
            if self.required and ((self._file is not None and self._file.records) or self._uses.noted):
                raise _unreadable(self._path, "was removed") from error
            stamp = None
        except OSError as error:
            raise _not_read(self._path, error) from error
        file = self._file
        if file is None or file.stamp != stamp:
            file = self._file = self._read()
        return file

    def _read(self) -> "_File":
        """The file with the stamp of exactly what was read: writers replace the file and never change it in place."""
        try:
            with self._path.open("rb") as opened:
                stamp, content = _stamp(os.fstat(opened.fileno())), opened.read()
        except FileNotFoundError:
            return _File(None, {})
        except OSError as error:
            raise _not_read(self._path, error) from error
        return _File(stamp, _parse(content, self._path, self._file.records if self._file else {}))

    def _replace(self, records: Sequence["_Record"]) -> None:
        """Replaces the file durably. A reader, also after a crash, finds the whole old file or the whole new one."""
        from indexer.segments.segment import sync_folder

        keys = [replace(record, hash=self._renewed.get(record.hash, record.hash)).content() for record in records]
        content = json.dumps({"format": FORMAT, "sha256": _checksum(keys), "keys": keys}, indent=1)
        partial = self._path.with_name(f"{FILE}.partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            give_to_owner(descriptor, self._home)
            os.fchmod(descriptor, 0o600)  # A file left by a crash, or an unusual umask, may give another mode.
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        partial.rename(self._path)
        sync_folder(self._home)


@dataclass(frozen=True, slots=True)
class _Record:
    """A key with its hash; `item` is what a file says of it, where it was read from one."""

    key: Key
    hash: SecretHash
    item: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    def content(self) -> dict[str, Any]:
        kept = {"scheme": str(self.hash.scheme), "salt": self.hash.salt.hex(), "hash": self.hash.digest.hex()}
        return {**self.key.content(), **kept}


@dataclass(frozen=True, slots=True)
class _File:
    """One state of the file."""

    stamp: Stamp
    records: Mapping[str, _Record]


def _stamp(state: os.stat_result) -> Stamp:
    """A value that differs between any two states of the file. Each change makes the file longer: the size differs."""
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _labels(audience: Sequence[str]) -> tuple[str, ...]:
    """The labels, checked like those of a policy, with `public`."""
    try:
        given = parse_audience(list(audience), "A key") if audience else ()
    except DraftError as error:
        raise BadKey(str(error)) from error
    return tuple(sorted({*PUBLIC, *given}))


def _note(note: str | None) -> str | None:
    words = " ".join((note or "").split())
    if CONTROL.search(words) or len(words) > MAX_NOTE:
        raise BadKey(f"note: write at most {MAX_NOTE} characters, none of them a control character")
    return words or None


def _person(person: str | None, role: Role) -> str | None:
    """The name in its composed form, with single spaces. None if none is given; an approver's key needs one."""
    if person is None:
        if role is Role.APPROVER:
            raise BadKey(
                "person: a key of role approver names who holds it, because nobody approves what they wrote "
                'themselves; give --person "Ann Lee"'
            )
        return None
    name = normalised("NFC", " ".join(person.split()))
    if CONTROL.search(person) or "\n" in person or "\t" in person or len(name) > MAX_PERSON:
        raise BadKey(f"person: give a name of at most {MAX_PERSON} characters, none of them a control character")
    if not HIDDEN.sub("", name).strip():
        raise BadKey('person: the name is empty; give one, such as --person "Ann Lee", or leave it out')
    return name


def _parse(content: bytes, path: Path, known: Mapping[str, _Record]) -> dict[str, _Record]:
    """The keys of a file by their ids; of those that it says as before, the `known` records."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"is not JSON ({error})") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("format"), int):
        raise _unreadable(path, "is not a file of keys")
    if not 1 <= parsed["format"] <= FORMAT:
        raise KeysUnreadable(
            f"{path} has format {parsed['format']}, this version of Asof reads formats 1 to {FORMAT}; "
            "upgrade Asof to the version that wrote it, or a later one"
        )
    try:
        keys = parsed["keys"]
        if parsed["sha256"] != _checksum(keys):
            raise _unreadable(path, "does not fit its checksum")
        records = [_record({**item, **_ADDED[parsed["format"]]}, known) for item in keys]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, BadKey) as error:
        raise _unreadable(path, f"holds what is no key ({type(error).__name__}: {error})") from error
    found = {record.key.id: record for record in records}
    if len(found) < len(records):
        raise _unreadable(path, "holds two keys of one id")
    return found


def _record(item: Mapping[str, Any], known: Mapping[str, _Record]) -> _Record:
    """One key of the file. Every field must be there: a missing `revoked` must not count as \"not revoked\"."""
    if (before := known.get(item["id"])) is not None and before.item == item:
        return before
    role = Role(item["role"])
    key = Key(
        id=item["id"],
        role=role,
        audience=_labels(item["audience"]),
        created=parse_instant(item["created"]),
        expires=None if item["expires"] is None else parse_instant(item["expires"]),
        revoked=None if item["revoked"] is None else parse_instant(item["revoked"]),
        note=_note(item["note"]),
        person=_person(item["person"], role),
    )
    hashed = SecretHash(Scheme(item["scheme"]), bytes.fromhex(item["salt"]), bytes.fromhex(item["hash"]))
    if not _ID.fullmatch(key.id) or (len(hashed.salt), len(hashed.digest)) != (SALT_BYTES, DIGEST_BYTES):
        raise ValueError("an id, a salt or a hash of another length")
    return _Record(key, hashed, item)


def _checksum(keys: Any) -> str:
    """The hash of the canonical JSON (RFC 8785): Python's own encoder writes it where no number stands in the keys."""
    content = json.dumps(keys, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _not_read(path: Path, error: OSError) -> KeysUnreadable:
    if isinstance(error, PermissionError):
        return KeysUnreadable(
            f"{path} cannot be read by this process ({error.strerror}): it belongs to another user. Give "
            f"the home to the user of the service (`chown -R USER {path.parent}`). The keys themselves are whole"
        )
    return _unreadable(path, f"cannot be read ({error.strerror})")


def _unreadable(path: Path, problem: str) -> KeysUnreadable:
    return KeysUnreadable(
        f"{path} {problem}. Restore it from a backup; or move it away and make new keys with `asof key create`, "
        "after which none of the earlier ones is accepted"
    )
