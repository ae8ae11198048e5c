"""ARCHITECTURE names every module, so that a newcomer finds the code for a thing by reading it."""

import re

from tests.root import ROOT


def test_every_module_is_named_in_architecture() -> None:
    words = set(re.findall(r"\w+", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    modules = [
        path
        for package in ("policies", "indexer", "retriever", "evaluator")
        for path in (ROOT / package).rglob("*.py")
        if path.stem != "__init__"
    ]
    assert len(modules) > 200
    assert [str(path.relative_to(ROOT)) for path in modules if path.stem not in words] == []


def test_no_folder_holds_more_than_fourteen_modules() -> None:
    for top in ("evaluator", "indexer", "retriever", "tests"):
        for folder in [ROOT / top, *(path for path in (ROOT / top).rglob("*") if path.is_dir())]:
            modules = [path.name for path in folder.glob("*.py") if path.stem != "__init__"]
            assert len(modules) <= 14, folder
