"""Labels that people gave, in a file that only grows. Each line is appended whole, also while others write."""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evaluator.files.json_lines import Line, read_lines
from evaluator.review.case import ReviewCase
from evaluator.review.judgement import Judgement


@dataclass(frozen=True, slots=True)
class Label:
    """What one reviewer said of one case, and why. `digest` is that of the words that were judged."""

    id: str
    digest: str
    verdict: Judgement
    reason: str
    reviewer: str
    at: str


Current = Mapping[str, Mapping[str, Label]]
"""By case and reviewer: the reviewer's last label that is about the present words of the case."""


def read_labels(path: Path) -> list[Label]:
    """Every label of the file, in order, also those that were corrected later; none where there is no file yet."""
    return [_label(line) for line in read_lines(path)] if path.exists() else []


def append(path: Path, label: Label) -> None:
    """Adds one line to the end of the file. Where it cannot be written whole, OSError, and the file is as before."""
    line = json.dumps(asdict(label)).encode("ascii") + b"\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        try:
            whole = os.write(descriptor, line) == len(line)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
        if not whole:
            os.ftruncate(descriptor, size)
            raise OSError(f"{path}: there is no room for one more label; nothing was added")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def current(labels: Iterable[Label], cases: Sequence[ReviewCase]) -> Current:
    """The labels that hold; a reviewer's later label replaces the earlier one."""
    digests = {case.id: case.digest for case in cases}
    found: dict[str, dict[str, Label]] = {}
    for label in labels:
        if digests.get(label.id) == label.digest:
            found.setdefault(label.id, {})[label.reviewer] = label
    return found


def _label(line: Line) -> Label:
    verdict = line.text("verdict")
    if verdict not in list(Judgement):
        raise line.error("verdict", f"is {verdict!r}; write one of {', '.join(Judgement)}")
    return Label(
        id=line.name("id"),
        digest=line.text("digest"),
        verdict=Judgement(verdict),
        reason=line.text("reason"),
        reviewer=line.text("reviewer"),
        at=line.text("at"),
    )
