import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.checks.checks_file import Mark, read_checked
from evaluator.errors import BadFile, BadLine

Written = Callable[..., Path]

CHECK = {"id": "t1", "name": "schema", "kind": "format", "verdict": "FAIL", "reason": "type", "detail": "eligible"}
RECORD = {"id": "t1", "citation": "P-7@2#1", "outcome": "PASS", "why": "supported", "exists": True, "in_force": True}


def test_a_document_a_list_and_lines_of_the_same_checks_read_the_same(written: Written) -> None:
    texts = [json.dumps({"checks": [CHECK, RECORD]}), json.dumps([CHECK, RECORD], indent=2), ""]
    paths = [written(f"{at}.json", text) for at, text in enumerate(texts[:2])]
    paths.append(written("lines.jsonl", CHECK, RECORD))
    paths.append(written("indented.json", json.dumps({"records": [CHECK, RECORD]}, indent=2)))
    one, *others = [read_checked([path]).results for path in paths]
    assert len(one["t1"].checks) == len(one["t1"].citations) == 1
    for other in others:
        assert other["t1"].verdicts() == one["t1"].verdicts() == ["FAIL", "PASS"]


def test_packed_lines_and_a_single_line_are_read(written: Written, tmp_path: Path) -> None:
    packed = tmp_path / "lines.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(CHECK).encode() + b"\n" + json.dumps(RECORD).encode()))
    assert read_checked([packed]).results["t1"].verdicts() == ["FAIL", "PASS"]
    assert read_checked([written("one.jsonl", CHECK)]).results["t1"].verdicts() == ["FAIL"]


def test_results_of_several_files_are_put_together_by_id(written: Written) -> None:
    citations = {"records": [RECORD], "uncited": [{"id": "t2", "claim": "Sure."}], "measures": {}}
    found = read_checked([written("c.json", citations), written("d.json", [{**CHECK, "id": "t2"}])]).results
    assert (found["t1"].uncited, found["t2"].uncited) == (0, 1)
    assert found["t2"].verdicts() == ["FAIL"]


def test_a_check_may_say_its_group_and_the_digest_of_its_evidence(written: Written) -> None:
    path = written("c.jsonl", {**CHECK, "group": "summary", "evidence_digest": "ab"})
    assert (read_checked([path]).results["t1"].group, read_checked([path]).results["t1"].digest) == ("summary", "ab")


def test_support_and_its_marks_are_read(written: Written) -> None:
    reason = {
        "kind": "quantity differs",
        "detail": "7, not 30",
        "claim": [3, 4],
        "evidence": [0, 10, 12],
        "against": True,
    }
    support = {"score": 0.2, "verdict": "FAIL", "reasons": [reason, {**reason, "evidence": None}]}
    (record,) = read_checked([written("c.jsonl", {**RECORD, "support": support})]).results["t1"].citations
    assert record.support is not None
    assert (record.support.score, record.support.verdict) == (0.2, "FAIL")
    assert record.support.marks == (Mark(3, 4, (0, 10, 12), "7, not 30"), Mark(3, 4, None, "7, not 30"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "holds no checks"),
        ("[]", "holds no checks"),
        ("3", "c.json holds '3'"),
        ("[3]", "c.json, [0]: is not a JSON object"),
        ('{\n "records": [\n', "c.json is not JSON: Expecting value: line 4 column 1"),
        ("{", "c.json, line 1: is not JSON"),
        (json.dumps(CHECK) + "\n{", "c.json, line 2: is not JSON"),
        (json.dumps(CHECK) + "\n" + json.dumps({**CHECK, "verdict": "pass"}), "c.json, line 2: verdict is 'pass'"),
        (json.dumps({"records": [RECORD, {**RECORD, "outcome": None}]}), "c.json: records[1].outcome is missing"),
        (json.dumps([{**RECORD, "in_force": "yes"}]), "c.json, [0]: in_force is 'yes'; write true, false or null"),
        (json.dumps([{**RECORD, "stale": "old"}]), "c.json, [0]: stale is 'old'; write one of unchanged"),
        (json.dumps([{**RECORD, "support": {"score": 2, "verdict": "PASS"}}]), "support.score is 2; give a number"),
        (
            json.dumps([{**RECORD, "support": {"score": 1, "verdict": "PASS", "reasons": [{"claim": [1]}]}}]),
            "claim is [1]",
        ),
        (json.dumps([{**CHECK, "kind": "speed"}]), "kind is 'speed'; write one of format"),
        (json.dumps([{**CHECK, "start": -1}]), "start is -1"),
        (json.dumps([{"id": "t1"}]), "name is missing, and so is citation"),
        (json.dumps({"checks": 3}), "c.json: checks is not a list of JSON objects"),
        ('[{"score": NaN}]', "NaN is not JSON"),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_field(written: Written, content: str, problem: str) -> None:
    with pytest.raises((BadFile, BadLine)) as raised:
        read_checked([written("c.json", content)])
    assert problem in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"none\.json cannot be read"):
        read_checked([tmp_path / "none.json"])


def test_every_answer_keeps_where_it_was_first_named(written: Written) -> None:
    path: Any = written("c.jsonl", CHECK, {**CHECK, "id": "t2"})
    assert read_checked([path]).places == {"t1": f"{path}, line 1", "t2": f"{path}, line 2"}
