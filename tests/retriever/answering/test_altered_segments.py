"""Bytes of the index that are altered or cut off are never answered: 30 days made 90 is an error."""

import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save
from starlette.testclient import TestClient

from indexer.errors import IndexDamaged, NotSearchable
from indexer.manifest import read_manifest
from indexer.segments.segment import FORMAT
from policies.errors import LedgerDamaged
from policies.revision import VersionId
from retriever.entrypoints.http.app import create_service
from tests.retriever.homes import Home

QUESTION = {"query": "Are damaged items eligible?", "as_of": "2025-01-01"}


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-7", "Damaged items within 30 days are eligible.\n\nGifts are not.", "2024-01-01")
    return home


def segment(home: Home) -> Path:
    [entry] = read_manifest(home.path / "index").segments  # type: ignore[union-attr]
    return home.path / "index" / entry.name


def alter(home: Home, was: bytes = b"30 days", now: bytes = b"90 days") -> None:
    """Writes other bytes into the segment where it lies."""
    path = segment(home)
    content = path.read_bytes()
    assert content.count(was) == 1
    with path.open("r+b") as file:
        file.seek(content.index(was))
        file.write(now)


def alter_with_checksum(home: Home) -> None:
    """And the checksum in the manifest with them."""
    alter(home)
    path = home.path / "index" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["segments"][0]["sha256"] = hashlib.sha256(segment(home).read_bytes()).hexdigest()
    path.write_text(json.dumps(manifest))


ALTERATIONS = [alter, alter_with_checksum]


@pytest.mark.parametrize("altered", ALTERATIONS)
def test_altered_words_are_not_answered_and_a_rebuild_brings_the_right_ones_back(
    shop: Home, altered: Callable[[Home], None]
) -> None:
    answer = shop.ask(**QUESTION)
    altered(shop)
    for asof in (shop.asof, shop.open()):
        with pytest.raises(IndexDamaged, match=r"P-7@1#1 as it was recorded.*`asof index --rebuild`"):
            asof.retrieve(**QUESTION)
        with pytest.raises(IndexDamaged):  # nor anything else from a file that is known to be altered
            asof.retrieve(query="gifts", as_of="2025-01-01", k=1)
        with pytest.raises(IndexDamaged):
            asof.replay(answer["receipt"], ["public"])
    shop.asof.writer().rebuild()
    assert shop.ask(**QUESTION) == answer
    assert shop.asof.replay(answer["receipt"], ["public"]).verdict == "same"


def test_words_and_their_section_title_and_place_are_all_compared(shop: Home) -> None:
    words = shop.asof.retriever._words
    timeline = shop.asof.ledger.timeline()
    [version] = timeline.publishes
    view = shop.asof.index.current().views.view([1])
    stored, span = view.stored(0), view.span(0, 1)
    assert words.of(version, timeline).holds(1, stored, span)
    assert not words.of(version, timeline).holds(2, stored, span)
    assert not words.of(version, timeline).holds(3, stored, span)
    assert not words.of(version, timeline).holds(1, stored, (0, 7))
    assert not words.of(version, timeline).holds(1, stored.replace(b"Title of", b"Titles of"), span)


def rewrite(home: Home, change: Callable[[dict[str, Any]], None]) -> None:
    """Writes the segment anew with other arrays, and a checksum that fits."""
    path, manifest = segment(home), home.path / "index" / "manifest.json"
    arrays = dict(load(path.read_bytes()))
    change(arrays)
    content = save(arrays, metadata={"format": str(FORMAT)})
    path.unlink()  # a process that has mapped it keeps what it has
    path.write_bytes(content)
    entries = json.loads(manifest.read_text())
    entries["segments"][0] |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest.write_text(json.dumps(entries))


def other_words(arrays: dict[str, Any]) -> None:
    """The words that are shown say 90, and the passages that are searched still say 30."""
    at = arrays["word_offsets"]
    words = [zlib.decompress(arrays["words"][at[n] : at[n + 1]].tobytes()) for n in range(len(at) - 1)]
    packed = [zlib.compress(each.replace(b"30 days", b"90 days"), 9) for each in words]
    arrays["words"] = np.frombuffer(b"".join(packed), np.uint8)
    arrays["word_offsets"] = np.cumsum([0, *map(len, packed)]).astype(at.dtype)


def nothing_governs(arrays: dict[str, Any]) -> None:
    """What stands above a passage and turns its sense round is left out."""
    governing, standings, members = json.loads(zlib.decompress(arrays["structures"].tobytes()))
    assert governing
    bare = [[number, tokens] for number, tokens, *_ in standings]
    record = zlib.compress(json.dumps([[], bare, members], separators=(",", ":")).encode(), 9)
    arrays["structures"] = np.frombuffer(record, np.uint8)
    arrays["structure_offsets"] = np.array([0, len(record)], dtype=arrays["structure_offsets"].dtype)


@pytest.mark.parametrize("change", [other_words, nothing_governs])
def test_words_that_are_shown_and_what_governs_them_are_compared_with_the_ledger_too(
    home: Home, change: Callable[[dict[str, Any]], None]
) -> None:
    home.publish(
        "P-7", "Items within 30 days are eligible.\n\nThe following cannot be returned:\n\n- Gift cards", "2024-01-01"
    )
    right = home.asof.cite("P-7@1#1", "Items within 90 days are eligible.", as_of="2025-01-01").content()
    rewrite(home, change)
    asof = home.open()
    with pytest.raises(IndexDamaged, match="as it was recorded"):  # what an assistant fetches
        home.open().retriever.standing(VersionId("P-7", 1))
    with pytest.raises(IndexDamaged, match="as it was recorded"):
        asof.retrieve(query="Which items, such as gift cards, are eligible?", as_of="2025-01-01")
    assert asof.cite("P-7@1#1", "Items within 90 days are eligible.", as_of="2025-01-01").content() == right
    with pytest.raises(IndexDamaged, match="`asof index --rebuild`"):
        home.open().verify_index()
    home.open().writer().rebuild()
    assert home.open().retrieve(query="Which items are eligible?", as_of="2025-01-01").evidence
    assert home.open().verify_index() == 1


@pytest.mark.parametrize("altered", ALTERATIONS)
def test_verify_finds_altered_words_also_where_their_checksum_was_made_to_fit(
    shop: Home, altered: Callable[[Home], None]
) -> None:
    assert shop.open().verify_index() == 1
    altered(shop)
    with pytest.raises(IndexDamaged, match="`asof index --rebuild`"):
        shop.open().verify_index()


def test_what_is_altered_is_named_without_a_question(shop: Home) -> None:
    assert list(shop.open().damage()) == []
    alter(shop)
    [problem] = shop.open().damage()
    assert "does not fit its checksum; run `asof index --rebuild`" in problem


def test_service_says_that_the_index_is_damaged_and_is_not_ready(shop: Home) -> None:
    with TestClient(create_service(shop.asof), "http://localhost", raise_server_exceptions=False) as service:
        assert service.post("/v1/retrieve", json=QUESTION).status_code == 200
        alter_with_checksum(shop)
        for answer in (service.post("/v1/retrieve", json=QUESTION), service.get("/readyz")):
            assert (answer.status_code, answer.json()["code"]) == (503, "index_damaged")
            assert "asof index --rebuild" in answer.json()["detail"]
        shop.asof.writer().rebuild()
        assert service.post("/v1/retrieve", json=QUESTION).status_code == 200
        assert service.get("/readyz").status_code == 200


def test_file_cut_short_under_a_running_service_is_an_error_and_not_the_end_of_the_process(shop: Home) -> None:
    answer = shop.ask(**QUESTION)
    with segment(shop).open("r+b") as file:
        file.truncate(100)
    with pytest.raises(IndexDamaged, match="was cut short, 100 bytes are left"):
        shop.asof.retrieve(**QUESTION)
    shop.asof.writer().rebuild()
    assert shop.ask(**QUESTION) == answer


def test_words_altered_in_the_ledger_are_not_answered_either(shop: Home) -> None:
    shop.asof.ledger._store._db.execute("update words set text = replace(text, '30', '90')")
    with pytest.raises(LedgerDamaged, match="The words of P-7@1 are not those that event 1 committed to"):
        shop.ask(**QUESTION)


def test_what_was_altered_is_not_merged_into_a_file_whose_checksum_fits(shop: Home) -> None:
    alter(shop)
    for number in range(7):
        shop.publish(f"P-{number}0", f"Rule {number}.", "2024-01-01")
    with pytest.raises(NotSearchable, match="does not fit its checksum"):  # with this one there are nine
        shop.publish("P-80", "Rule 8.", "2024-01-01")
