"""What a stranger found in the gate: answers that nobody judged, checks of other answers, words that mislead."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from evaluator.errors import BadLine, BadRules, BrokenRun
from evaluator.gate.reports.junit import junit
from evaluator.gate.reports.markdown import escaped
from evaluator.gate.reports.page import page
from evaluator.gate.rules import read_rules
from evaluator.gate.run import read_run
from tests.evaluator.gate.gate_runs import (
    asked_often,
    check,
    cited,
    decisions,
    gate,
    ids,
    limit_rule,
    passing,
    rules_in,
    run_in,
    trace,
)
from tests.evaluator.gate.test_asked_otherwise import asked, judged_run


def test_flips_of_answers_that_nobody_judged_are_a_broken_run(tmp_path: Path) -> None:
    traces, _ = asked_often({"a": "++"})
    with pytest.raises(BrokenRun, match="holds no decisions"):
        gate(tmp_path, limit_rule("flip_rate <= 0.1"), run_in(tmp_path / "run", traces))


def test_an_answer_without_a_trial_beside_a_numbered_one_is_refused(tmp_path: Path) -> None:
    folder = run_in(tmp_path / "run", [trace("t1", case="a", trial=1), trace("t2", case="a")])
    with pytest.raises(BadLine, match="which an earlier trace has"):
        read_run([folder])


def test_two_traces_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadLine, match="id is 'a', which an earlier trace has"):
        read_run([run_in(tmp_path / "run", [trace("a", trial=1), trace("a", trial=2)])])


def test_a_trial_that_nobody_judged_breaks_the_run(tmp_path: Path) -> None:
    traces, records = asked_often({"a": "+++"})
    with pytest.raises(BrokenRun, match="says nothing about 2 of the run's 3 traces"):
        read_run([run_in(tmp_path / "run", traces, decisions=decisions(*records[:1]))])


def test_a_check_that_names_no_trial_is_of_each(tmp_path: Path) -> None:
    traces, _ = asked_often({"a": "++", "b": "++"})
    run = run_in(tmp_path / "run", traces, decisions=decisions(check("a", "decision", "FAIL", "wrong"), check("b")))
    made = gate(tmp_path, '[[rate]]\nname = "r"\nof = "decisions"\nat_least = 0.1\n', run)
    assert [it.candidate.value for it in made.repeated] == [0.5, 0.5, 0]


def test_markdown_shows_handles_as_they_are() -> None:
    assert MarkdownIt().render(escaped("pass@3 cites P-7@2#1")) == "<p>pass@3 cites P-7@2#1</p>\n"


def test_the_drawing_says_at_most_where_less_is_wanted(tmp_path: Path) -> None:
    made = gate(tmp_path, limit_rule("escalated_rate <= 0.05"), run_in(tmp_path / "run", [trace("a"), trace("b")]))
    assert "at most 5.0% wanted" in page(made)
    assert "at least 5.0% wanted" not in page(made)


def test_a_share_past_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRules, match="a share from 0 to 1"):
        read_rules(rules_in(tmp_path / "gate.toml", limit_rule("answered_rate >= 95")))


def test_an_answer_that_was_asked_otherwise_is_no_matter_of_its_actions(tmp_path: Path) -> None:
    new = judged_run(tmp_path / "new", [asked("a", as_of="2025-01-01"), asked("b"), asked("c")])
    [failure] = gate(tmp_path, '[[never]]\nname = "n"\nof = "decisions"\n', new).failures
    assert failure.owner != "preference data and safety eval"
    assert not failure.updates_weights


def test_a_late_answer_is_in_junit_too(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run", [trace("a", 2500)], decisions=decisions(check("a")))
    made = gate(tmp_path, '[[never]]\nname = "n"\nof = "decisions"\n', run)
    assert "serving" in junit(made)


def test_wordings_of_one_question_need_more_cases_than_single_ones(tmp_path: Path) -> None:
    traces = [trace(id, 200, group=f"g{at // 2}") for at, id in enumerate(ids(60))]
    made = gate(tmp_path, limit_rule("p95_first_token_ms <= 1000"), run_in(tmp_path / "run", traces))
    assert made.more_cases is not None
    assert made.more_cases > 50  # 59 pairs are 118 cases


def test_a_mean_needs_ten_cases_and_equal_values_are_not_too_few(tmp_path: Path) -> None:
    few = run_in(tmp_path / "few", [trace(id, cost=at / 1000) for at, id in enumerate(ids(3))])
    assert gate(tmp_path, limit_rule("mean_cost <= 0.1"), few).more_cases == 7
    same = run_in(tmp_path / "same", [trace(id, cost=0) for id in ids(500)])
    assert gate(tmp_path, limit_rule("mean_cost <= 0.1"), same).verdict == "SHIP"


def test_a_case_that_was_never_answered_is_not_answered(tmp_path: Path) -> None:
    records = [*passing(3), check("case-004", "decision", "FAIL", "missing", "there is no trace of this case")]
    run = run_in(tmp_path / "run", [trace(id) for id in ids(3)], decisions=decisions(*records))
    [found] = gate(tmp_path, limit_rule("answered_rate >= 0.1"), run).findings
    assert found.measured is not None
    assert found.measured.value == 0.75


def test_checks_of_other_answers_are_refused(tmp_path: Path) -> None:
    others = run_in(tmp_path / "cited", [trace("t2", case="a")], citations={"records": [cited("t1")]})
    with pytest.raises(BrokenRun, match="id is 't1', which no trace of the run has"):
        read_run([others])
    judged = {**decisions(check("a")), "traces": ["t1"]}
    with pytest.raises(BrokenRun, match="judged the trace 't1', which the run does not hold"):
        read_run([run_in(tmp_path / "judged", [trace("t2", case="a")], decisions=judged)])


def test_a_trial_that_is_missing_fails_its_case(tmp_path: Path) -> None:
    traces, records = asked_often({"a": "++", "b": "++"})
    lost = {**records[1], "verdict": "FAIL", "reason": "missing", "detail": "there is no trace of this case in trial 2"}
    run = run_in(tmp_path / "run", [traces[0], *traces[2:]], decisions=decisions(records[0], lost, *records[2:]))
    made = gate(tmp_path, '[[rate]]\nname = "r"\nof = "decisions"\nat_least = 0.9\n', run)
    assert made.verdict == "BLOCK"
    assert [it.candidate.value for it in made.repeated] == [1.0, 0.5, 0.5]
