"""One record, four renderings: nothing is obeyed, fetched or drawn over, and the same input gives the same bytes."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.gate.record import Record, broken
from evaluator.gate.reports.bars import HEIGHT, LEFT, RIGHT, WIDTH, bar
from evaluator.gate.reports.junit import junit
from evaluator.gate.reports.markdown import escaped, markdown
from evaluator.gate.reports.page import page
from evaluator.gate.rule_result import NamedCase, RuleResult, Unit, ValueAgainstLimit
from tests.evaluator.gate.gate_runs import check, cited, decisions, ids, passing, rules_in, run_in, trace

RULES = """
[[never]]
name = "no invented citation"
of = "citations"
checks = ["exists"]

[[rate]]
name = "cases decided right"
of = "decisions"
at_least = 0.95

[[not_worse]]
name = "no worse"
of = "decisions"
margin = 0.05

[[not_slower]]
name = "no slower"
margin_ms = 50
"""

HOSTILE = (
    '<script>alert(1)</script> "><img src=x onerror=y> | [a](http://x.example) '
    "`b` *c* @someone #1 \x1b[31m\u202e\x00 ]]>"
)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The options of a gate over 20 cases, one of which cites what is not there."""
    citations = {
        "records": [cited(id) for id in ids(19)] + [cited(ids(20)[19], "P-9@1#1", exists=False, detail=HOSTILE)]
    }
    for name, speed in (("new", 210), ("old", 200)):
        traces = [trace(id, speed + at) for at, id in enumerate(ids(20))]
        run_in(tmp_path / name, traces, decisions=decisions(*passing(20)), citations=citations)
    rules = rules_in(tmp_path / "gate.toml", RULES)
    return ["gate", "--rules", str(rules), "--candidate", str(tmp_path / "new"), "--baseline", str(tmp_path / "old")]


def reports(files: Sequence[str], folder: Path) -> dict[str, str]:
    folder.mkdir()
    names = {"--junit": "j.xml", "--markdown": "m.md", "--html": "h.html"}
    options = [part for option, name in names.items() for part in (option, str(folder / name))]
    done = CliRunner().invoke(app, [*files, *options, "--json"])
    assert done.exit_code == 1, done.output
    return {"json": done.stdout, **{name: (folder / name).read_text() for name in names.values()}}


def test_the_same_input_gives_the_same_bytes(files: list[str], tmp_path: Path) -> None:
    assert reports(files, tmp_path / "one") == reports(files, tmp_path / "two")


def test_json_is_the_record_with_its_reasons_and_numbers(files: list[str], tmp_path: Path) -> None:
    content = json.loads(reports(files, tmp_path / "r")["json"])
    assert (content["verdict"], content["exit_code"], content["at"]) == ("BLOCK", 1, None)
    assert [found["decision"] for found in content["findings"]] == [
        "BLOCK",
        "NEEDS MORE CASES",
        "NEEDS MORE CASES",
        "NEEDS MORE CASES",
    ]
    assert [found["more_cases"] for found in content["findings"]] == [None, 39, 123, 66]
    assert content["more_cases"] == 123
    assert content["candidate"]["cases"] == 20
    assert content["measures"][0]["candidate"]["low"] == pytest.approx(0.025 ** (1 / 20))


COMMON_SCHEMA = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}, set()),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
        {"properties", "testcase"},
        {"name", "tests", "failures", "errors"},
    ),
    "properties": (set(), {"property"}, set()),
    "property": ({"name", "value"}, set(), {"name", "value"}),
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "system-out"}, {"name", "classname", "time"}),
    "failure": ({"type", "message"}, set(), {"type"}),
    "error": ({"type", "message"}, set(), {"type"}),
    "system-out": (set(), set(), set()),
}
"""Of the schema that Jenkins publishes for JUnit: each element's attributes, children, and attributes that must be."""


def checked_junit(text: str) -> ET.Element:
    root = ET.fromstring(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children, needed = COMMON_SCHEMA[element.tag]
        assert needed <= set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.find("properties") is suite[0]
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
        assert int(suite.attrib["errors"]) == sum(case.find("error") is not None for case in cases)
    return root


def test_junit_has_a_test_case_for_each_rule_and_fits_the_common_schema(files: list[str], tmp_path: Path) -> None:
    root = checked_junit(reports(files, tmp_path / "r")["j.xml"])
    cases = root.findall("testsuite/testcase")
    assert [case.attrib["name"] for case in cases] == [
        "no invented citation",
        "cases decided right",
        "no worse",
        "no slower",
    ]
    assert [case.find("failure").attrib["type"] for case in cases] == ["BLOCK"] + 3 * ["NEEDS MORE CASES"]  # type: ignore[union-attr]


def test_a_broken_run_is_an_error_in_every_report() -> None:
    record = broken("decisions.json cannot be read", "gate.toml", "2025-06-01")
    root = checked_junit(junit(record))
    assert root[0].attrib["errors"] == "1"
    assert root[0].attrib["timestamp"] == "2025-06-01"
    assert "## ⚠ Gate: BROKEN" in markdown(record)
    assert "⚠ BROKEN" in page(record)


class Page(HTMLParser):
    """The tags, text and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_fetches_nothing_and_shows_the_words_of_others_as_they_are(files: list[str], tmp_path: Path) -> None:
    text = reports(files, tmp_path / "r")["h.html"]
    read = Page(text)
    assert not {"script", "img", "link", "iframe", "a"} & {tag for tag, _ in read.tags}
    assert not any(name in attributes for _, attributes in read.tags for name in ("src", "href", "onerror", "style"))
    assert not re.search(r"url\(|@import|http", text.replace("http://x.example", "").replace("http-equiv", ""))
    assert "<script>alert(1)</script>" in read.words
    assert not re.search("[\x00-\x08\x1b\u202e]", text)
    for words in (
        "BLOCK",
        "NEEDS MORE CASES: 39 more",
        "at least 86.1% with 95.0% confidence",
        "20 of 20 (100%; 83.2%",
    ):
        assert words in read.words


def test_the_page_says_each_verdict_in_words_and_signs_and_knows_dark_and_light(
    files: list[str], tmp_path: Path
) -> None:
    text = reports(files, tmp_path / "r")["h.html"]
    assert text.count("✗ BLOCK") == 2
    assert "prefers-color-scheme: dark" in text
    for colours in re.findall(
        r"--paper: (#\w+).*?--ink: (#\w+); --soft: (#\w+).*?--good: (#\w+);\s*--bad: (#\w+); --wait: (#\w+)",
        text,
        re.DOTALL,
    ):
        paper = luminance(colours[0])
        for colour in colours[1:]:
            light, dark = sorted((paper, luminance(colour)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, colour  # WCAG 2.1, 1.4.3


def luminance(colour: str) -> float:
    """The relative luminance of #rgb or #rrggbb, as WCAG 2.1 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_markdown_links_nowhere_and_names_nobody(files: list[str], tmp_path: Path) -> None:
    text = reports(files, tmp_path / "r")["m.md"]
    assert text.startswith("## ✗ Gate: BLOCK\n")
    assert "| cases decided right | … NEEDS MORE CASES: 39 more |" in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "@someone" not in text
    assert "http://" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}
    assert escaped("1. a_b|c\n- d [x](y)") == r"1\. a\_b\|c - d \[x\](y)"


MEASURED = [
    ("share", 1.0, 0.86, 1.0, 0.95),
    ("share", 0.4, 0.1, 0.8, 0.95),
    ("share", 0.999, 0.998, 0.9999, 0.5),
    ("share", 0.0, 0.0, 0.05, 0.01),
    ("points", -0.3, -0.4, -0.2, -0.05),
    ("points", 0.2, 0.1, 0.3, -0.05),
    ("points", 0.0, 0.0, 0.0, -0.05),
    ("ms", 700.0, 10.0, 900.0, 50.0),
    ("ms", -30.0, -80.0, 3_599_900.0, 50.0),
]


@pytest.mark.parametrize(("unit", "value", "low", "high", "limit"), MEASURED)
def test_a_drawing_stays_in_its_box_and_its_texts_apart(
    unit: Unit, value: float, low: float, high: float, limit: float
) -> None:
    drawn = bar(ValueAgainstLimit(unit, value, low, high, 20, limit, "below" if unit == "ms" else "above", "95%"))
    for x in (drawn.low, drawn.high, drawn.value, drawn.limit, drawn.good_from, drawn.good_to):
        assert LEFT <= x <= RIGHT
    assert drawn.low <= drawn.value <= drawn.high
    assert drawn.good_from <= drawn.good_to
    boxes = []
    for text in drawn.texts:
        wide = 7.2 * len(text.words)  # 12 px type is at most 0.6 em a character on average
        left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
        assert left >= 0
        assert left + wide <= WIDTH
        assert 12 <= text.y <= HEIGHT - 3
        boxes.append((left, left + wide, text.y - 10, text.y + 3))
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = one[1] < other[0] or other[1] < one[0] or one[3] < other[2] or other[3] < one[2]
            assert apart


def test_a_long_list_of_cases_is_cut_in_reports_and_whole_in_json() -> None:
    named = tuple(NamedCase(id, "wrong") for id in ids(60))
    found = RuleResult("r", "never", "decisions", "BLOCK", "in 60 cases", cases=named)
    record = Record("BLOCK", ("BLOCK: r",), None, "gate.toml", None, findings=(found,))
    assert "and 10 more, in the JSON" in page(record)
    assert "and 10 more, in the JSON" in markdown(record)
    assert len(record.content()["findings"][0]["cases"]) == 60


class TestCommand:
    def exit_code(self, *arguments: str) -> int:
        return CliRunner().invoke(app, list(arguments)).exit_code

    def test_exit_codes_are_those_of_the_verdict(self, tmp_path: Path) -> None:
        rules = str(rules_in(tmp_path / "gate.toml", RULES[: RULES.index("[[not_worse]]")]))
        cases = {
            59: (0, {"records": [cited("case-001")]}),
            58: (3, {"records": [cited("case-001")]}),
            57: (1, {"records": [cited("case-001", exists=False)]}),
            56: (2, {"records": []}),
        }
        for count, (code, citations) in cases.items():
            run = run_in(tmp_path / str(count), decisions=decisions(*passing(count)), citations=citations)
            assert self.exit_code("gate", "--rules", rules, "--candidate", str(run)) == code

    def test_whatever_cannot_be_read_is_broken_and_written_so(self, tmp_path: Path) -> None:
        run = run_in(tmp_path / "run", decisions=decisions(check("a")))
        bad = rules_in(tmp_path / "bad.toml", "[[never]]\n")
        report = tmp_path / "j.xml"
        for options in (
            ["--rules", str(bad), "--candidate", str(run)],
            ["--rules", str(tmp_path / "none.toml"), "--candidate", str(run)],
            ["--rules", str(rules_in(tmp_path / "g.toml", RULES)), "--candidate", str(tmp_path / "none")],
        ):
            report.unlink(missing_ok=True)
            assert self.exit_code("gate", *options, "--junit", str(report)) == 2
            assert checked_junit(report.read_text())[0].attrib["errors"] == "1"
        assert self.exit_code("gate", "--rules", str(bad), "--candidate", str(run), "--html", str(tmp_path)) == 2
        good = str(rules_in(tmp_path / "c.toml", '[[never]]\nname = "n"\nof = "decisions"\n'))
        assert self.exit_code("gate", "--rules", good, "--candidate", str(run), "--at", "soon") == 2
        assert self.exit_code("gate", "--rules", good, "--candidate", str(run), "--at", "2025-06-01") == 0

    @pytest.mark.parametrize("option", ["--junit", "--markdown", "--html"])
    def test_a_full_disk_leaves_the_report_of_before(
        self, tmp_path: Path, files: list[str], full_disk: Callable[[], AbstractContextManager[None]], option: str
    ) -> None:
        report = tmp_path / "report"
        report.write_text("before")
        with full_disk():
            result = CliRunner().invoke(app, [*files, option, str(report)])
        assert (result.exit_code, report.read_text()) == (2, "before")
        assert f"{report} cannot be written: File too large" in result.stderr

    def test_it_prints_the_verdict_reasons_and_intervals(self, files: list[str]) -> None:
        printed = CliRunner().invoke(app, files, env={"COLUMNS": "200"}).stdout
        lines = printed.splitlines()
        assert lines[0] == "BLOCK"
        assert lines[1].startswith("  BLOCK: no invented citation: in 1 case of 20: case-020: P-9@1#1: ")
        assert "decisions, by case: 20 of 20 (100%; 83.2% to 100%); baseline 20 of 20 (100%; 83.2% to 100%)" in lines
        assert "\x1b" not in printed
