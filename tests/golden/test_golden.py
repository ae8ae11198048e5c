"""Homes written by earlier versions go on opening: the same words, postings, vectors and history come out."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.manifest import FOLDER, built_with, read_manifest
from indexer.segments.segment import FORMAT
from indexer.snapshot import Snapshot
from indexer.writer import IndexWriter
from policies.change import Publish
from policies.instant import now
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.sources.draft import parse_draft
from policies.storage.ledger_store import LedgerStore
from tests.fakes import FakeEncoder
from tests.golden.content import content
from tests.root import ROOT
from tests.unwritable import HELD_TO_MODES, needs_modes, unwritable_folder

HERE = Path(__file__).parent
HOMES = sorted(HERE.glob("format-*"))

READS = """
import sys
from pathlib import Path
from policies.instant import now
from policies.ledger import Ledger
from policies.storage.ledger_store import LedgerStore
print(Ledger(LedgerStore.open(Path(sys.argv[1])), now).verify())
"""


@pytest.fixture(params=HOMES, ids=lambda home: home.name)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(request.param, tmp_path / "home"))


def test_there_is_one_of_the_format_that_is_written_now() -> None:
    assert f"format-{FORMAT}" in [home.name for home in HOMES]


def test_everything_comes_out_as_it_was_written(home: Path) -> None:
    ledger = Ledger(LedgerStore.open(home), now)
    assert content(home, ledger) == json.loads((home / "expected.json").read_text())
    manifest = read_manifest(home / FOLDER)
    assert manifest is not None
    for segment in Snapshot(home / FOLDER, manifest).segments:
        segment.check()
    ledger.close()


@needs_modes
def test_its_ledger_is_read_where_nothing_can_be_written(home: Path) -> None:
    """So what later versions add to its tables cannot be added."""
    command = [*HELD_TO_MODES, sys.executable, "-c", READS, str(home)]
    with unwritable_folder(home):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [json.loads((home / "expected.json").read_text())["head"]], done.stderr


def test_it_says_how_passages_stand_without_embedding_anything(home: Path) -> None:
    ledger = Ledger(LedgerStore.open(home), now)
    before = read_manifest(home / FOLDER)
    assert before is not None
    encoder = FakeEncoder()
    encoder.name, encoder.digest = before.built.model, before.built.model_digest
    writer = IndexWriter(home, ledger, lambda: encoder)
    if before.built == built_with(encoder):
        writer.catch_up()
        assert encoder.encoded == []
    else:  # what is posted is made by newer rules: only the ledger stays
        writer.rebuild()
    after = read_manifest(home / FOLDER)
    assert after is not None
    assert after.complete
    snapshot = Snapshot(home / FOLDER, after)
    tables = ledger.timeline().publishes[VersionId("P-9", 1)].tx
    structure = snapshot.structure(tables)
    assert structure.words(1, 2) == "- item: Becher 🙂; days: 14\n- item: § 4.2; days: 返品"
    text = ledger.revision(VersionId("P-9", 1), ledger.timeline()).text
    (header,) = structure.governs(2, 2, 0, 0)
    assert (header.kind, text[header.start : header.end]) == ("table_header", "| item | days |")
    ledger.close()


def test_it_can_be_written_to(home: Path) -> None:
    ledger = Ledger(LedgerStore.open(home), now)
    before = read_manifest(home / FOLDER)
    assert before is not None
    encoder = FakeEncoder()
    encoder.name, encoder.digest = before.built.model, before.built.model_digest
    writer = IndexWriter(home, ledger, lambda: encoder)
    if before.built != built_with(encoder):  # what is posted is made by newer rules: only the ledger stays
        writer.rebuild()
    draft = "---\npolicy: P-7\ntitle: Rules of P-7\neffective: 2025-04-01\n---\n# Damaged items\n\n- cups\n- bowls\n"
    written = writer.write([Publish(parse_draft(draft, "P-7.md"))])
    assert (written.indexed.generation, written.indexed.occurrences) == (before.generation + 1, 2)
    ledger.close()
