"""One command of each group as a process of its own: it starts, finds its home, prints UTF-8 and exits."""

import json
from pathlib import Path

import pytest

from tests.e2e.command import Run

FILE = "---\npolicy: P-7\ntitle: Rückgabe\neffective: 2024-01-01\n---\nDamaged items may be returned.\n"
ROW = {"policy_id": "P-8", "effective_from": "2024-01-01", "text": "Gifts are exchanged."}


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processes")
    (folder / "P-7.md").write_text(FILE, encoding="utf-8")
    (folder / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    run("publish", folder / "P-7.md", "--home", folder / "home")
    return folder / "home"


@pytest.mark.parametrize(
    ("arguments", "exits", "printed"),
    [
        (("publish", "P-7.md"), 0, "unchanged P-7@1  is already recorded\n"),
        (("import", "rows.jsonl"), 0, "1 revision"),
        (("plan", "P-7.md"), 0, "P-7@1 is already recorded: no change\n"),
        (("show", "P-7"), 0, "P-7@1  Rückgabe  ("),
        (("cite", "P-7@1#1", "--quote", "never said", "--as-of", "2025-01-01"), 1, "NOT SUPPORTED  P-7@1#1\n"),
        (("index",), 0, "Generation "),
        (("key", "list", "--json"), 0, ""),
        (("eval", "retrieval", "rows.jsonl"), 1, ""),
        (("show", "P-404"), 1, ""),
        (("publish",), 2, ""),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_as_a_process_a_command_does_what_it_does_here(
    run: Run, run_process: Run, home: Path, arguments: tuple[str, ...], exits: int, printed: str
) -> None:
    asked = {"env": {"ASOF_HOME": str(home)}, "cwd": home.parent, "exits": exits}
    done, here = run_process(*arguments, **asked), run(*arguments, **asked)
    assert printed in done.stdout
    if arguments[0] != "import":  # which a second time changes nothing
        said = done.stderr.replace("python -m retriever.entrypoints.cli", "asof")  # which is only how it was started
        assert (done.stdout, said) == (here.stdout, here.stderr)
