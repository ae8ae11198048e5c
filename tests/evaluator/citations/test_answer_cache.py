"""Checked answers kept beside the ledger, and never past a change of it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluator.citations.answer_cache import AnswerCache, line_key
from policies.ledger import Ledger

ANSWER = "Damaged items are accepted within 30 days [P-7@2#1]."


def cache(folder: Path | None, head: Callable[[], str] = lambda: "a" * 64, **context: str) -> AnswerCache:
    return AnswerCache(folder, head, context)


def test_what_is_saved_is_found_by_the_same_line_and_context(tmp_path: Path) -> None:
    first = cache(tmp_path / "c", scorer="x")
    first.keep("k", {"id": "t1"})
    first.save()
    assert cache(tmp_path / "c", scorer="x").find("k") == {"id": "t1"}
    assert cache(tmp_path / "c", scorer="y").find("k") is None
    assert line_key(b'{"id": 1}\n') == line_key(b'{"id": 1}') != line_key(b'{"id": 2}')


def test_another_ledger_head_removes_it_and_a_changed_one_keeps_nothing(tmp_path: Path) -> None:
    first = cache(tmp_path / "c")
    first.keep("k", {"id": "t1"})
    first.save()
    cache(tmp_path / "c", lambda: "b" * 64)
    assert list((tmp_path / "c").iterdir()) == []
    heads = iter(["a" * 64, "b" * 64])
    late = cache(tmp_path / "c", lambda: next(heads))
    late.keep("k", {"id": "t1"})
    late.save()
    assert list((tmp_path / "c").iterdir()) == []


def test_a_line_that_was_cut_off_is_no_content(tmp_path: Path) -> None:
    first = cache(tmp_path / "c")
    first.keep("k", {"id": "t1"})
    first.keep("l", {"id": "t2"})
    first.save()
    (file,) = (tmp_path / "c").iterdir()
    file.write_text(file.read_text()[:-4])
    again = cache(tmp_path / "c")
    assert (again.find("k"), again.find("l")) == ({"id": "t1"}, None)


def test_without_a_folder_nothing_is_kept() -> None:
    none = cache(None)
    none.keep("k", {"id": "t1"})
    none.save()
    none.keep_report("r", "text")
    assert (none.find("k"), none.report("r")) == (None, None)


def test_a_report_is_found_whole_or_not_at_all(tmp_path: Path) -> None:
    one = cache(tmp_path / "c")
    one.keep_report("r", "text\nof two lines")
    assert (one.report("r"), one.report("s")) == ("text\nof two lines", None)
    (file,) = (tmp_path / "c").iterdir()
    file.write_text(file.read_text()[:-1])
    assert one.report("r") is None


@pytest.mark.usefixtures("ledger")
def test_a_second_run_gives_the_same_bytes_and_a_changed_line_is_checked_anew(
    tmp_path: Path, written: Callable[..., Path]
) -> None:
    def run(*lines: dict[str, str]) -> tuple[str, str]:
        told = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
        command = [sys.executable, "-c", f"{told}; from evaluator.cli import main; main()", "citations"]
        options = [str(written("t.jsonl", *lines)), "--json", "--home", str(tmp_path / "home")]
        done = subprocess.run([*command, *options], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    line = {"id": "t1", "answer": ANSWER, "as_of": "2025-04-01"}
    first, loaded = run(line)
    assert "numpy" in loaded
    assert list((tmp_path / "home" / "cache" / "checked-answers").iterdir())
    second, loaded = run(line)
    assert second == first
    assert "numpy" not in loaded  # what was checked before is read, and nothing is loaded that checks
    longer = json.loads(run(line, {**line, "id": "t2", "answer": ANSWER.replace("30", "40")})[0])
    assert [record["outcome"] for record in longer["records"]] == ["PASS", "FAIL"]
    assert longer["records"][0] == json.loads(first)["records"][0]


def test_an_erasure_removes_what_is_kept(tmp_path: Path, ledger: Ledger) -> None:
    from policies.change import Erase
    from policies.revision import VersionId
    from retriever.bootstrap import Asof
    from retriever.home_folder import CACHE

    kept = tmp_path / "home" / CACHE / "checked-answers"
    kept.mkdir(parents=True)
    (kept / "a.jsonl").write_text("words")
    ledger.close()
    Asof.at(tmp_path / "home").write([Erase(VersionId("P-7", 2), "court order")])
    assert not kept.exists()
