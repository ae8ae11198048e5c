"""Several answers to a case: a case passes where each of them does, and a report says how steady the answers are."""

import html
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.errors import BadLine
from evaluator.gate.record import Record
from evaluator.gate.reports.page import page
from evaluator.gate.run import read_run
from tests.evaluator.gate.gate_runs import asked_often, cited, decisions, gate, limit_rule, rules_in, run_in, trace

RIGHT = '[[rate]]\nname = "right"\nof = "decisions"\nat_least = 0.1\n'

NEVER_WRONG = '[[never]]\nname = "never wrong"\nof = "decisions"\n'

OUTCOMES = {"steady": "+++", "wavering": "+-+", "wrong": "---", "right": "+++"}
"""Two cases pass, one fails in each of its trials, and one flips."""


def often(folder: Path, outcomes: dict[str, str], **documents: dict[str, Any]) -> Path:
    traces, records = asked_often(outcomes)
    return run_in(folder, traces, decisions=decisions(*records), **documents)


def repeated(made: Record) -> dict[str, float | None]:
    return {it.measure: it.candidate.value for it in made.repeated}


class TestReading:
    @pytest.mark.parametrize(
        ("first", "second"), [({}, {}), ({}, {"trial": None}), ({}, {"trial": 1}), ({"trial": 1}, {"trial": 1})]
    )
    def test_a_second_answer_that_is_no_other_trial_is_refused(
        self, tmp_path: Path, first: dict[str, Any], second: dict[str, Any]
    ) -> None:
        folder = run_in(tmp_path / "run", [trace("t1", case="a", **first), trace("t2", case="a", **second)])
        with pytest.raises(
            BadLine, match=r"line 2: case is 'a', which an earlier trace has; number .* the field trial"
        ):
            read_run([folder])

    def test_numbered_answers_are_trials_of_one_case(self, tmp_path: Path) -> None:
        run = read_run([often(tmp_path / "run", OUTCOMES)])
        assert run.cases == OUTCOMES.keys()
        assert (run.trials, len(run.answers["wavering"])) == (3, 3)
        assert [check.trial for check in run.checks["decisions"]["wavering"]] == [1, 2, 3]

    def test_a_citation_is_of_the_trial_that_made_it(self, tmp_path: Path) -> None:
        invented = cited("a-2", exists=False, detail="there is no P-7@9", outcome="FAIL", why="no_such_passage")
        records = [cited("a-1"), invented, cited("b-1"), cited("b-2")]
        run = often(tmp_path / "run", {"a": "++", "b": "++"}, citations={"answers": 4, "records": records})
        rule = '[[never]]\nname = "invented"\nof = "citations"\nchecks = ["exists"]\n'
        made = gate(tmp_path, rule, run)
        assert [(it.case, it.text) for it in made.findings[0].cases] == [
            ("a", "P-7@2#1: there is no P-7@9 (trial 2)"),
        ]
        assert repeated(made)["cases that flip"] == 0.5
        assert [failure.name for failure in made.failures] == ["a (trial 2)"]


class TestACase:
    def test_it_passes_only_where_each_trial_does(self, tmp_path: Path) -> None:
        made = gate(tmp_path, RIGHT, often(tmp_path / "run", OUTCOMES))
        assert made.findings[0].reason.startswith("2 of 4 cases pass (50.0%)")
        by_case = made.measures[0].candidate
        assert (by_case.value, by_case.n) == (0.5, 4)

    def test_what_is_said_of_it_names_the_trial(self, tmp_path: Path) -> None:
        made = gate(tmp_path, RIGHT + NEVER_WRONG, often(tmp_path / "run", OUTCOMES))
        never, rate = made.findings
        assert never.reason.startswith("in 2 cases of 4: wavering: ")
        assert never.reason.endswith("(trial 2)")
        assert {named.case: named.text.split(":")[0] for named in rate.cases} == {
            "wavering": "FAIL decision in trial 2",
            "wrong": "FAIL decision in trial 1",
        }

    def test_each_failed_trial_is_a_failure_and_the_others_are_not(self, tmp_path: Path) -> None:
        made = gate(tmp_path, RIGHT, often(tmp_path / "run", OUTCOMES))
        assert [failure.name for failure in made.failures] == [
            "wavering (trial 2)",
            "wrong (trial 1)",
            "wrong (trial 2)",
            "wrong (trial 3)",
        ]
        assert made.failures[2].found == ("FAIL decision in trial 2: eligible, where the policy has escalate",)

    def test_it_is_lost_against_the_baseline_by_one_failed_trial(self, tmp_path: Path) -> None:
        rule = '[[not_worse]]\nname = "no worse"\nof = "decisions"\nmargin = 0.9\nclustered = false\n'
        old = often(tmp_path / "old", dict.fromkeys(OUTCOMES, "+++"))
        [found] = gate(tmp_path, rule, often(tmp_path / "new", OUTCOMES), old).findings
        assert found.reason.startswith("50.0% against 100% of 4 cases, 0 gained and 2 lost")


class TestSteadiness:
    def test_any_all_and_flips_are_shares_of_cases(self, tmp_path: Path) -> None:
        made = gate(tmp_path, RIGHT, often(tmp_path / "run", OUTCOMES))
        assert repeated(made) == {"pass@3": 3 / 4, "pass^3": 2 / 4, "cases that flip": 1 / 4}
        assert all(it.k == 3 and it.baseline is None for it in made.repeated)

    def test_two_runs_are_compared_at_the_fewest_trials(self, tmp_path: Path) -> None:
        # Of the three pairs of +-+ each holds a pass, one holds two, and two flip.
        old = often(tmp_path / "old", dict.fromkeys(OUTCOMES, "++"))
        made = gate(tmp_path, RIGHT, often(tmp_path / "new", OUTCOMES), old)
        expected = {"pass@2": 3 / 4, "pass^2": (2 + 1 / 3) / 4, "cases that flip": (2 / 3) / 4}
        assert repeated(made) == pytest.approx(expected)
        assert [it.baseline and it.baseline.value for it in made.repeated] == [1, 1, 0]

    def test_a_baseline_with_one_answer_each_is_left_out(self, tmp_path: Path) -> None:
        old = often(tmp_path / "old", dict.fromkeys(OUTCOMES, "+"))
        made = gate(tmp_path, RIGHT, often(tmp_path / "new", OUTCOMES), old)
        assert [(it.k, it.baseline) for it in made.repeated] == [(3, None)] * 3

    def test_one_answer_each_shows_nothing_of_it(self, tmp_path: Path) -> None:
        made = gate(tmp_path, RIGHT, often(tmp_path / "run", {"a": "+", "b": "-"}))
        assert made.repeated == ()

    def test_wordings_of_one_question_make_the_interval_wider(self, tmp_path: Path) -> None:
        outcomes = {f"case-{at}": "+-" if at < 4 else "++" for at in range(12)}
        traces, records = asked_often(outcomes)
        alone = run_in(tmp_path / "alone", traces, decisions=decisions(*records))
        groups = {case: f"group-{at // 4}" for at, case in enumerate(outcomes)}
        grouped = run_in(tmp_path / "grouped", traces, decisions=decisions(*records, groups=groups))
        ends = []
        for run in (alone, grouped):
            flips = gate(tmp_path, RIGHT, run).repeated[2].candidate
            assert flips.value == pytest.approx(1 / 3)
            ends.append(flips.high or 0)
        assert ends[0] < ends[1]

    @pytest.mark.parametrize(("limit", "verdict"), [(0.24, "BLOCK"), (0.26, "NEEDS MORE CASES"), (0.9, "SHIP")])
    def test_flips_may_be_limited(self, tmp_path: Path, limit: float, verdict: str) -> None:
        made = gate(tmp_path, limit_rule(f"flip_rate <= {limit}"), often(tmp_path / "run", OUTCOMES))
        assert made.verdict == verdict
        assert "flip_rate is 25.0% over 4 cases" in made.reasons[0]


SAID = {
    "pass@3": "75.0% (19.4% to 99.4%) of 4",
    "pass^3": "50.0% (6.8% to 93.2%) of 4",
    "cases that flip": "25.0% (0.6% to 80.6%) of 4",
}
"""3 of 4, 2 of 4 and 1 of 4 with the intervals of Clopper and Pearson."""


class TestReports:
    @pytest.fixture
    def files(self, tmp_path: Path) -> list[str]:
        run, rules = often(tmp_path / "run", OUTCOMES), rules_in(tmp_path / "gate.toml", RIGHT)
        return ["gate", "--rules", str(rules), "--candidate", str(run)]

    def test_they_are_printed_and_in_the_json(self, files: list[str]) -> None:
        printed = CliRunner().invoke(app, files, env={"COLUMNS": "200"}).stdout.splitlines()
        assert {f"{name}: {said}" for name, said in SAID.items()} <= set(printed)
        content = json.loads(CliRunner().invoke(app, [*files, "--json"]).stdout)
        assert [(it["measure"], it["k"], it["candidate"]["value"]) for it in content["repeated"]] == [
            ("pass@3", 3, 0.75),
            ("pass^3", 3, 0.5),
            ("cases that flip", 3, 0.25),
        ]
        assert content["candidate"]["trials"] == 3
        assert content["failures"][0]["trial"] == 2

    def test_the_page_and_the_markdown_have_a_row_of_each(self, files: list[str], tmp_path: Path) -> None:
        written = {"--html": tmp_path / "h.html", "--markdown": tmp_path / "m.md"}
        CliRunner().invoke(app, [*files, *(part for option, path in written.items() for part in (option, str(path)))])
        text = html.unescape(written["--html"].read_text())
        rows = [line for line in written["--markdown"].read_text().splitlines() if line.startswith("|")]
        for name, said in SAID.items():
            assert f'<th scope="row">{name}</th><td class="number" data-of="candidate">{said}</td>' in text
            assert sum(f"| {said} |" in row for row in rows) == 1
        assert f"| pass^3 | {SAID['pass^3']} | nothing measured |" in rows
        assert "pass@k: any of k answers passes; pass^k: all of them do." in text
        assert "3 answers each" in text
        assert "4 cases in 4 groups, 3 answers each" in written["--markdown"].read_text()

    def test_a_page_of_single_answers_does_not_explain_trials(self, tmp_path: Path) -> None:
        assert "pass@k" not in page(gate(tmp_path, RIGHT, often(tmp_path / "run", {"a": "+", "b": "+"})))
