"""Golden questions of a file: read when it changes, told to who may know of them, asked no longer than is allowed."""

import json
import os
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadLine
from policies.change import Publish
from retriever.errors import MissingExtra
from retriever.inspecting import golden_questions
from retriever.inspecting.golden_questions import GoldenFile, asked, known_questions
from tests.fakes import FakeEncoder
from tests.retriever.homes import Home, draft


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home", FakeEncoder())
    made.clock.set("2025-06-15T12:00:00Z")
    made.publish("P-7", "Damaged items within 7 days are eligible.", "2024-01-01")
    made.publish("S-1", "Only for lawyers.", "2024-01-01", audience="[legal]")
    yield made
    made.close()


def written(path: Path, *questions: dict[str, Any]) -> GoldenFile:
    asked = {"query": "Damaged items?", "policy_id": "P-7", "revision": 1, "gold_text": "within 7 days"}
    path.write_text("".join(f"{json.dumps({**asked, **it})}\n" for it in questions))
    return GoldenFile.at(path)


@pytest.mark.parametrize(
    ("question", "labels", "known"),
    [
        ({}, ["public"], True),
        ({"audience": ["legal"]}, ["public"], False),
        ({"audience": ["legal"]}, ["legal", "public"], True),
        ({"audience": ["legal", "hr"]}, ["legal", "public"], False),
        ({"policy_id": "S-1"}, ["public"], False),
        ({"policy_id": "S-1"}, ["legal", "public"], True),
        ({"policies": ["S-1"]}, ["public"], False),
        ({"policies": ["S-1", "P-7"]}, ["public"], True),
        ({"policy_id": "S-9"}, ["legal", "public"], False),
        ({"policy_id": "N-1", "policies": ["N-1"]}, ["public"], True),  # the draft's own, which is new
    ],
)
def test_a_question_is_known_to_who_has_its_labels_and_knows_of_its_policies(
    home: Home, tmp_path: Path, question: dict[str, Any], labels: list[str], known: bool
) -> None:
    found = written(tmp_path / "golden.jsonl", {"id": "a", **question}).questions(UTC)
    assert found is not None
    assert (known_questions(found, home.asof.ledger.timeline(), labels, "N-1") == list(found)) is known


def test_no_question_is_begun_after_the_time_and_one_always_is(home: Home, tmp_path: Path) -> None:
    found = written(tmp_path / "golden.jsonl", *({"id": str(number)} for number in range(3))).questions(UTC)
    assert found is not None
    rehearsal = home.asof.rehearse([Publish(draft("P-7", "Damaged items within 30 days are eligible.", "2025-01-01"))])
    for most, within, number in ((200, 0.0, 1), (2, 15.0, 2), (3, 15.0, 3)):
        came = asked(found, rehearsal, most=most, within=within)
        assert (len(came.questions), came.left_out) == (number, 3 - number)
    assert came.planned == {"P-7@2"}
    assert [content["change"] for _, content in came.questions] == ["lost"] * 3


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path, times = tmp_path / "golden.jsonl", []
    read = written(path, {"id": "a"})._read
    golden = GoldenFile(path, lambda path, zone: (times.append(zone), read(path, zone))[1])
    assert len(golden.questions(UTC) or ()) == len(golden.questions(UTC) or ()) == len(times) == 1
    written(path, {"id": "a"}, {"id": "b"})
    assert len(golden.questions(UTC) or ()) == len(times) == 2
    path.unlink()
    assert golden.questions(UTC) is None


def test_a_check_names_the_line_and_the_field_that_are_wrong(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    assert written(path, {"id": "a"}).check(UTC) == 1
    with pytest.raises(BadLine, match=r"golden\.jsonl, line 2: gold_text is missing"):
        written(path, {"id": "a"}, {"id": "b", "gold_text": None}).check(UTC)


def test_without_an_evaluator_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(golden_questions, "GROUP", "asof.offered_by_nobody")
    with pytest.raises(MissingExtra, match="needs the evaluator, and no installed package offers one"):
        GoldenFile.at(tmp_path / os.devnull)
