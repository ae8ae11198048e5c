"""A returns policy with two revisions in a real ledger, and files of JSON lines."""

import io
import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from evaluator.cli import main as asof_eval_main
from policies.change import Publish, Withdraw
from policies.instant import parse_instant
from policies.ledger import Ledger
from policies.revision import Draft, Span
from policies.storage.ledger_store import LedgerStore
from tests.evaluator.in_process import Finished, Run

SEVEN = ("Damaged items are accepted within 7 days.", "Bring the receipt.")
THIRTY = ("Damaged items are accepted within 30 days.", "Bring the receipt.", "Opened software is excluded.")
GONE = ("Gift cards are refunded.",)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """P-7@1 from January and P-7@2 from March 2025; G-1@1 from January, withdrawn in February. Recorded on 1 June."""
    opened = Ledger(LedgerStore.open(tmp_path / "home", create=True), lambda: parse_instant("2025-06-01"))
    for policy_id, start, passages in (
        ("P-7", "2025-01-01", SEVEN),
        ("P-7", "2025-03-01", THIRTY),
        ("G-1", "2025-01-01", GONE),
    ):
        text = "\n".join(passages)
        spans = [Span(text.index(words), text.index(words) + len(words)) for words in passages]
        draft = Draft(policy_id, "Returns", text, "here", parse_instant(start))
        opened.record(opened.propose([Publish(draft)]), [spans], "by hand")
    opened.record(opened.propose([Withdraw("G-1", parse_instant("2025-02-01"))]), [], "by hand")
    yield opened
    opened.close()


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes objects, or lines given as text, to a file of that name."""

    def write(name: str, *lines: dict[str, Any] | str) -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
        return path

    return write


@pytest.fixture
def asof_eval(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `asof-eval` with arguments in this process, without a terminal; `main` is another command's."""

    def run(*arguments: object, columns: int = 80, main: Callable[[], None] = asof_eval_main) -> Finished:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["asof-eval", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.StringIO())
            patch.setenv("COLUMNS", str(columns))
            with pytest.raises(SystemExit) as ended:
                main()
        printed = capsys.readouterr()
        return Finished(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def question() -> Callable[..., dict[str, Any]]:
    """A question of the as-of form, with the fields given in place of its own."""

    def make(**fields: Any) -> dict[str, Any]:
        return {
            "id": "q1",
            "query": "Are damaged items accepted?",
            "as_of": "2025-04-01",
            "policy_id": "P-7",
            "revision": 2,
            "gold_text": THIRTY[0],
            "other_text": SEVEN[0],
            **fields,
        }

    return make


@pytest.fixture
def item() -> Callable[..., dict[str, Any]]:
    """A passage of an answer, in force from March 2025 on, with the fields given in place of its own."""

    def make(citation: str = "P-7@2#1", text: str = THIRTY[0], **fields: Any) -> dict[str, Any]:
        policy_id, _, rest = citation.partition("@")
        return {
            "citation": citation,
            "policy_id": policy_id,
            "revision": int(rest.split("#")[0]),
            "text": text,
            "valid_from": "2025-03-01T00:00:00Z",
            "valid_to": None,
            **fields,
        }

    return make


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """Within it no file takes a byte."""

    @contextmanager
    def full() -> Iterator[None]:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    return full
