"""A calibration kept together with its judge; another model or another prompt is another judge."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.errors import BadFile, ExpiredCalibration
from evaluator.files.atomic_write import write_whole
from evaluator.files.json_lines import Line

VERSION = 1


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge: its model's name, including the version, and the SHA-256 of its prompt."""

    model: str
    prompt_sha256: str


def judge_of(model: str, prompt: Path) -> Judge:
    """The judge that asks this model with the prompt in this file."""
    return Judge(model, _digest(prompt))


def shipped_judge(model: str) -> Judge:
    """The judge of `--scorer judge` with this model; its prompt is all that is sent besides claim and evidence."""
    from evaluator.support.judge import prompt

    return Judge(model, hashlib.sha256(json.dumps(prompt("", ())).encode()).hexdigest())


def record(judge: Judge, labels: Path, calibration: dict[str, Any]) -> dict[str, Any]:
    """The JSON values of a record; the same for the same labels and judge."""
    return {
        "version": VERSION,
        "judge": {"model": judge.model, "prompt_sha256": judge.prompt_sha256},
        "labels_sha256": _digest(labels),
        "calibration": calibration,
    }


def keep(path: Path, judge: Judge, labels: Path, calibration: dict[str, Any]) -> None:
    """Writes a record whole, or leaves the file as it was."""
    write_whole(path, json.dumps(record(judge, labels, calibration), indent=2, sort_keys=True) + "\n")


def read_judge(path: Path) -> Judge:
    """The judge in a record; BadFile where the file is no record."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise BadFile(f"{path} is no calibration of version {VERSION}; make one with `asof-eval judge LABELS --record`")
    judge = Line(str(path), content).inner("judge")
    if judge is None:
        raise BadFile(f"{path}: judge is missing; make the record anew with `asof-eval judge LABELS --record`")
    return Judge(judge.text("model"), judge.text("prompt_sha256"))


def check(path: Path, judge: Judge) -> None:
    """ExpiredCalibration where the record at `path` is that of another judge; it says what changed."""
    kept = read_judge(path)
    changed = []
    if kept.model != judge.model:
        changed.append(f"its model is {kept.model}, this one {judge.model}")
    if kept.prompt_sha256 != judge.prompt_sha256:
        changed.append(f"its prompt is {kept.prompt_sha256[:12]}, this one {judge.prompt_sha256[:12]}")
    if changed:
        raise ExpiredCalibration(
            f"{path} no longer applies: {' and '.join(changed)}. "
            "Let the changed judge label what people labelled, and run `asof-eval judge LABELS --record` again."
        )


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}") from error
