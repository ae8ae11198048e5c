"""The data folder and the home folders that benchmarks work in."""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evaluator.retrieval.words import overlaps
from policies.revision import VersionId

ASOF = [sys.executable, "-m", "retriever.entrypoints.cli"]


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that takes the data folder first."""
    made = argparse.ArgumentParser(description=description)
    default = os.environ.get("ASOF_TEST_DATA") or "../shared/data"
    made.add_argument("data", nargs="?", type=Path, default=Path(default), help="data folder (default %(default)s)")
    made.add_argument("--home", type=Path, help="a home with the history already imported; else a fresh one is made")
    return made


def history(data: Path) -> Path:
    return existing(data / "site-policy" / "revisions.jsonl.gz")


def existing(path: Path) -> Path:
    if not path.exists():
        raise SystemExit(
            f"{path} is missing. This benchmark measures on texts that are not part of the repository: name their "
            "folder as the first argument, or set ASOF_TEST_DATA. docs/benchmark-data.md says where they are from, and "
            "what runs without them, such as scripts/evaluate"
        )
    return path


def questions(data: Path) -> Path:
    return data / "site-policy" / "asof_questions.jsonl"


def json_lines(file: Path) -> list[dict[str, Any]]:
    with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def worded(case: Mapping[str, Any], version: VersionId, text: str) -> bool:
    """Whether a passage is of the revision that should answer an as-of question, and holds its words."""
    right = (version.policy_id, version.number) == (case["policy_id"], case["revision"])
    return right and overlaps(text, case["gold_text"])


def asked_as_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """The request of an as-of question."""
    return {"query": case["query"], "as_of": case["as_of"]}


@contextmanager
def imported_home(data: Path, home: Path | None) -> Iterator[Path]:
    """A home folder that holds the real history: the given one, or a fresh one for as long as it is used."""
    if home is not None:
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="asof-bench-") as folder:
        run("import", str(history(data)), "--home", folder)
        yield Path(folder)


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes on the wall clock."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def run(*arguments: str, accept: Sequence[int] = (0,)) -> tuple[str, float, int]:
    """A command's standard output, its seconds on the wall clock and its peak memory in bytes."""
    before = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([*ASOF, *arguments], stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        spent = time.perf_counter() - before
        code = os.waitstatus_to_exitcode(status)
        if code not in accept:
            raise SystemExit(f"asof {' '.join(arguments)} exited {code}")
        output.seek(0)
        return output.read(), spent, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have, each before its own; none if it has ended."""
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
    return [each for child in children for each in (child, *descendants(child))]
