import hashlib
import json
from pathlib import Path

import pytest

from evaluator.errors import BadFile, ExpiredCalibration
from evaluator.support import judge
from evaluator.support.calibration_record import Judge, check, judge_of, read_judge, record, shipped_judge


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    path = tmp_path / "prompt.txt"
    path.write_text("Is it supported?")
    return path


@pytest.fixture
def kept(tmp_path: Path, prompt: Path) -> Path:
    labels, path = tmp_path / "labels.jsonl", tmp_path / "record.json"
    labels.write_text("{}\n")
    path.write_text(json.dumps(record(judge_of("m-1", prompt), labels, {})))
    return path


def test_a_record_applies_to_its_judge(kept: Path, prompt: Path) -> None:
    check(kept, judge_of("m-1", prompt))
    assert read_judge(kept) == judge_of("m-1", prompt)


def test_the_shipped_judge_is_that_of_its_prompt() -> None:
    sent = json.dumps(judge.prompt("", ())).encode()
    assert shipped_judge("m-1") == Judge("m-1", hashlib.sha256(sent).hexdigest())


def test_another_model_expires_it(kept: Path, prompt: Path) -> None:
    with pytest.raises(
        ExpiredCalibration, match=r"no longer applies: its model is m-1, this one m-2\. Let the changed"
    ):
        check(kept, judge_of("m-2", prompt))


def test_a_changed_byte_of_the_prompt_expires_it(kept: Path, prompt: Path) -> None:
    prompt.write_text("Is it supported? ")
    with pytest.raises(ExpiredCalibration, match="its prompt is"):
        check(kept, judge_of("m-1", prompt))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "is no calibration of version 1"),
        ('{"version": 2}', "is no calibration of version 1"),
        ('{"version": 1}', "judge is missing"),
        ('{"version": 1, "judge": {"model": "m"}}', "prompt_sha256 is missing"),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, prompt: Path, content: str, problem: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(content)
    with pytest.raises(Exception, match=problem) as refused:
        check(path, judge_of("m-1", prompt))
    assert "record.json" in str(refused.value)


def test_what_cannot_be_read_is_named(tmp_path: Path, kept: Path) -> None:
    with pytest.raises(BadFile, match=r"none\.txt cannot be read"):
        judge_of("m-1", tmp_path / "none.txt")
    with pytest.raises(BadFile, match=r"none\.json cannot be read"):
        read_judge(tmp_path / "none.json")
