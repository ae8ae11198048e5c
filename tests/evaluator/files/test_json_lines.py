import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.files.json_lines import Line, read_lines, read_unique
from policies.instant import parse_instant
from policies.period import Period

Written = Callable[..., Path]


def test_blank_lines_are_passed_over_and_still_counted(written: Written) -> None:
    path = written("a.jsonl", {"id": 1}, "", {"id": 2})
    assert [(line.where, line.fields) for line in read_lines(path)] == [
        (f"{path}, line 1", {"id": 1}),
        (f"{path}, line 3", {"id": 2}),
    ]


def test_a_gzip_file_reads_as_the_file_inside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "x"}\n'))
    assert [line.text("id") for line in read_lines(path)] == ["x"]


def test_a_gzip_file_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "x"}\n')[:-9])
    with pytest.raises(BadFile, match=r"a\.jsonl\.gz cannot be read"):
        list(read_lines(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"none\.jsonl cannot be read: No such file"):
        list(read_lines(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"id": \n', "is not JSON"),
        (b"[1]\n", "is not a JSON object"),
        (b'{"id": NaN}\n', "NaN is not JSON"),
        (b'{"id": "\xff"}\n', "byte 0xff is not UTF-8"),
        (b"[" * 100_000 + b"\n", "is not JSON"),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n" + content)
    with pytest.raises(BadLine, match=f"a.jsonl, line 2: .*{problem}"):
        list(read_lines(path))


@pytest.mark.parametrize(
    ("read", "value", "problem"),
    [
        (lambda line: line.text("f"), None, "f is missing"),
        (lambda line: line.text("f"), 3, "f is 3; write text"),
        (lambda line: line.text("f"), "  ", "write text"),
        (lambda line: line.name("f"), True, "f is True; write text"),
        (lambda line: line.count("f"), 0, "f is 0; give a whole number of at least 1"),
        (lambda line: line.count("f"), True, "f is True; give a whole number"),
        (lambda line: line.count("f"), 1.0, "f is 1.0; give a whole number"),
        (lambda line: line.instant("f"), "yesterday", "f: 'yesterday' is neither a date"),
        (lambda line: line.required_instant("f"), None, "f is missing"),
        (lambda line: line.inner("f"), [], "f is not a JSON object"),
        (lambda line: line.items("f"), "", "f is not a list of JSON objects"),
        (lambda line: line.items("f"), [1], "f is not a list of JSON objects"),
    ],
)
def test_a_field_that_cannot_be_accepted_is_named(read: Callable[[Line], Any], value: Any, problem: str) -> None:
    with pytest.raises(BadLine) as caught:
        read(Line("x, line 1", {"f": value}))
    assert str(caught.value).startswith("x, line 1: ")
    assert problem in str(caught.value)


def test_a_field_inside_another_is_named_by_its_path() -> None:
    outer = Line("x, line 1", {"retrieval": {"evidence": [{"rank": 1}, {"rank": "first"}]}})
    inner = outer.inner("retrieval")
    assert inner is not None
    with pytest.raises(BadLine, match=r"x, line 1: retrieval\.evidence\[1\]\.rank is 'first'"):
        inner.items("evidence")[1].count("rank")


def test_a_number_is_an_id_as_its_text() -> None:
    assert Line("x", {"id": 7}).name("id") == "7"


def test_a_period_without_an_end_goes_on() -> None:
    line = Line("x", {"from": "2025-01-01", "to": "2025-02-01", "open": None})
    assert line.period("from", "to") == Period(parse_instant("2025-01-01"), parse_instant("2025-02-01"))
    assert line.period("from", "open") == Period(parse_instant("2025-01-01"))


@dataclass(frozen=True)
class Named:
    id: str


def named(line: Line) -> Named:
    return Named(line.name("id"))


def test_lines_with_ids_of_their_own_are_read_in_order_and_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "b"}\n\n{"id": 1}\n{"id": "b"}\n')
    assert read_unique(path, named, "item", limit=2) == [Named("b"), Named("1")]
    with pytest.raises(
        BadLine, match=r"items\.jsonl, line 4: id is 'b', which an earlier line has; give every item its own"
    ):
        read_unique(path, named, "item")


def test_a_file_without_a_line_says_what_it_is_to_hold(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("\n")
    with pytest.raises(BadFile, match=r"items\.jsonl holds no items; each line is one, as a JSON object"):
        read_unique(path, named, "item")
