import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.support.pairs import Pair, read_pairs

Written = Callable[..., Path]


def test_pairs_are_read_in_order_with_their_ids_as_they_are(written: Written) -> None:
    path = written("p.jsonl", {"id": 7, "claim": "a", "evidence": []}, {"id": "7", "claim": "b", "evidence": ["c", ""]})
    assert read_pairs(path) == [Pair(7, "a", ()), Pair("7", "b", ("c", ""))]


def test_a_pair_may_have_the_words_that_govern_its_evidence(written: Written) -> None:
    path = written("p.jsonl", {"id": 1, "claim": "a", "evidence": ["b"], "context": ["Never:", "also:"]})
    assert read_pairs(path) == [Pair(1, "a", ("b",), ("Never:", "also:"))]


def test_a_compressed_file_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"id": "1", "claim": "a", "evidence": ["b"]}).encode()))
    assert read_pairs(path) == [Pair("1", "a", ("b",))]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"claim": "a", "evidence": []}, "line 1: id is missing"),
        ({"id": 1, "evidence": []}, "line 1: claim is missing"),
        ({"id": 1, "claim": " ", "evidence": []}, "line 1: claim is ' '; write text"),
        ({"id": 1, "claim": "a"}, "line 1: evidence is missing"),
        ({"id": 1, "claim": "a", "evidence": "b"}, "line 1: evidence is not a list of texts"),
        ({"id": 1, "claim": "a", "evidence": [], "context": "b"}, "line 1: context is 'b'; write a list of texts"),
        ({"id": 1, "claim": "a", "evidence": [1]}, "line 1: evidence is not a list of texts"),
    ],
)
def test_a_bad_line_is_named_with_its_field(written: Written, line: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadLine, match=problem):
        read_pairs(written("p.jsonl", line))


def test_a_file_without_pairs_is_refused(written: Written) -> None:
    with pytest.raises(BadFile, match="holds no pairs"):
        read_pairs(written("p.jsonl"))
