import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.checks.checks_file import Mark, read_checked
from evaluator.errors import BadFile, BadLine
from evaluator.gate.run import read_run
from evaluator.review.case import read_review_cases

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


DECISION = {"id": "t1", "name": "decision", "kind": "decision", "verdict": "FAIL", "reason": "wrong", "detail": "no"}
CLAIMING = {**RECORD, "claim": "Within 30 days.", "in_evidence": True}
OLDER = {"id": "t1", "citation": "P-7@2#1", "claim": "Sure.", "verdict": "not_supported", "reason": "does_not_exist"}
DOCUMENTS = {
    "citations": {"answers": 1, "records": [CLAIMING], "uncited": [{"id": "t1", "claim": "Sure."}], "measures": {}},
    "decisions": {"cases": 1, "by_case": {"t1": {"group": "g", "verdict": "FAIL"}}, "records": [DECISION]},
    "contract": {"rows": 1, "checks": {"schema": {}}, "by_row": {"t1": {"group": "g"}}, "records": [CHECK]},
}


def in_every_form(records: list[dict[str, Any]], document: dict[str, Any]) -> list[bytes]:
    """A document on one line, on many and packed; its records as a list and as JSON Lines."""
    text = json.dumps(document, indent=2).encode()
    lines = "".join(f"{json.dumps(record)}\n" for record in records).encode()
    return [json.dumps(document).encode(), text, gzip.compress(text), json.dumps(records).encode(), lines]


@pytest.mark.parametrize("part", ["citations", "decisions", "contract"])
def test_route_review_and_gate_accept_the_same_files(tmp_path: Path, part: Any) -> None:
    document: dict[str, Any] = DOCUMENTS[part]
    path = tmp_path / f"{part}.json"
    for content in in_every_form(document["records"], document):
        path.write_bytes(content)
        assert [len(read_checked([path]).results["t1"].verdicts()), len(read_review_cases([path]))] == [1, 1]
        assert len(read_run([path]).checks[part]["t1"]) == (4 if part == "citations" else 1)


def test_an_older_record_of_a_citation_and_a_document_without_any_are_accepted_by_all_three(tmp_path: Path) -> None:
    path = tmp_path / "citations.json"
    path.write_text(json.dumps({"records": [OLDER]}))
    (record,) = read_checked([path]).results["t1"].citations
    assert (record.outcome, record.why) == ("FAIL", "does_not_exist")
    (case,) = read_review_cases([path])
    assert case.citation == "P-7@2#1"
    assert [check.verdict for check in read_run([path]).checks["citations"]["t1"]][-1] == "FAIL"
    path.write_text('{"answers": 1, "records": []}')
    other = tmp_path / "decisions.json"
    other.write_text(json.dumps([DECISION]))
    assert read_checked([path, other]).results["t1"].verdicts() == ["FAIL"]
    assert len(read_review_cases([path, other])) == 1
    assert read_run([path, other]).checks["citations"] == {}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "3",
        "[3]",
        "{",
        '{\n "records": [\n',
        json.dumps(CLAIMING) + "\n{",
        json.dumps({"records": 3}),
        json.dumps([{**CLAIMING, "exists": "yes"}]),
        json.dumps([{**CLAIMING, "stale": "old"}]),
        json.dumps([{**CLAIMING, "outcome": "GOOD"}]),
        json.dumps([{**CLAIMING, "outcome": None}]),
        json.dumps([{**OLDER, "verdict": "perhaps"}]),
        json.dumps([{**OLDER, "reason": None}]),
        json.dumps([{**CLAIMING, "support": {"score": 2, "verdict": "PASS"}}]),
        '[{"outcome": NaN}]',
    ],
)
def test_route_review_and_gate_refuse_a_bad_file_with_the_same_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "citations.json"
    path.write_text(content)
    said = set()
    for read in (read_checked, read_review_cases, read_run):
        with pytest.raises((BadFile, BadLine)) as raised:
            read([path])
        said.add(str(raised.value))
    assert len(said) == 1


def test_the_gate_refuses_records_that_the_name_of_their_file_does_not_promise(tmp_path: Path) -> None:
    path = tmp_path / "citations.json"
    path.write_text(json.dumps([DECISION]))
    with pytest.raises(BadLine, match=r"citations\.json, \[0\]: citation is missing; each has to be one of citations"):
        read_run([path])
    path = tmp_path / "decisions.json"
    path.write_text(json.dumps([CLAIMING]))
    with pytest.raises(BadLine, match=r"decisions\.json, \[0\]: name is missing; each has to be one of decisions"):
        read_run([path])
