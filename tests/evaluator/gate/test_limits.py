"""Limits that a run has to keep by itself; a slowdown is blocked; a report that asks for too many cases says so."""

from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadRules, BrokenRun
from evaluator.gate.record import Record
from evaluator.gate.rules import read_rules
from tests.evaluator.gate.gate_runs import (
    asked_often,
    check,
    decisions,
    gate,
    ids,
    limit_rule,
    passing,
    rules_in,
    run_in,
    trace,
)

FIRST_TOKEN = "p95_first_token_ms <= 1000"


def limited(tmp_path: Path, that: str, traces: list[dict[str, Any]], clustered: bool = True) -> Record:
    return gate(tmp_path, limit_rule(that, clustered), run_in(tmp_path / "run", traces))


def each(*values: Any, **named: list[Any]) -> list[dict[str, Any]]:
    """A trace for each value, as the field that is named or else as the first token's milliseconds."""
    if values:
        return [trace(id, value) for id, value in zip(ids(len(values)), values, strict=True)]
    [(field, of)] = named.items()
    return [trace(id, **{field: value}) for id, value in zip(ids(len(of)), of, strict=True)]


def handed_over(count: int, of: int) -> list[dict[str, Any]]:
    """So many answers, the first few of which a boundary handed to a person."""
    return [
        trace(id, **({"escalation": {"reason": "undecided"}} if at < count else {})) for at, id in enumerate(ids(of))
    ]


class TestTheTail:
    @pytest.mark.parametrize(("count", "verdict", "more"), [(59, "SHIP", None), (58, "NEEDS MORE CASES", 1)])
    def test_59_cases_show_the_tail_and_58_do_not(
        self, tmp_path: Path, count: int, verdict: str, more: int | None
    ) -> None:
        # 0.95^59 = 0.0485: with 59 cases the slowest lies beyond the percentile with 95% confidence; 0.95^58 = 0.0510
        made = limited(tmp_path, FIRST_TOKEN, each(*range(200, 200 + count)))
        assert (made.verdict, made.more_cases) == (verdict, more)

    def test_the_report_says_value_bound_and_limit(self, tmp_path: Path) -> None:
        [found] = limited(tmp_path, FIRST_TOKEN, each(*range(201, 260))).findings
        # Rank 57 of 59 is the first with 95% at or below it; the bound is the slowest.
        assert found.reason.startswith(
            "p95_first_token_ms is 257 ms over 59 cases, at most 259 ms with 95.0% confidence"
        )
        assert found.measured is not None
        assert (found.measured.unit, found.measured.limit, found.measured.good) == ("duration_ms", 1000, "below")

    def test_a_tail_past_the_limit_is_blocked_however_few_the_cases(self, tmp_path: Path) -> None:
        made = limited(tmp_path, FIRST_TOKEN, each(300, 1200))
        assert (made.verdict, made.exit_code) == ("BLOCK", 1)
        assert "1,200 ms over 2 cases" in made.reasons[0]

    def test_a_tail_at_the_limit_is_within_it(self, tmp_path: Path) -> None:
        assert limited(tmp_path, FIRST_TOKEN, each(*[1000] * 59)).verdict == "SHIP"

    def test_a_bound_past_the_limit_needs_more_cases(self, tmp_path: Path) -> None:
        # The bound is 200 ms off and may be 100: twice as near takes four times the cases, 4 x 59 - 59.
        made = limited(tmp_path, FIRST_TOKEN, each(*[900] * 57, 1100, 1100))
        assert (made.verdict, made.more_cases) == ("NEEDS MORE CASES", 177)

    def test_answers_without_it_are_named_and_counted(self, tmp_path: Path) -> None:
        [found] = limited(tmp_path, FIRST_TOKEN, each(*[200] * 59, None, None)).findings
        assert found.decision == "SHIP"
        assert "over 59 cases" in found.reason
        assert "without it: 2 answers" in found.reason
        assert [(it.case, it.text) for it in found.cases] == [
            ("case-060", "no first_token_ms is recorded"),
            ("case-061", "no first_token_ms is recorded"),
        ]

    def test_trials_of_a_case_are_not_cases(self, tmp_path: Path) -> None:
        often = [trace(f"{id}-{trial}", 200, case=id, trial=trial) for id in ids(58) for trial in (1, 2, 3)]
        made = limited(tmp_path, FIRST_TOKEN, often)
        assert made.verdict == "NEEDS MORE CASES"
        assert "over 58 cases" in made.reasons[0]

    @pytest.mark.parametrize(("clustered", "verdict"), [(True, "NEEDS MORE CASES"), (False, "SHIP")])
    def test_wordings_of_one_question_count_as_one_only_where_clustered(
        self, tmp_path: Path, clustered: bool, verdict: str
    ) -> None:
        pairs = [trace(id, 200, group=f"group-{at // 2}") for at, id in enumerate(ids(60))]
        assert limited(tmp_path, FIRST_TOKEN, pairs, clustered).verdict == verdict


ANSWERS = [
    ("p50_first_token_ms <= 300", each(*range(200, 220)), "SHIP"),
    ("p50_first_token_ms <= 205", each(*range(200, 220)), "BLOCK"),
    ("p99_first_token_ms <= 300", each(*[200] * 298), "NEEDS MORE CASES"),  # 0.99^298 = 0.0500, just not below 5%
    ("p99_first_token_ms <= 300", each(*[200] * 299), "SHIP"),
    ("mean_first_token_ms <= 1000", each(*range(200, 212)), "SHIP"),
    ("mean_first_token_ms <= 1000", each(*range(200, 209)), "NEEDS MORE CASES"),  # fewer than ten bound no mean
    ("mean_first_token_ms <= 204", each(*range(200, 212)), "BLOCK"),  # their mean is 205.5
    ("max_total_ms <= 900", each(timings=[{"total_ms": 700}, {"total_ms": 900}]), "SHIP"),
    ("max_total_ms <= 899", each(timings=[{"total_ms": 700}, {"total_ms": 900}]), "BLOCK"),
    ("mean_cost <= 0.01", each(cost=[0.001 * at for at in range(1, 13)]), "SHIP"),  # 0.0065 on average
    ("mean_cost <= 0.006", each(cost=[0.001 * at for at in range(1, 13)]), "BLOCK"),
    ("max_cost <= 0.5", each(cost=[0.4, 1]), "BLOCK"),
    ("p90_prompt_tokens <= 800", each(tokens=[{"prompt": 700}] * 29), "SHIP"),  # 0.9^29 = 0.0471
    ("p90_prompt_tokens <= 800", each(tokens=[{"prompt": 700}] * 28), "NEEDS MORE CASES"),  # 0.9^28 = 0.0523
    ("p90_prompt_tokens <= 600", each(tokens=[{"prompt": 700}] * 29), "BLOCK"),
    ("p50_completion_tokens >= 20", each(tokens=[{"completion": 30}] * 5), "SHIP"),  # 0.5^5 = 0.0313
    ("p50_completion_tokens >= 20", each(tokens=[{"completion": 30}] * 4), "NEEDS MORE CASES"),
    ("p50_completion_tokens >= 40", each(tokens=[{"completion": 30}] * 5), "BLOCK"),
]


@pytest.mark.parametrize(("that", "traces", "verdict"), ANSWERS, ids=lambda it: it if isinstance(it, str) else "")
def test_each_measure_of_answers_is_held_to_its_limit(
    tmp_path: Path, that: str, traces: list[dict[str, Any]], verdict: str
) -> None:
    assert limited(tmp_path, that, traces).verdict == verdict


RATES = [
    ("answered_rate >= 0.95", handed_over(0, 59), "SHIP"),  # 0.05^(1/59) = 95.05%
    ("answered_rate >= 0.95", handed_over(0, 58), "NEEDS MORE CASES"),
    ("answered_rate >= 0.95", handed_over(1, 10), "BLOCK"),
    ("escalated_rate <= 0.05", handed_over(0, 59), "SHIP"),
    ("escalated_rate <= 0.05", handed_over(0, 58), "NEEDS MORE CASES"),
    ("escalated_rate <= 0.05", handed_over(1, 10), "BLOCK"),
]


@pytest.mark.parametrize(("that", "traces", "verdict"), RATES, ids=lambda it: it if isinstance(it, str) else "")
def test_how_many_cases_are_answered_or_handed_over_is_held_to_its_limit(
    tmp_path: Path, that: str, traces: list[dict[str, Any]], verdict: str
) -> None:
    assert limited(tmp_path, that, traces).verdict == verdict


def test_a_case_is_handed_over_by_the_boundary_or_by_the_model_itself(tmp_path: Path) -> None:
    abstains = {**trace("c"), "answer": {"eligible": None}}
    traces = [trace("a"), trace("b", escalation={"reason": "undecided"}), abstains, trace("d")]
    [found] = limited(tmp_path, "escalated_rate <= 0.1", traces).findings
    assert found.reason.startswith("escalated_rate is 50.0% over 4 cases")


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (dict.fromkeys(ids(59), "++"), "SHIP"),
        (dict.fromkeys(ids(20), "++"), "NEEDS MORE CASES"),
        ({**dict.fromkeys(ids(9), "++"), "flips": "+-"}, "BLOCK"),
    ],
)
def test_how_many_cases_flip_is_held_to_its_limit(tmp_path: Path, outcomes: dict[str, str], verdict: str) -> None:
    traces, records = asked_often(outcomes)
    run = run_in(tmp_path / "run", traces, decisions=decisions(*records))
    assert gate(tmp_path, limit_rule("flip_rate <= 0.05"), run).verdict == verdict


class TestNothingToMeasure:
    @pytest.mark.parametrize("field", ["first_token_ms", "total_ms", "prompt_tokens", "completion_tokens", "cost"])
    def test_what_no_answer_has_breaks_the_run(self, tmp_path: Path, field: str) -> None:
        with pytest.raises(BrokenRun, match=rf"Rule 'limit': .* has no trace with {field}; record it"):
            limited(tmp_path, f"p95_{field} <= 10", [trace("a")])

    @pytest.mark.parametrize("measure", ["answered_rate", "escalated_rate", "flip_rate"])
    def test_a_run_without_traces_has_no_rate(self, tmp_path: Path, measure: str) -> None:
        run = run_in(tmp_path / "run", decisions=decisions(check("a")))
        with pytest.raises(BrokenRun, match=rf"Rule 'limit': .* has no traces, and {measure} is measured of these"):
            gate(tmp_path, limit_rule(f"{measure} <= 0.1"), run)

    def test_one_answer_a_case_tells_nothing_of_flips(self, tmp_path: Path) -> None:
        run = run_in(tmp_path / "run", [trace("a")], decisions=decisions(check("a")))
        with pytest.raises(BrokenRun, match="Case 'a' has 1 of the 2 trials wanted; ask it 2 times"):
            gate(tmp_path, limit_rule("flip_rate <= 0.1"), run)


@pytest.mark.parametrize(
    ("that", "message"),
    [
        ("p95_first_token_ms < 1000", "that is no comparison; write one such as"),
        ("p95_first_token_ms <= a second", "that is no comparison"),
        ("p95_first_token_ms <= -1", "that is no comparison"),
        ("flip_rate <= 5%", "that is no comparison"),
        ("", "that is no comparison"),
        ("p94_first_token_ms <= 1000", "that is about 'p94_first_token_ms'; there are answered_rate, escalated_rate"),
        ("first_token_ms <= 1000", "that is about 'first_token_ms'"),
        ("p95_flip_rate <= 0.1", "that is about 'p95_flip_rate'"),
    ],
)
def test_a_limit_that_says_nothing_is_refused_by_rule_and_key(tmp_path: Path, that: str, message: str) -> None:
    path = rules_in(tmp_path / "gate.toml", limit_rule(that))
    with pytest.raises(BadRules) as error:
        read_rules(path)
    assert str(error.value).startswith(f"{path}: [[limit]] 1 (limit): {message}")


NO_SLOWER = '[[not_slower]]\nname = "no slower"\nmargin_ms = 100\nclustered = false\n'

NO_WORSE = '[[not_worse]]\nname = "no worse"\nof = "decisions"\nmargin = 0.05\nclustered = false\n'

RIGHT_95 = '[[rate]]\nname = "right"\nof = "decisions"\nat_least = 0.95\n'


class TestASlowdown:
    @pytest.mark.parametrize(
        ("slower_by", "verdict"), [(2500, "BLOCK"), (100, "BLOCK"), (99, "NEEDS MORE CASES"), (0, "NEEDS MORE CASES")]
    )
    def test_ten_cases_block_where_the_margin_is_reached_and_else_do_not_tell(
        self, tmp_path: Path, slower_by: int, verdict: str
    ) -> None:
        new, old = (run_in(tmp_path / name, each(*[of] * 10)) for name, of in (("new", 200 + slower_by), ("old", 200)))
        assert gate(tmp_path, NO_SLOWER, new, old).verdict == verdict

    def test_it_says_how_much_slower_and_what_the_margin_was(self, tmp_path: Path) -> None:
        new, old = (run_in(tmp_path / name, each(*[of] * 10)) for name, of in (("new", 2700), ("old", 200)))
        [reason] = gate(tmp_path, NO_SLOWER, new, old).reasons
        assert "+2,500 ms over 10 cases" in reason
        assert "a rise of 100 ms or more" in reason

    def test_it_is_blocked_where_the_cases_are_wordings_of_one_too(self, tmp_path: Path) -> None:
        new, old = (
            run_in(tmp_path / name, [trace(id, of, group="one") for id in ids(10)])
            for name, of in (("new", 2700), ("old", 200))
        )
        assert gate(tmp_path, NO_SLOWER.replace("false", "true"), new, old).verdict == "BLOCK"


class TestMoreCasesThanAnyoneCollects:
    @pytest.mark.parametrize("lost", [4, 3])
    def test_a_comparison_says_so_from_ten_times_the_cases_on(self, tmp_path: Path, lost: int) -> None:
        # -4.0 points (to -9.8) of 5 allowed takes (5.8 / 1.0)^2 = 34 times the 100 cases, -3.0 (to -8.5) 8 times.
        new = run_in(tmp_path / "new", decisions=decisions(*passing(100, failing=range(1, lost + 1))))
        made = gate(tmp_path, NO_WORSE, new, run_in(tmp_path / "old", decisions=decisions(*passing(100))))
        assert made.verdict == "NEEDS MORE CASES"
        assert made.more_cases is not None
        assert (made.more_cases > 1000) == (lost == 4)
        for words in ("Nobody collects so many", "mend that", "widen the margin"):
            assert (words in made.reasons[0]) == (lost == 4)

    def test_a_rate_says_what_to_ask_instead(self, tmp_path: Path) -> None:
        made = gate(tmp_path, RIGHT_95, run_in(tmp_path / "a", decisions=decisions(*passing(100, failing=range(1, 5)))))
        assert made.more_cases == 1248  # 1,348 cases in which 1 in 25 fails show 95%
        assert "Nobody collects so many" in made.reasons[0]
        assert "ask for less" in made.reasons[0]
        few = gate(tmp_path, RIGHT_95, run_in(tmp_path / "b", decisions=decisions(*passing(20))))
        assert "Nobody" not in few.reasons[0]

    def test_a_measure_that_is_just_its_limit_is_never_shown_by_more(self, tmp_path: Path) -> None:
        made = limited(tmp_path, "escalated_rate <= 0.1", handed_over(4, 40))
        assert made.verdict == "NEEDS MORE CASES"
        assert "Nobody collects so many" in made.reasons[0]
        assert "choose another limit" in made.reasons[0]
