"""Labels that people gave, in a file that only grows. Each line is appended whole, also while others write."""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evaluator.files.json_lines import Line, read_lines
from evaluator.review.judgement import Judgement
from evaluator.review.review_case import ReviewCase


@dataclass(frozen=True, slots=True)
class Label:
    """What one reviewer said of one case, and why. `digest` is that of the words that were judged."""

    id: str
    digest: str
    verdict: Judgement
    reason: str
    reviewer: str
    at: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A reviewer takes back the last label given of these words of this case."""

    id: str
    digest: str
    reviewer: str
    at: str
    withdrawn: bool = True


Current = Mapping[str, Mapping[str, Label]]
"""By case and reviewer: the reviewer's last label that is about the present words of the case.

The label names the case that was judged. Where that is another one, of equal words, the label has spread.
"""


def read_labels(path: Path) -> list[Label]:
    """Every label of the file, in order, also those that were corrected later; none where there is no file yet.

    Labels that were withdrawn are left out.
    """
    labels: list[Label] = []
    for line in read_lines(path) if path.exists() else ():
        entry = _entry(line)
        if isinstance(entry, Label):
            labels.append(entry)
            continue
        of = (entry.id, entry.digest, entry.reviewer)
        taken = [at for at, label in enumerate(labels) if (label.id, label.digest, label.reviewer) == of]
        if taken:
            del labels[taken[-1]]
    return labels


def append(path: Path, entry: Label | Withdrawal) -> None:
    """Adds one line to the end of the file. Where it cannot be written whole, OSError, and the file is as before."""
    line = json.dumps(asdict(entry)).encode("ascii") + b"\n"
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
    """The labels that hold; a reviewer's later label replaces the earlier one.

    A label holds for the case that it names and for every case of equal words. A label of a check that was given when
    people were shown the answer alone holds for the case that it names.
    """
    alike: dict[str, list[str]] = {}
    own: dict[str, set[str]] = {}
    for case in cases:
        own[case.id] = {case.digest, case.earlier_digest}
        if not case.alone:
            alike.setdefault(case.digest, []).append(case.id)
    found: dict[str, dict[str, Label]] = {}
    for label in labels:
        named = [label.id] if label.digest in own.get(label.id, ()) else []
        for id in dict.fromkeys([*named, *alike.get(label.digest, ())]):
            found.setdefault(id, {})[label.reviewer] = label
    return found


def _entry(line: Line) -> Label | Withdrawal:
    id = line.name("id")
    if line.fields.get("withdrawn") is True:
        return Withdrawal(id, line.text("digest"), line.text("reviewer"), line.text("at"))
    verdict = line.text("verdict")
    if verdict not in list(Judgement):
        raise line.error("verdict", f"is {verdict!r}; write one of {', '.join(Judgement)}")
    return Label(
        id=id,
        digest=line.text("digest"),
        verdict=Judgement(verdict),
        reason=line.text("reason"),
        reviewer=line.text("reviewer"),
        at=line.text("at"),
    )
