"""Answers that were checked before, so that a second run over the same answers need not check them again."""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FOLDER = "checked-answers"


class AnswerCache:
    """The contents of checked answers by the digest of their line, for one way of checking against one ledger.

    `context` names all that a content depends on besides its line. The program itself is added, so a change of any
    module starts an empty cache. `head` gives the ledger's newest hash. What was kept under another hash is removed,
    and nothing is kept once the hash has changed, since words may have been erased. With `folder` None nothing is kept.
    """

    def __init__(self, folder: Path | None, head: Callable[[], str], context: Mapping[str, Any]) -> None:
        self._head, self._now = head, head()
        self._path: Path | None = None
        self._new: list[str] = []
        if folder is not None:
            named = json.dumps([program(), context], sort_keys=True)
            self._path = folder / f"{self._now[:16]}-{hashlib.sha256(named.encode()).hexdigest()[:16]}.jsonl"
            for other in folder.glob("*-*.*"):
                if not other.name.startswith(self._now[:16]):
                    other.unlink(missing_ok=True)

    @cached_property
    def _known(self) -> dict[str, str]:
        return {} if self._path is None else _read(self._path)

    def find(self, key: str) -> dict[str, Any] | None:
        text = self._known.get(key)
        if text is None:
            return None
        content: dict[str, Any] = json.loads(text)
        return content

    def keep(self, key: str, content: Mapping[str, Any]) -> None:
        """Holds a content until `save`."""
        if self._path is not None and key not in self._known:
            self._known[key] = text = json.dumps(content)
            self._new.append(f"{key}\t{text}\n")

    def save(self) -> None:
        """Adds what is new to the file; nothing happens where the file cannot be written."""
        if self._path is None or not self._new or self._head() != self._now:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="ascii") as file:
                file.write("".join(self._new))
            self._new = []

    def report(self, key: str) -> str | None:
        """The whole report that was last kept, if it was under this key; else None."""
        if self._path is None:
            return None
        try:
            first, _, rest = self._path.with_suffix(".report").read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return rest if first == f"{key} {len(rest)}" else None

    def keep_report(self, key: str, text: str) -> None:
        """Keeps the report of a whole file in place of the one before."""
        if self._path is not None and self._head() == self._now:
            with suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.with_suffix(".report").write_text(f"{key} {len(text)}\n{text}", encoding="utf-8")


def line_key(line: bytes) -> str:
    return hashlib.sha256(line.strip()).hexdigest()


def file_key(path: Path) -> str:
    """The digest of a file's bytes; of no bytes where it cannot be read, which the reader of the file reports."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


@cache
def program() -> str:
    """The digest of every module of Asof, and of the tables that it ships."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for package in ("policies", "indexer", "retriever", "evaluator"):
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".json", ".toml", ".txt", ".sha256"):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> dict[str, str]:
    """The lines of a file by their keys, without a line that was cut off; none where there is no file."""
    try:
        lines = path.read_text(encoding="ascii").split("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    known = {}
    for line in lines[:-1]:
        key, tab, text = line.partition("\t")
        if tab and text.endswith("}"):
            known[key] = text
    return known
