import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest

from evaluator.errors import BadLine
from evaluator.review.judgement import Judgement
from evaluator.review.labels import Label, append, read_labels


def label(id: str = "a", reason: str = "because", reviewer: str = "mia") -> Label:
    return Label(id, "0f", Judgement.PASS, reason, reviewer, "2025-06-01T00:00:00Z")


def write_many(path: Path, reviewer: str) -> None:
    for number in range(100):
        append(path, label(str(number), "word " * 200, reviewer))


def test_what_is_appended_is_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    assert read_labels(path) == []
    append(path, label(reason="„zwei\nZeilen“ \x1b[2J"))
    append(path, label("b"))
    assert read_labels(path) == [label(reason="„zwei\nZeilen“ \x1b[2J"), label("b")]


def test_reviewers_at_the_same_time_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, name)) for name in ("mia", "ben", "eva")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    labels = read_labels(path)
    assert len(labels) == 300
    assert {(it.reviewer, it.id) for it in labels} == {(r, str(n)) for r in ("mia", "ben", "eva") for n in range(100)}


def test_a_last_line_without_an_end_is_not_joined(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    append(path, label())
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    append(path, label("b"))
    assert [it.id for it in read_labels(path)] == ["a", "b"]


def test_where_there_is_no_room_the_file_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    append(path, label())
    before = path.read_bytes()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, len(before) + 10))
        try:
            append(path, label("b"))
        except OSError:
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "labels.jsonl, line 2: is not JSON"),
        (
            '{"id": "a", "verdict": "ERROR"}',
            "labels.jsonl, line 2: verdict is 'ERROR'; write one of PASS, FAIL, UNKNOWN",
        ),
        ('{"id": "a", "verdict": "PASS", "digest": "0f", "reason": " "}', "labels.jsonl, line 2: reason is ' '"),
    ],
)
def test_what_is_wrong_with_a_label_is_named(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "labels.jsonl"
    append(path, label())
    with path.open("a") as file:
        file.write(line)
    with pytest.raises(BadLine) as raised:
        read_labels(path)
    assert problem in str(raised.value)
