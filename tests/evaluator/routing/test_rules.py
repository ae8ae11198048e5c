from pathlib import Path

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.routing.diagnosis import MEASUREMENTS, Diagnosis, Found
from evaluator.routing.rules import parse_rules, read_rules
from tests.root import ROOT

LAST = """
[[rule]]
name = "rest"
owner = "investigate"
failure = "none"
knowledge_or_contract = "neither"
action = "Look."
updates_weights = false
"""


def rule(when: str, name: str = "first", owner: str = "serving", weights: str = "false") -> str:
    return f"""
[[rule]]
name = "{name}"
owner = "{owner}"
failure = "factual"
knowledge_or_contract = "contract"
action = "Do it."
updates_weights = {weights}
when = {{{when}}}
"""


def test_the_shipped_rules_use_only_measurements_that_are_made() -> None:
    assert {name for rule in read_rules() for name in rule.when.values} <= MEASUREMENTS.keys()


def test_a_condition_fires_on_any_value_that_it_names() -> None:
    first, _ = parse_rules(rule('useful = false, content_right = [true, "unmeasured"]') + LAST, "rules.toml")
    found = {"useful": Found(False)}
    assert first.fires(Diagnosis("t1", False, found))
    assert first.fires(Diagnosis("t1", False, {**found, "content_right": Found(True)}))
    assert not first.fires(Diagnosis("t1", False, {**found, "content_right": Found(False)}))
    assert not first.fires(Diagnosis("t1", False, {"content_right": Found(True)}))


def test_a_first_token_that_nobody_timed_is_not_late() -> None:
    first, _ = parse_rules(rule("first_token_over_ms = 100") + LAST, "rules.toml")
    fired = [first.fires(Diagnosis("t1", True, first_token_ms=ms)) for ms in (None, 100.0, 100.5)]
    assert fired == [False, False, True]


def test_rules_of_a_file_take_the_place_of_those_shipped(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(LAST)
    assert [rule.name for rule in read_rules(path)] == ["rest"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rule = ", "rules.toml is not TOML"),
        ("", "rules.toml has no rules"),
        ("limit = 3\n" + LAST, "has 'limit' beside its rules"),
        (rule("", owner="somebody") + LAST, "rule 1 (first): owner is 'somebody'; it should be 'retrieval index'"),
        (rule("", weights='"no"') + LAST, "rule 1 (first): updates_weights is 'no'; it should be a valid boolean"),
        (
            rule("speed = true") + LAST,
            "rule 1 (first): when is {'speed': True}; speed is no measurement; those are measured",
        ),
        (rule('useful = "no"') + LAST, "rule 1 (first): when.useful is 'no'; write true, false"),
        (rule("useful = []") + LAST, "rule 1 (first): when.useful is []"),
        (rule("failed = 'refused'") + LAST, "rule 1 (first): when.failed is 'refused'; it should be a valid list"),
        (rule("first_token_over_ms = 0") + LAST, "when.first_token_over_ms is 0; it should be greater than 0"),
        (rule("useful = true") + rule("useful = false") + LAST, "rule 2: name is 'first', which an earlier rule has"),
        (rule("useful = true"), "rule 1 (first): when is not empty; end with a rule without conditions"),
        (LAST.replace('action = "Look."', ""), "rule 1 (rest): action is missing"),
        (LAST + "then = 1", "rule 1 (rest): then is not known"),
        ("rule = [3]", "rules.toml has no rules; write each under [[rule]]"),
        (rule("failed = [3]") + LAST, "rule 1 (first): when.failed.0 is 3; it should be a valid string"),
        (
            rule("useful = true").replace("when = {useful = true}", "when = 3"),
            "rule 1 (first): when is 3; it should be",
        ),
        ("[[rule]]\nname = 3\nupdates_weights = true", "rules.toml, rule 1: name is 3; it should be a valid string"),
    ],
)
def test_what_is_wrong_with_rules_is_named_by_rule_and_key(text: str, problem: str) -> None:
    with pytest.raises((BadFile, BadLine)) as raised:
        parse_rules(text, "rules.toml")
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("useful = false", "useful = false, format_holds = false"),
        ('useful = [false, "unmeasured"]', "useful = false"),
        ('failed = ["a", "b"]', 'failed = ["a"]'),
        ("first_token_over_ms = 100", "first_token_over_ms = 200, useful = true"),
    ],
)
def test_a_rule_that_an_earlier_one_always_forestalls_is_refused(earlier: str, later: str) -> None:
    with pytest.raises(BadLine) as raised:
        parse_rules(rule(earlier, "a") + rule(later, "b") + LAST, "rules.toml")
    assert "rule 2 (b): when is never reached, since 'a' before it always fires first" in str(raised.value)
    assert len(parse_rules(rule(later, "b") + rule(earlier, "a") + LAST, "rules.toml")) == 3


def test_the_page_on_routing_explains_every_measurement() -> None:
    page = (ROOT / "docs" / "routing.md").read_text()
    rows = [line for line in page.split("## Measurements")[1].splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {meaning} |" for name, meaning in MEASUREMENTS.items()]
