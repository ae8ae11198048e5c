from pathlib import Path

import pytest

from evaluator.errors import BadRules
from evaluator.gate.rules import read_rules
from tests.evaluator.gate.gate_runs import rules_in


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(BadRules) as error:
        read_rules(rules_in(tmp_path / "gate.toml", text))
    return str(error.value).removeprefix(f"{tmp_path / 'gate.toml'}")


def test_the_shipped_rules_hold_every_kind_of_rule() -> None:
    rules = read_rules(profile="strict")
    assert (rules.profile, rules.next, read_rules().profile, read_rules().next) == ("strict", None, "starter", "strict")
    assert [rule.subject for rule in rules.never] == [
        "citations: exists",
        "citations: in_evidence",
        "citations: stale",
        "decisions: side_effect",
        "decisions: answer_schema",
    ]
    assert all((rules.rate, rules.not_worse, rules.not_slower, rules.limit, rules.minimum))
    assert all((read_rules().rate, read_rules().not_worse, read_rules().limit, read_rules().minimum))
    assert not rules.holm


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[rate]]\nname = "r"\nof = "decisions"\nat_least = 95\n', ": [[rate]] 1 (r): at_least Input should be less"),
        ('[[rate]]\nname = "r"\nof = "decisions"\n', ": [[rate]] 1 (r): at_least Field required"),
        (
            '[[rate]]\nname = "r"\nof = "decisions"\nat_least = "a"\n',
            ": [[rate]] 1 (r): at_least Input should be a valid",
        ),
        ('[[never]]\nof = "citations"\n', ": [[never]] 1: name Field required"),
        ('[[never]]\nname = "n"\nof = "cites"\n', ": [[never]] 1 (n): of Input should be 'decisions', 'citations'"),
        ('[[never]]\nname = "n"\nof = "citations"\nlimit = 3\n', ": [[never]] 1 (n): limit is unknown here"),
        (
            '[[nevr]]\nname = "n"\n',
            ": nevr is unknown; there are profile, about, next, holm, never, rate, not_worse, not_slower, limit",
        ),
        ("holm = true\n", " holds no rules, so nothing would be decided"),
        ("[[never]\n", " is not TOML: "),
        (
            '[[never]]\nname = "n"\nof = "decisions"\nchecks = ["decisoin"]\n',
            ": [[never]] 1 (n): checks holds 'decisoin'; of decisions there are decision, policy_id",
        ),
        (
            '[[minimum]]\nname = "n"\nof = "decisions"\n[[never]]\nname = "n"\nof = "decisions"\n',
            ": rule 'n' is there twice",
        ),
    ],
)
def test_what_cannot_be_accepted_is_named_by_rule_and_key(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text).startswith(message)


def test_rules_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRules, match="cannot be read: No such file or directory; name the rules with --rules"):
        read_rules(tmp_path / "none.toml")
