"""The rules that are shipped: what they ask of a run of the shipped cases, and how one is chosen."""

import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evaluator.cli import app
from evaluator.files.policy_cases import PolicyCase, read_policy_cases
from evaluator.gate.record import Record, decide
from evaluator.gate.reports.markdown import markdown
from evaluator.gate.reports.page import page
from evaluator.gate.rules import read_rules
from evaluator.gate.run import read_run
from policies.instant import format_instant
from tests.evaluator.gate.gate_runs import check, cited, decisions, passing, rules_in, run_in, trace
from tests.root import ROOT

CASES = ROOT / "evals" / "policy_cases.jsonl"


def perfect(folder: Path, cases: list[PolicyCase]) -> Path:
    """A run in which every answer passes every check after 300 ms."""
    asked = [
        trace(case.id, 300, question=case.question, facts=case.facts, as_of=format_instant(case.as_of))
        for case in cases
    ]
    checks = [check(case.id, name) for case in cases for name in ("decision", "answer_schema", "claimed_actions")]
    return run_in(
        folder,
        asked,
        decisions=decisions(*checks, groups={case.id: case.group for case in cases}),
        citations={"answers": len(cases), "records": [cited(case.id) for case in cases]},
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Candidate and baseline, both perfect on all shipped cases."""
    folder, cases = tmp_path_factory.mktemp("runs"), read_policy_cases(CASES)
    return perfect(folder / "new", cases), perfect(folder / "old", cases)


@pytest.fixture(scope="module")
def by_starter(runs: tuple[Path, Path]) -> Record:
    new, old = (read_run([run]) for run in runs)
    return decide(read_rules(), "starter", new, old)


def invoked(runs: tuple[Path, Path], *options: str) -> Result:
    new, old = map(str, runs)
    arguments = ["gate", "--candidate", new, "--baseline", old, *options]
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


class TestTheStarter:
    def test_a_perfect_run_of_the_shipped_cases_ships(self, by_starter: Record) -> None:
        assert by_starter.verdict == "SHIP"
        assert by_starter.candidate is not None
        assert (by_starter.candidate.cases, by_starter.candidate.groups) == (69, 47)
        assert Counter(found.kind for found in by_starter.findings) == {
            "never": 5,
            "rate": 1,
            "not_worse": 1,
            "limit": 1,
            "minimum": 1,
        }
        assert by_starter.failures == ()

    def test_it_is_the_default(self, runs: tuple[Path, Path]) -> None:
        default, named = invoked(runs, "--json"), invoked(runs, "--json", "--profile", "starter")
        assert (default.exit_code, default.stdout) == (0, named.stdout)
        content = json.loads(default.stdout)
        assert (content["profile"], content["rules"]) == ("starter", "starter")
        assert content["about"].startswith("sized for 69 cases in 47 groups")

    def test_the_record_says_what_the_strict_profile_needs(self, by_starter: Record) -> None:
        needed = by_starter.next
        assert needed is not None
        assert (needed.name, needed.verdict) == ("strict", "NEEDS MORE CASES")
        # 114 cases in 86 groups are wanted, and the baseline's tail takes more of them in groups like these.
        assert needed.more_cases is not None
        assert needed.more_cases >= 114 - 69
        assert "114 cases in 86 groups are wanted" in needed.reasons[-1]
        assert needed.said.startswith(f"The strict profile says NEEDS MORE CASES, {needed.more_cases} more: ")

    def test_every_report_names_the_profile_and_what_comes_next(
        self, runs: tuple[Path, Path], by_starter: Record
    ) -> None:
        printed = invoked(runs).stdout
        for text in (printed, markdown(by_starter), page(by_starter)):
            assert "starter" in text
            assert "sized for 69 cases in 47 groups" in text
            assert "The strict profile says NEEDS MORE CASES" in text


class TestTheStrict:
    def test_its_verdict_is_what_the_starter_said_of_it(self, runs: tuple[Path, Path], by_starter: Record) -> None:
        result = invoked(runs, "--profile", "strict", "--json")
        content = json.loads(result.stdout)
        assert (result.exit_code, content["verdict"]) == (3, "NEEDS MORE CASES")
        assert content["profile"] == "strict"
        assert content["next"] is None
        assert by_starter.next is not None
        assert content["more_cases"] == by_starter.next.more_cases
        assert tuple(content["reasons"]) == by_starter.next.reasons

    def test_without_a_baseline_the_starter_is_broken_and_says_so(self, runs: tuple[Path, Path]) -> None:
        result = CliRunner().invoke(app, ["gate", "--candidate", str(runs[0])])
        assert result.exit_code == 2
        assert "compares with a baseline; name one with --baseline" in result.stdout


class TestChoosing:
    def test_rules_of_ones_own_beside_a_profile_are_added_to_it(self, runs: tuple[Path, Path], tmp_path: Path) -> None:
        rules = rules_in(tmp_path / "gate.toml", '[[limit]]\nname = "few"\nthat = "escalated_rate <= 0.5"\n')
        result = invoked(runs, "--profile", "starter", "--rules", str(rules), "--json")
        content = json.loads(result.stdout)
        assert {"few", "cases decided right"} <= {found["rule"] for found in content["findings"]}
        assert (content["profile"], content["rules"]) == ("starter", f"starter and {rules}")
        twice = rules_in(tmp_path / "twice.toml", '[[never]]\nname = "no invented citation"\nof = "citations"\n')
        refused = invoked(runs, "--profile", "starter", "--rules", str(twice))
        assert refused.exit_code == 2
        assert "is in the starter profile too" in refused.stdout

    def test_an_unknown_profile_is_broken_and_the_known_ones_are_named(self, runs: tuple[Path, Path]) -> None:
        result = invoked(runs, "--profile", "lax", "--json")
        content = json.loads(result.stdout)
        assert (result.exit_code, content["verdict"], content["rules"]) == (2, "BROKEN", "lax")
        assert content["reasons"] == ["There is no profile 'lax'; there are starter, strict, and --rules names a file"]
        assert (content["profile"], content["about"], content["next"]) == (None, None, None)

    def test_rules_of_ones_own_are_no_profile_unless_they_say_so(self, tmp_path: Path) -> None:
        run = run_in(tmp_path / "run", decisions=decisions(*passing(3)))
        own = '[[never]]\nname = "n"\nof = "decisions"\n'
        named = 'profile = "shop"\nabout = "what our shop asks"\n'
        for text, profile, about in ((own, None, None), (named + own, "shop", "what our shop asks")):
            rules = rules_in(tmp_path / "gate.toml", text)
            result = CliRunner().invoke(app, ["gate", "--candidate", str(run), "--rules", str(rules), "--json"])
            content = json.loads(result.stdout)
            assert (result.exit_code, content["rules"]) == (0, str(rules))
            assert (content["profile"], content["about"], content["next"]) == (profile, about, None)

    def test_a_next_profile_that_cannot_decide_is_broken_and_the_verdict_stays(self, tmp_path: Path) -> None:
        run = run_in(tmp_path / "run", decisions=decisions(*passing(3)))
        rules = read_rules(rules_in(tmp_path / "g.toml", 'next = "strict"\n[[never]]\nname = "n"\nof = "decisions"\n'))
        made = decide(rules, "g.toml", read_run([run]), None)
        assert made.verdict == "SHIP"
        assert made.next is not None
        assert (made.next.verdict, made.next.more_cases) == ("BROKEN", None)
        assert made.next.said.startswith("The strict profile says BROKEN: ")
