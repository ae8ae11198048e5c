"""The worked cases of a release, and what a gate says of rates, comparisons, latencies and broken runs."""

from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BrokenRun
from evaluator.gate.rate_rules import cases_needed
from evaluator.gate.record import Record, decide
from evaluator.gate.rules import read_rules
from evaluator.gate.run import read_run
from tests.evaluator.gate.gate_runs import check, cited, decisions, ids, passing, rules_in, run_in, trace

NO_SIDE_EFFECT = """
[[never]]
name = "no invented side effect"
of = "decisions"
kinds = ["side_effect"]
"""

RIGHT_95 = """
[[rate]]
name = "cases decided right"
of = "decisions"
checks = ["decision"]
at_least = 0.95
confidence = 0.95
"""

NO_WORSE = """
[[not_worse]]
name = "no worse"
of = "decisions"
checks = ["decision"]
margin = 0.05
clustered = false
"""

NO_SLOWER = """
[[not_slower]]
name = "no slower"
margin_ms = 50
clustered = false
"""


def gate(tmp_path: Path, rules: str, candidate: Path, baseline: Path | None = None) -> Record:
    read = read_rules(rules_in(tmp_path / "gate.toml", rules))
    return decide(read, "gate.toml", read_run([candidate]), None if baseline is None else read_run([baseline]))


def side_effects(count: int, **of: tuple[str, str, str]) -> list[dict[str, Any]]:
    """A record of claimed actions for each case: good, but for those given by number (`n3`)."""
    return [check(id, "claimed_actions", *of.get(f"n{at}", ())) for at, id in enumerate(ids(count), start=1)]


class TestWorkedCases:
    def test_19_of_20_cases_and_one_invented_side_effect_is_block_with_both_reasons(self, tmp_path: Path) -> None:
        invented = ("FAIL", "not_executed", "claims create_label, which the record of executed actions does not hold")
        records = [*passing(20, failing=[7]), *side_effects(20, n12=invented)]
        made = gate(tmp_path, NO_SIDE_EFFECT + RIGHT_95, run_in(tmp_path / "run", decisions=decisions(*records)))
        assert (made.verdict, made.exit_code) == ("BLOCK", 1)
        assert made.reasons == (
            "BLOCK: no invented side effect: in 1 case of 20: case-012: "
            "claims create_label, which the record of executed actions does not hold",
            "BLOCK: cases decided right: 19 of 20 cases pass (95.0%): at least 78.4% with 95.0% confidence, where "
            "95.0% is wanted; not passed: case-007; at this rate no number of cases would show it",
        )

    def test_20_of_20_is_not_called_100_percent(self, tmp_path: Path) -> None:
        run = run_in(tmp_path / "run", decisions=decisions(*passing(20), *side_effects(20)))
        made = gate(tmp_path, NO_SIDE_EFFECT, run)
        assert made.verdict == "SHIP"
        by_case = made.measures[0].candidate
        assert (by_case.value, by_case.n) == (1.0, 20)
        assert by_case.low == pytest.approx(0.025 ** (1 / 20))  # 83.2%

    def test_20_of_20_needs_39_more_cases_to_show_95_percent_with_95_percent_confidence(self, tmp_path: Path) -> None:
        made = gate(tmp_path, RIGHT_95, run_in(tmp_path / "run", decisions=decisions(*passing(20))))
        assert (made.verdict, made.exit_code, made.more_cases) == ("NEEDS MORE CASES", 3, 39)
        assert made.reasons == (
            "NEEDS MORE CASES: cases decided right: 20 of 20 cases pass (100%): at least 86.1% with 95.0% confidence, "
            "where 95.0% is wanted; 59 cases with no failure would show it, 39 more than these",
        )
        measured = made.findings[0].measured
        assert measured is not None
        assert measured.low == pytest.approx(0.05 ** (1 / 20))

    def test_59_of_59_ships_and_58_needs_one_more(self, tmp_path: Path) -> None:
        assert gate(tmp_path, RIGHT_95, run_in(tmp_path / "a", decisions=decisions(*passing(59)))).verdict == "SHIP"
        made = gate(tmp_path, RIGHT_95, run_in(tmp_path / "b", decisions=decisions(*passing(58))))
        assert (made.verdict, made.more_cases) == ("NEEDS MORE CASES", 1)


class TestRates:
    def test_a_rate_below_the_bound_is_blocked_however_few_cases_there_are(self, tmp_path: Path) -> None:
        made = gate(tmp_path, RIGHT_95, run_in(tmp_path / "run", decisions=decisions(*passing(10, failing=[1]))))
        assert made.verdict == "BLOCK"

    def test_cases_needed_keep_failures_as_frequent_as_they_were_seen(self) -> None:
        # 1 failure needs 93 cases, but in 93 cases at 1 in 40 there would be more than 2. 6 failures need 234 (Wilks),
        # at 1 in 40 they would be 5.85: the first count that is enough; 5 need 208, at 1 in 40 they would be 5.2.
        assert cases_needed(39, 40, 0.95, 0.95) == 234
        assert cases_needed(20, 20, 0.95, 0.95) == 59

    def test_groups_pass_only_where_every_wording_does(self, tmp_path: Path) -> None:
        groups = {id: f"group-{(at + 1) // 2}" for at, id in enumerate(ids(8), start=1)}
        run = run_in(tmp_path / "run", decisions=decisions(*passing(8, failing=[1]), groups=groups))
        rule = RIGHT_95.replace("0.95\nconf", "0.5\nconf") + 'by = "group"\n'
        [found] = gate(tmp_path, rule, run).findings
        assert found.reason.startswith("3 of 4 groups pass (75.0%)")

    def test_what_cannot_be_told_and_what_is_missing_are_no_passes(self, tmp_path: Path) -> None:
        records = passing(4)
        records[0]["verdict"], records[1]["verdict"] = "UNKNOWN", "ERROR"
        run = run_in(tmp_path / "new", decisions=decisions(*records[:3]))
        old = run_in(tmp_path / "old", decisions=decisions(*passing(4)))
        made = gate(tmp_path, RIGHT_95, run, old)
        assert made.reasons[0].startswith("BLOCK: cases decided right: 1 of 4 cases pass (25.0%)")
        assert [named.case for named in made.findings[0].cases] == ["case-001", "case-002", "case-004"]
        assert made.candidate is not None
        assert made.candidate.missing == ("case-004",)


class TestHardRules:
    @pytest.mark.parametrize(
        ("check_name", "record"),
        [
            ("exists", cited("a", "P-99@1#1", exists=False, in_force=False, verdict="not_supported")),
            ("in_evidence", cited("a", in_evidence=False)),
            ("stale", cited("a", in_force=False, stale="contradicted")),
            ("stale", cited("a", in_force=False, why="stale_contradicted", outcome="FAIL")),
            ("supported", cited("a", outcome="FAIL", why="support")),
        ],
    )
    def test_one_wrong_citation_blocks(self, tmp_path: Path, check_name: str, record: dict[str, Any]) -> None:
        rule = f'[[never]]\nname = "never"\nof = "citations"\nchecks = ["{check_name}"]\n'
        good = [cited(f"good-{number}") for number in range(200)]
        made = gate(tmp_path, rule, run_in(tmp_path / "run", citations={"records": [*good, record]}))
        assert made.verdict == "BLOCK"
        assert made.reasons[0].startswith(f"BLOCK: never: in 1 case of 201: a: {record['citation']}")
        assert gate(tmp_path, rule, run_in(tmp_path / "good", citations={"records": good})).verdict == "SHIP"

    def test_what_nobody_can_tell_blocks_unless_the_rule_allows_it(self, tmp_path: Path) -> None:
        rule = '[[never]]\nname = "never"\nof = "citations"\nchecks = ["stale"]\n'
        records = [cited("a"), cited("b", in_force=False, stale="unsure")]
        run = run_in(tmp_path / "run", citations={"records": records})
        made = gate(tmp_path, rule, run)
        assert made.reasons == ("BLOCK: never: nobody can tell of 1 case: b",)
        assert gate(tmp_path, rule + "allow_unknown = 1\n", run).verdict == "SHIP"

    def test_a_case_without_an_answer_is_nothing_good(self, tmp_path: Path) -> None:
        records = [check("a", "claimed_actions"), check("b", "claimed_actions", "FAIL", "missing", "there is no trace")]
        made = gate(tmp_path, NO_SIDE_EFFECT, run_in(tmp_path / "run", decisions=decisions(*records)))
        assert made.reasons == ("BLOCK: no invented side effect: nobody can tell of 1 case: b",)

    def test_an_answer_that_cites_nothing_has_no_wrong_citation(self, tmp_path: Path) -> None:
        rule = '[[never]]\nname = "never"\nof = "citations"\nchecks = ["exists"]\n'
        old = run_in(tmp_path / "old", citations={"records": [cited("a"), cited("b")]})
        silent = run_in(tmp_path / "new", [trace("a"), trace("b")], citations={"answers": 2, "records": [cited("a")]})
        assert gate(tmp_path, rule, silent, old).verdict == "SHIP"
        unknown = run_in(tmp_path / "other", citations={"records": [cited("a")]})
        assert gate(tmp_path, rule, unknown, old).verdict == "BLOCK"


class TestComparisons:
    def test_the_same_outcomes_in_enough_cases_ship(self, tmp_path: Path) -> None:
        # Where nothing changes the score interval needs 1.96^2 x 0.95 / 0.05 = 72.99 cases.
        for count, verdict in ((73, "SHIP"), (72, "NEEDS MORE CASES")):
            new, old = (run_in(tmp_path / f"{n}{count}", decisions=decisions(*passing(count))) for n in "ab")
            assert gate(tmp_path, NO_WORSE, new, old).verdict == verdict

    def test_too_few_cases_say_how_many_more(self, tmp_path: Path) -> None:
        new, old = (run_in(tmp_path / name, decisions=decisions(*passing(20))) for name in "ab")
        made = gate(tmp_path, NO_WORSE, new, old)
        # 1/22 changed outcomes are allowed for: 1/22 x ((1.960 + 0.842) / 0.05)^2 = 142.7 cases.
        assert (made.verdict, made.more_cases) == ("NEEDS MORE CASES", 143 - 20)

    def test_a_fall_past_the_margin_is_blocked(self, tmp_path: Path) -> None:
        new = run_in(tmp_path / "new", decisions=decisions(*passing(100, failing=range(1, 31))))
        old = run_in(tmp_path / "old", decisions=decisions(*passing(100)))
        made = gate(tmp_path, NO_WORSE, new, old)
        assert made.verdict == "BLOCK"
        assert "70.0% against 100% of 100 cases, 0 gained and 30 lost: -30.0 points" in made.reasons[0]
        assert "shown to be worse by more than 5 points; lost: case-001, case-002" in made.reasons[0]

    def test_a_case_missing_on_either_side_stays_and_counts_against_the_candidate(self, tmp_path: Path) -> None:
        new = run_in(tmp_path / "new", decisions=decisions(*passing(10)[1:]))
        old = run_in(tmp_path / "old", decisions=decisions(*passing(10)[:-1]))
        [found] = gate(tmp_path, NO_WORSE, new, old).findings
        assert "88.9% against 100% of 9 cases, 0 gained and 1 lost" in found.reason
        assert "not scored: case-010, case-001" in found.reason

    def test_wordings_of_one_case_tell_less_than_cases_of_their_own(self, tmp_path: Path) -> None:
        groups = {id: f"group-{at // 20}" for at, id in enumerate(ids(80))}
        rule = NO_WORSE.replace("clustered = false", "clustered = true")
        new, old = (run_in(tmp_path / n, decisions=decisions(*passing(80), groups=groups)) for n in "ab")
        assert gate(tmp_path, NO_WORSE, new, old).verdict == "SHIP"
        assert gate(tmp_path, rule, new, old).verdict == "NEEDS MORE CASES"

    def test_holm_asks_more_of_several_comparisons(self, tmp_path: Path) -> None:
        # 75 unchanged cases: z = sqrt(75 x 0.05 / 0.95) = 1.987, p = 0.0235: below 0.025 alone, not twice.
        records = [*passing(75), *passing(75, name="policy_id")]
        new, old = (run_in(tmp_path / n, decisions=decisions(*records)) for n in "ab")
        both = NO_WORSE + NO_WORSE.replace("no worse", "policy").replace('["decision"]', '["policy_id"]')
        assert gate(tmp_path, both, new, old).verdict == "SHIP"
        made = gate(tmp_path, "holm = true\n" + both, new, old)
        # At p 0.0125 z has to be 2.241: 75 x (2.241 / 1.987)^2 = 95.5 cases.
        assert (made.verdict, made.more_cases) == ("NEEDS MORE CASES", 21)

    def test_missing_cases_stay_in_the_denominators_of_what_is_measured(self, tmp_path: Path) -> None:
        new = run_in(tmp_path / "new", decisions=decisions(*passing(60)))
        old = run_in(tmp_path / "old", decisions=decisions(*passing(100)))
        by_case = gate(tmp_path, NO_WORSE, new, old).measures[0]
        assert (by_case.candidate.value, by_case.candidate.n) == (0.6, 100)

    @pytest.mark.parametrize("lacking", ["absent", "in error"])
    def test_cases_without_a_baseline_water_no_loss_down(self, tmp_path: Path, lacking: str) -> None:
        more = [f"more-{number}" for number in range(900)]
        passes = [check(id, "decision") for id in more]
        errors = [check(id, "decision", "ERROR", "judge", "502") for id in more] if lacking == "in error" else []
        new = run_in(tmp_path / "new", decisions=decisions(*passing(100, failing=range(1, 11)), *passes))
        old = run_in(tmp_path / "old", decisions=decisions(*passing(100), *errors))
        [found] = gate(tmp_path, NO_WORSE, new, old).findings
        assert found.decision == "BLOCK"
        assert found.reason.startswith("90.0% against 100% of 100 cases")

    def test_a_failure_beside_a_baseline_in_error_counts(self, tmp_path: Path) -> None:
        errors = [check(f"more-{number}", "decision", "ERROR", "judge", "502") for number in range(20)]
        wrong = [check(f"more-{number}", "decision", "FAIL", "wrong_decision") for number in range(20)]
        new = run_in(tmp_path / "new", decisions=decisions(*passing(100), *wrong))
        old = run_in(tmp_path / "old", decisions=decisions(*passing(100), *errors))
        [found] = gate(tmp_path, NO_WORSE, new, old).findings
        assert (found.decision, "0 gained and 20 lost" in found.reason) == ("BLOCK", True)

    def test_each_case_lost_makes_it_harder_to_ship(self, tmp_path: Path) -> None:
        groups = {id: f"group-{at // 5}" for at, id in enumerate(ids(300))}
        clustered = NO_WORSE.replace("clustered = false", "clustered = true")
        old = run_in(tmp_path / "old", decisions=decisions(*passing(300), groups=groups))
        lows = []
        for lost in range(31):
            wrong = [1 + 10 * number for number in range(lost)]
            new = run_in(tmp_path / f"new{lost}", decisions=decisions(*passing(300, failing=wrong), groups=groups))
            [found] = gate(tmp_path, clustered, new, old).findings
            assert found.measured is not None
            assert found.measured.low is not None
            lows.append(found.measured.low)
        assert lows == sorted(lows, reverse=True)


class TestLatency:
    def test_86_cases_that_are_as_fast_ship_and_85_do_not_show_the_tail(self, tmp_path: Path) -> None:
        for count, verdict, more in ((86, "SHIP", None), (85, "NEEDS MORE CASES", 1)):
            traces = [trace(id, 200 + at / 10) for at, id in enumerate(ids(count))]
            new, old = (run_in(tmp_path / f"{n}{count}", traces) for n in "ab")
            made = gate(tmp_path, NO_SLOWER, new, old)
            assert (made.verdict, made.more_cases) == (verdict, more)

    def test_a_slower_tail_is_blocked(self, tmp_path: Path) -> None:
        old = run_in(tmp_path / "old", [trace(id, 200) for id in ids(100)])
        new = run_in(tmp_path / "new", [trace(id, 900 if at < 20 else 200) for at, id in enumerate(ids(100))])
        [found] = gate(tmp_path, NO_SLOWER, new, old).findings
        assert found.decision == "BLOCK"
        assert found.reason.startswith("95th percentile +700 ms over 100 cases")

    def test_a_case_without_a_first_token_is_the_slowest_of_all(self, tmp_path: Path) -> None:
        old = run_in(tmp_path / "old", [trace(id, 200) for id in ids(100)])
        new = run_in(tmp_path / "new", [trace(id, None if at < 20 else 200) for at, id in enumerate(ids(100))])
        made = gate(tmp_path, NO_SLOWER, new, old)
        assert made.verdict == "BLOCK"
        assert len(made.findings[0].cases) == 20
        same = [trace(id, None if at < 20 else 200) for at, id in enumerate(ids(120))]
        both = [run_in(tmp_path / n, same) for n in ("c", "d")]  # asked of no model in either: nothing to compare
        assert gate(tmp_path, NO_SLOWER, *both).verdict == "SHIP"

    def test_cases_that_the_baseline_lacks_water_no_rise_down(self, tmp_path: Path) -> None:
        shared, more = ids(200), [f"more-{number}" for number in range(5000)]
        old = run_in(tmp_path / "old", [trace(id, 200) for id in shared])
        new = run_in(tmp_path / "new", [*(trace(id, 900) for id in shared), *(trace(id, 1) for id in more)])
        [found] = gate(tmp_path, NO_SLOWER, new, old).findings
        assert found.decision == "BLOCK"
        assert "more-0" in found.reason

    def test_cases_of_one_group_show_as_little_as_one_case(self, tmp_path: Path) -> None:
        clustered = NO_SLOWER.replace("clustered = false", "clustered = true")
        for groups, verdict, more in ((1, "NEEDS MORE CASES", 200 * 86 - 200), (100, "SHIP", None)):
            traces = [trace(id, 200, group=f"g{at % groups}") for at, id in enumerate(ids(200))]
            new, old = (run_in(tmp_path / f"{n}{groups}", traces) for n in "ab")
            made = gate(tmp_path, clustered, new, old)
            assert (made.verdict, made.more_cases) == (verdict, more)


class TestMinimum:
    def test_too_few_groups_need_more(self, tmp_path: Path) -> None:
        groups = {id: f"group-{at // 5}" for at, id in enumerate(ids(10))}
        run = run_in(tmp_path / "run", decisions=decisions(*passing(10), groups=groups))
        rule = '[[minimum]]\nname = "enough"\nof = "decisions"\ncases = 10\ngroups = 6\n'
        made = gate(tmp_path, rule, run)
        assert (made.verdict, made.more_cases) == ("NEEDS MORE CASES", 4)
        assert "10 cases in 2 groups judged, 10 cases in 6 groups are wanted" in made.reasons[0]


class TestPrecedence:
    def test_block_goes_before_more_cases_and_more_cases_before_ship(self, tmp_path: Path) -> None:
        bad = side_effects(20, n1=("FAIL", "forbidden", "create_label was executed"))
        blocked = run_in(tmp_path / "a", decisions=decisions(*passing(20), *bad))
        made = gate(tmp_path, RIGHT_95 + NO_SIDE_EFFECT, blocked)
        assert (made.verdict, made.more_cases) == ("BLOCK", 39)
        assert [reason.split(":")[0] for reason in made.reasons] == ["BLOCK", "NEEDS MORE CASES"]
        short = run_in(tmp_path / "b", decisions=decisions(*passing(20), *side_effects(20)))
        assert gate(tmp_path, RIGHT_95 + NO_SIDE_EFFECT, short).verdict == "NEEDS MORE CASES"


class TestBrokenRuns:
    def test_nothing_measured_is_broken(self, tmp_path: Path) -> None:
        run = run_in(tmp_path / "run", decisions=decisions(*passing(5)))
        with pytest.raises(BrokenRun, match=r"and .* holds none: nothing was measured"):
            gate(tmp_path, '[[never]]\nname = "n"\nof = "contract"\n', run)
        with pytest.raises(BrokenRun, match="asks for the kind 'side_effect' of decisions"):
            gate(tmp_path, NO_SIDE_EFFECT, run)
        with pytest.raises(BrokenRun, match="holds none"):
            gate(
                tmp_path, RIGHT_95.replace('checks = ["decision"]\n', ""), run_in(tmp_path / "e", decisions=decisions())
            )

    def test_cases_that_all_lack_an_answer_are_nothing_measured(self, tmp_path: Path) -> None:
        run = run_in(
            tmp_path / "run", decisions=decisions(*(check(id, "decision", "FAIL", "missing") for id in ids(5)))
        )
        with pytest.raises(BrokenRun):
            gate(tmp_path, RIGHT_95, run)

    def test_every_judge_in_error_is_broken(self, tmp_path: Path) -> None:
        run = run_in(
            tmp_path / "run", decisions=decisions(*(check(id, "decision", "ERROR", "x", "502") for id in ids(5)))
        )
        with pytest.raises(BrokenRun, match=r"every check of decisions: decision in .* is an ERROR: 502"):
            gate(tmp_path, RIGHT_95, run)

    def test_a_comparison_without_a_baseline_is_broken(self, tmp_path: Path) -> None:
        with pytest.raises(BrokenRun, match="'no worse' compares with a baseline"):
            gate(tmp_path, NO_WORSE, run_in(tmp_path / "run", decisions=decisions(*passing(5))))

    def test_runs_of_different_cases_are_broken(self, tmp_path: Path) -> None:
        new = run_in(tmp_path / "new", decisions=decisions(check("a")))
        old = run_in(tmp_path / "old", decisions=decisions(check("b")))
        with pytest.raises(BrokenRun, match="share no case"):
            gate(tmp_path, NO_WORSE, new, old)
        records = decisions(check("a"))
        new = run_in(tmp_path / "n", [trace("a", question="May it go back?", as_of="2025-04-01")], decisions=records)
        old = run_in(tmp_path / "o", [trace("a", question="May it go back?", as_of="2025-01-01")], decisions=records)
        with pytest.raises(BrokenRun, match="Case 'a' has another as_of"):
            gate(tmp_path, NO_WORSE, new, old)

    @pytest.mark.parametrize(
        ("new", "old", "what"),
        [
            ({"facts": {}}, {"facts": {"region": "US"}}, "facts"),
            ({"receipt": {"request": {"facts": {"region": "CA"}}}}, {"facts": {"region": "US"}}, "facts"),
            (
                {"receipt": {"request": {"as_of": "2025-04-01"}}},
                {"receipt": {"request": {"as_of": "2025-01-01"}}},
                "as_of",
            ),
            ({"receipt": {"request": {"query": "a"}}}, {"receipt": {"request": {"query": "b"}}}, "query"),
        ],
    )
    def test_another_request_is_another_case(
        self, tmp_path: Path, new: dict[str, Any], old: dict[str, Any], what: str
    ) -> None:
        runs = [
            run_in(tmp_path / name, [trace("a", **fields)], decisions=decisions(check("a")))
            for name, fields in (("new", new), ("old", old))
        ]
        with pytest.raises(BrokenRun, match=f"Case 'a' has another {what} "):
            gate(tmp_path, NO_WORSE, *runs)

    def test_an_instant_written_otherwise_is_the_same(self, tmp_path: Path) -> None:
        new, old = (
            run_in(tmp_path / name, [trace("a", as_of=as_of)], decisions=decisions(check("a")))
            for name, as_of in (("new", "2025-04-01"), ("old", "2025-04-01T02:00:00+02:00"))
        )
        assert gate(tmp_path, NO_WORSE, new, old).verdict == "NEEDS MORE CASES"

    def test_traces_that_were_not_judged_break_the_run(self, tmp_path: Path) -> None:
        run = run_in(tmp_path / "a", [trace(id) for id in ids(200)], decisions=decisions(*passing(60)))
        with pytest.raises(BrokenRun, match="says nothing about 140 of the run's 200 traces; the first is case-061"):
            gate(tmp_path, RIGHT_95, run)
        run = run_in(tmp_path / "b", [trace(id) for id in ids(2)], citations={"records": [cited("case-001")]})
        with pytest.raises(BrokenRun, match="is about 1 answers, but the run has 2 traces"):
            gate(tmp_path, NO_SIDE_EFFECT, run)

    def test_a_minimum_of_what_is_not_there_is_broken(self, tmp_path: Path) -> None:
        rule = '[[minimum]]\nname = "enough"\nof = "contract"\n'
        with pytest.raises(BrokenRun, match="asks for contract"):
            gate(tmp_path, rule, run_in(tmp_path / "run", decisions=decisions(*passing(5))))

    def test_no_first_token_anywhere_is_broken(self, tmp_path: Path) -> None:
        new, old = (run_in(tmp_path / name, [trace("a")]) for name in "ab")
        with pytest.raises(BrokenRun, match=r"no trace with timings.first_token_ms"):
            gate(tmp_path, NO_SLOWER, new, old)
