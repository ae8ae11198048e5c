import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.contract.checks import CHECKS
from evaluator.contract.report import Report, judge
from evaluator.contract.rows import read_answers, read_rows
from tests.conftest import ROOT

Written = Callable[..., Path]
ROWS = ROOT / "evals" / "contract_rows.jsonl"


def report(path: Path, *lines: dict[str, Any]) -> Report:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    rows = read_rows(path)
    return judge(rows, [row.answer for row in rows])


def row(id: str, group: str = "g", words: int = 4, **fields: Any) -> dict[str, Any]:
    """A row that asks for at most two words and for the 5 days of its input, of that many words."""
    checks = [{"check": "words", "max": 2}, {"check": "keeps", "facts": [{"quantity": "5 days"}, {"name": "wait"}]}]
    given = " ".join(["Wait for 5 days", *["now"] * (words - 4)])
    return {"id": id, "group": group, "task": "t", "instruction": "Do it.", "input": given, "checks": checks, **fields}


def test_a_kind_holds_in_a_row_only_where_all_its_checks_do(tmp_path: Path) -> None:
    content = report(
        tmp_path / "r.jsonl",
        row("a", answer="wait 5-days"),
        row("b", answer="5 days"),
        row("c", answer="please wait 5 days"),
    ).content()
    assert content["by_row"]["a"] == {"group": "g", "verdict": "PASS"}
    assert (content["rows"], content["verdicts"]["PASS"], content["verdicts"]["FAIL"]) == (3, 1, 2)
    assert content["kinds"]["format"]["value"] == pytest.approx(2 / 3)
    assert content["kinds"]["preservation"]["value"] == pytest.approx(2 / 3)
    assert content["passed"]["value"] == pytest.approx(1 / 3)
    assert content["passed"]["method"] == "wilson"
    assert content["checks"]["keeps"]["n"] == 3
    assert [(r["id"], r["name"], r["verdict"]) for r in content["records"][3:6]] == [
        ("b", "words", "PASS"),
        ("b", "keeps", "PASS"),
        ("b", "keeps", "FAIL"),
    ]


def test_what_was_not_answered_stays_in_every_denominator(tmp_path: Path) -> None:
    content = report(
        tmp_path / "r.jsonl", row("a", answer="wait 5-days"), row("b"), row("c", error="timeout"), row("d", answer=" ")
    ).content()
    assert (content["rows"], content["answered"]) == (4, 2)
    assert content["verdicts"] == {"PASS": 1, "FAIL": 2, "UNKNOWN": 0, "ERROR": 1}
    assert {kind: found["n"] for kind, found in content["kinds"].items()} == {"format": 4, "preservation": 4}
    assert content["kinds"]["format"]["value"] == 0.25
    assert {r["reason"] for r in content["records"] if r["id"] in "bcd"} == {"no_answer", "not_asked", "blank_answer"}


def test_a_group_passes_only_where_every_wording_does(tmp_path: Path) -> None:
    groups = report(
        tmp_path / "r.jsonl",
        row("a1", "a", answer="wait 5-days"),
        row("a2", "a", answer="5-days wait"),
        row("b1", "b", answer="wait 5-days"),
        row("b2", "b", answer="wait"),
        row("c1", "c", answer="wait 5-days"),
    ).content()["groups"]
    assert (groups["count"], groups["without_rewording"]) == (3, 1)
    assert groups["passed"]["value"] == pytest.approx(2 / 3)
    assert (groups["each"]["b"]["verdict"], groups["each"]["b"]["passed"]["value"]) == ("FAIL", 0.5)


def test_kinds_are_reported_by_length_of_input_with_ends_included(tmp_path: Path) -> None:
    lengths = report(
        tmp_path / "r.jsonl",
        row("a", words=50, answer="wait 5-days"),
        row("b", words=51, answer="wait 5-days"),
        row("c", words=200, answer="wait"),
        row("d", words=201, answer="wait 5-days"),
    ).content()["input_length"]
    assert {name: found["passed"]["n"] for name, found in lengths.items()} == {"short": 1, "medium": 2, "long": 1}
    assert lengths["medium"]["words"] == [51, 200]
    assert lengths["medium"]["kinds"]["format"]["value"] == 1.0
    assert lengths["medium"]["kinds"]["preservation"]["value"] == 0.5


def test_the_shipped_rows_have_twelve_groups_of_three_wordings_and_every_check() -> None:
    found = judge(read_rows(ROWS), [None] * len(read_rows(ROWS)))
    assert len(found.groups()) >= 12
    assert all(len(items) >= 3 for items in found.groups().values())
    assert {item.length for item in found.judged} == {"short", "medium", "long"}
    asked = {check.name for item in found.judged for check in item.row.checks}
    assert CHECKS.keys() - asked == {"characters"}


def test_every_right_answer_to_the_shipped_rows_passes() -> None:
    rows = read_rows(ROWS)
    found = judge(rows, read_answers(ROWS.with_name("contract_answers_good.jsonl"), rows))
    broken = [check for item in found.judged for check in item.checks if check.verdict != "PASS"]
    assert broken == []


def test_every_wrong_answer_to_the_shipped_rows_is_caught_by_exactly_the_checks_it_names() -> None:
    rows, path = read_rows(ROWS), ROWS.with_name("contract_answers_bad.jsonl")
    wanted = {line["id"]: set(line["fails"]) for line in map(json.loads, path.read_text().splitlines())}
    found = judge(rows, read_answers(path, rows))
    caught = {item.row.id: {check.name for check in item.checks if check.verdict != "PASS"} for item in found.judged}
    assert caught == wanted
    assert found.verdicts["PASS"] == 0
