import json
from pathlib import Path

import pytest

from evaluator.errors import BadFile, BadLine, BrokenRun
from evaluator.gate.run import read_run
from tests.evaluator.gate.gate_runs import check, cited, decisions, run_in, trace


def test_a_folder_its_files_and_one_document_are_the_same_run(tmp_path: Path) -> None:
    records = decisions(check("a"), check("b"), groups={"a": "g", "b": "g"})
    folder = run_in(
        tmp_path / "run", [trace("t1", 180, case="a")], decisions=records, citations={"records": [cited("t1")]}
    )
    whole = {"traces": [trace("t1", 180, case="a")], "decisions": records, "citations": {"records": [cited("t1")]}}
    (tmp_path / "whole.json").write_text(json.dumps(whole))
    runs = [read_run([folder]), read_run(sorted(folder.iterdir())), read_run([tmp_path / "whole.json"])]
    for run in runs:
        assert run.checks["decisions"].keys() == {"a", "b"}
        assert run.checks["citations"].keys() == {"a"}  # of the case of its trace
        assert run.groups == {"a": "g", "b": "g"}
        assert run.first_tokens == {"a": 180}
    assert [source.name for source in runs[0].sources] == ["traces.jsonl", "decisions.json", "citations.json"]
    assert all(len(source.sha256) == 64 for source in runs[0].sources)


def test_what_cannot_be_accepted_is_named_by_file_line_and_field(tmp_path: Path) -> None:
    folder = run_in(tmp_path / "a", decisions=decisions(check("a"), {**check("b"), "verdict": "GOOD"}))
    with pytest.raises(BadLine, match=r"decisions\.json: records\[1\]\.verdict is 'GOOD'; write one of PASS, FAIL"):
        read_run([folder])
    folder = run_in(tmp_path / "b", [trace("a"), trace("b", -1.0)])
    with pytest.raises(BadLine, match=r"traces\.jsonl, line 2: timings\.first_token_ms: "):
        read_run([folder])
    folder = run_in(tmp_path / "c", [trace("a"), trace("b", case="a")])
    with pytest.raises(BadLine, match=r"traces\.jsonl, line 2: case is 'a', which an earlier trace has"):
        read_run([folder])
    folder = run_in(tmp_path / "d", citations={"records": [cited("a", stale="perhaps")]})
    with pytest.raises(BadLine, match=r"citations\.json: records\[0\]\.stale is 'perhaps'"):
        read_run([folder])
    folder = run_in(tmp_path / "e", citations={"records": [cited("a", exists="yes")]})
    with pytest.raises(BadLine, match=r"records\[0\]\.exists is 'yes'; write true, false or null"):
        read_run([folder])
    (tmp_path / "f.json").write_text('{"decision": {}}')
    with pytest.raises(BadLine, match=r"f\.json: decision is no part of a run; there are traces, decisions"):
        read_run([tmp_path / "f.json"])
    (tmp_path / "decisions.json").write_text("[")
    with pytest.raises(BadLine, match=r"decisions\.json, line 1: is not JSON: .* line 1 column 2"):
        read_run([tmp_path / "decisions.json"])
    with pytest.raises(BadFile, match="cannot be read: No such file"):
        read_run([tmp_path / "none.json"])


def test_an_empty_folder_is_a_broken_run(tmp_path: Path) -> None:
    with pytest.raises(BrokenRun, match=r"holds none of traces.jsonl, decisions.json, citations.json, contract.json"):
        read_run([tmp_path])


def test_citations_of_some_of_the_answers_are_a_broken_run(tmp_path: Path) -> None:
    folder = run_in(tmp_path / "a", [trace("a"), trace("b")], citations={"answers": 1, "records": [cited("a")]})
    with pytest.raises(BrokenRun, match="is about 1 answers, but the run has 2 traces"):
        read_run([folder])


def test_groups_of_who_made_the_cases_go_before_those_of_traces(tmp_path: Path) -> None:
    records = decisions(check("a"), check("b"), groups={"a": "g"})
    folder = run_in(tmp_path / "a", [trace("a", group="own"), trace("b", group="own")], decisions=records)
    assert read_run([folder]).groups == {"a": "g", "b": "own"}


def test_a_group_that_is_null_is_named(tmp_path: Path) -> None:
    folder = run_in(tmp_path / "a", decisions={**decisions(check("a")), "by_case": {"a": None}})
    with pytest.raises(BadLine, match=r"by_case\.a is null"):
        read_run([folder])


def test_a_part_given_twice_is_refused(tmp_path: Path) -> None:
    one, two = (run_in(tmp_path / name, decisions=decisions(check("a"))) for name in "ab")
    with pytest.raises(BadFile, match="holds decisions, which another file of the run holds too"):
        read_run([one, two])


@pytest.mark.parametrize(
    ("record", "verdicts"),
    [
        (cited("a"), ("PASS", "PASS", "PASS", "PASS")),
        (cited("a", exists=False, in_force=False, verdict="not_supported"), ("FAIL", "PASS", "PASS", "FAIL")),
        (cited("a", exists=None, in_force=None, verdict="cannot_tell"), ("UNKNOWN", "PASS", "UNKNOWN", "UNKNOWN")),
        (cited("a", in_force=False, verdict="not_supported"), ("PASS", "PASS", "UNKNOWN", "FAIL")),
        (cited("a", in_force=False, stale="still_supports", outcome="FAIL"), ("PASS", "PASS", "PASS", "FAIL")),
        (cited("a", in_force=False, stale="nothing_in_force", outcome="FAIL"), ("PASS", "PASS", "PASS", "FAIL")),
        (cited("a", in_evidence=None, outcome="ERROR", why="support"), ("PASS", "UNKNOWN", "PASS", "ERROR")),
    ],
)
def test_a_citation_is_four_checks(tmp_path: Path, record: dict[str, object], verdicts: tuple[str, ...]) -> None:
    run = read_run([run_in(tmp_path / "run", citations={"records": [record]})])
    made = run.checks["citations"]["a"]
    assert [check.name for check in made] == ["exists", "in_evidence", "stale", "supported"]
    assert tuple(check.verdict for check in made) == verdicts
