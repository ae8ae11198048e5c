"""The table of rules: each finds its example and nothing in what only looks like it."""

import pytest

from policies.lint.finding import Rule
from policies.lint.page import Page
from policies.lint.rules import MOST, RULES, lint
from policies.sources.draft import read_draft
from tests.policies.lint.pages import found, page
from tests.root import ROOT

BAR = "\\|"


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_finds_one_thing_in_its_example(rule: Rule) -> None:
    assert [finding.rule for finding in lint(page(rule.example))] == [rule.name]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_finds_nothing_in_what_only_looks_like_its_example(rule: Rule) -> None:
    assert lint(page(rule.near)) == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_the_page_on_authoring_has_the_row_of_a_rule(rule: Rule) -> None:
    row = f"| `{rule.name}` | {rule.finds} | {rule.fix.replace('|', BAR)} |"
    assert row in (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8").split("\n")


def test_the_policies_that_ship_have_no_findings() -> None:
    for path in sorted((ROOT / "policies" / "samples").glob("*.md")):
        draft = read_draft(path)
        assert draft.valid_from is not None
        assert lint(Page(draft, draft.valid_from, [], dict)) == [], path


def test_a_finding_says_file_line_rule_reason_and_fix() -> None:
    [finding] = found("Damaged items are {++always ++}eligible.")
    assert finding.content() == {
        "file": "p7.md",
        "line": 6,
        "rule": "tracked-change",
        "reason": '"{++always ++}" is a change that was proposed and neither taken nor refused',
        "fix": "Take or refuse the change in the editor, and convert again",
    }
    assert str(finding) == (
        'p7.md, line 6: tracked-change: "{++always ++}" is a change that was proposed and neither taken nor refused. '
        "Take or refuse the change in the editor, and convert again"
    )


def test_findings_stand_by_line_and_a_rule_tells_of_a_hundred_at_most() -> None:
    many = found("\n\n".join(["Items {++new++}"] * (MOST + 5) + ["![](x.png)"]))
    assert [finding.line for finding in many] == sorted(finding.line for finding in many)
    assert sum(finding.rule == "tracked-change" for finding in many) == MOST
    assert many[-1].rule == "image-without-words"
