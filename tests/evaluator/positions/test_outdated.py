from pathlib import Path

import pytest

from evaluator.models.reply import Reply
from evaluator.positions.calls import CallStore
from evaluator.positions.cases import Passage, SweepCase
from evaluator.positions.outdated import Outdated, overall, results, sides
from evaluator.positions.reports.files import write
from evaluator.positions.reports.outdated import picture, rows, sentences
from evaluator.positions.results import Results
from evaluator.positions.settings import Setting
from evaluator.positions.sweep import Plan, bill, calls
from evaluator.positions.tokens import estimated_tokens
from policies.instant import parse_instant
from policies.period import Period

PLAN = Plan("m", {}, (0, 1, 2, 3, 4))
WHEN = Period(parse_instant("2024-01-01"), parse_instant("2025-01-01"))


def setting(number: int) -> Setting:
    """The rule in force says 30, an older one 7; three policies beside them say nothing of days."""
    policy, as_of = f"P-{number}", parse_instant("2025-06-01")
    case = SweepCase(
        f"c{number}", "policy", f"How long, {number}?", ("30 days",), policy, None, (), None, as_of, ("7 days",)
    )
    gold = Passage("Lamps", f"{number}: 30 days", f"{policy}@2#1", valid=(Period(WHEN.end),), numbered=True)
    old = Passage("Lamps", f"{number}: 7 days", f"{policy}@1#1", valid=(WHEN,), numbered=True, outdated=True)
    rest = [Passage("Other", f"{at}", f"O-{at}@1#1", valid=(WHEN,), numbered=True) for at in range(3)]
    return Setting(case, gold, (old, *rest))


@pytest.fixture
def found(tmp_path: Path) -> Outdated:
    """Four policies. With dates all is right, but for policy 1 at position 2.

    Without dates positions 0 and 4 are right, the rest is outdated; policy 2 at 1 cites the old rule alone.
    """
    by_side = sides([setting(number) for number in range(1, 5)], "both")
    with CallStore.opened(tmp_path) as store:
        for side, settings in by_side.items():
            for call in calls(PLAN, settings):
                name, arm = call.setting.case.id, call.arm
                answer = "30 days"
                if side == "with dates" and (name, arm) == ("c1", "position:2"):
                    answer = "within 7 days [1]"
                elif side == "without dates" and (name, arm) == ("c2", "position:1"):
                    answer = "no idea [1]"
                elif side == "without dates" and arm not in ("position:0", "position:4"):
                    answer = "7 days"
                store.keep(call.key, Reply(answer))
        both = results(PLAN, by_side, store, {})
    assert isinstance(both, Outdated)
    return both


def test_the_share_of_outdated_answers_is_counted_by_position_on_each_side(found: Outdated) -> None:
    content = found.content()
    assert content["outdated"]["by_position"]["accuracy"] == [0, 0, 25, 0, 0]
    assert content["without_dates"]["outdated"]["by_position"]["accuracy"] == [0, 75, 100, 100, 0]
    assert content["without_dates"]["correct"]["accuracy"] == [100, 0, 0, 0, 100]
    assert content["outdated"]["outdated"]["value"] == pytest.approx(1 / 20)
    assert content["without_dates"]["outdated"]["outdated"]["value"] == pytest.approx(11 / 20)
    assert (content["dates"], content["without_dates"]["dates"]) == ("with dates", "without dates")


def test_what_answers_say_is_right_outdated_citing_or_else(found: Outdated) -> None:
    assert found.said("with dates") == {"right": 19, "outdated": 1}
    assert found.said("without dates") == {"right": 8, "outdated": 11, "cites_outdated": 1}
    # At position 2 the old rule is passage 1; at position 0 the gold passage is.
    assert found.content()["outdated"]["cites_by_position"]["accuracy"] == [0, 0, 25, 0, 0]


def test_dates_are_compared_case_by_case_and_position_by_position(found: Outdated) -> None:
    gain = found.gain("outdated")
    assert gain is not None
    assert [it.value for it in gain.by_position] == [0, -0.75, -0.75, -1, 0]
    assert gain.overall.value == pytest.approx((1 - 11) / 20)
    assert gain.overall.n == 20
    right = found.gain("correct")
    assert right is not None
    assert right.overall.value == pytest.approx((19 - 8) / 20)


def test_intervals_take_answers_about_one_policy_as_alike(found: Outdated) -> None:
    estimate = overall(found.sides["without dates"], "outdated")
    # 20 answers of four policies. Wilson at 11 of 20 alone would be 34% to 74%.
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.high - estimate.low > 0.742 - 0.342


def test_an_answer_that_holds_both_rules_is_right_and_counted(tmp_path: Path) -> None:
    by_side = sides([setting(1)], "without")
    with CallStore.opened(tmp_path) as store:
        for call in calls(PLAN, by_side["without dates"]):
            store.keep(call.key, Reply("30 days, no longer 7 days" if call.arm == "position:0" else "27 days"))
        alone = results(PLAN, by_side, store, {})
    assert isinstance(alone, Outdated)
    assert alone.said("without dates") == {"right": 1, "other": 4}
    assert alone.both("without dates") == 1
    assert alone.gain("outdated") is None
    assert "without_dates" not in alone.content()


def test_a_case_without_an_answer_on_one_side_is_missing_and_not_compared(tmp_path: Path) -> None:
    by_side = sides([setting(1), setting(2)], "both")
    with CallStore.opened(tmp_path) as store:
        made = [call for settings in by_side.values() for call in calls(PLAN, settings)]
        lost = made[-3]
        for call in made:
            if call != lost:
                store.keep(call.key, Reply("30 days"))
        half = results(PLAN, by_side, store, {lost.key: "HTTP 500"})
    assert isinstance(half, Outdated)
    assert half.missing == [{"case": "c2", "arm": "position:4, without dates", "error": "HTTP 500"}]
    assert half.complete_cases() == ["c1"]
    gain = half.gain("outdated")
    assert gain is not None
    assert gain.overall.n == 5


def test_prompts_with_and_without_dates_are_billed_apart(tmp_path: Path) -> None:
    by_side = sides([setting(1)], "both")
    made = [call for settings in by_side.values() for call in calls(PLAN, settings)]
    with CallStore.opened(tmp_path) as store:
        both = bill(PLAN, made, store, estimated_tokens).sent
        alone = [bill(PLAN, calls(PLAN, settings), store, estimated_tokens).sent for settings in by_side.values()]
    assert both == sum(alone)
    assert alone[0] > alone[1]


def test_settings_as_they_are_have_results_as_ever(tmp_path: Path) -> None:
    with CallStore.opened(tmp_path) as store:
        assert isinstance(results(PLAN, sides([setting(1)], None), store, {}), Results)


def test_which_passages_stood_where_is_written_with_their_handles(found: Outdated) -> None:
    (first, *_) = found.content()["shown"]
    assert first["gold"] == "P-1@2#1"
    assert first["others"][0] == {
        "citation": "P-1@1#1", "outdated": True, "in_force": "from 2024-01-01 until 2025-01-01",
    }  # fmt: skip


def test_table_sentences_and_picture_tell_both_sides(found: Outdated, tmp_path: Path) -> None:
    told = rows(found)
    assert [row[:2] for row in told] == [
        (side, position) for side in ("with", "without") for position in ("0", "1", "2", "3", "4", "all")
    ]
    assert told[8][2:5:2] == ("0.0%", "100.0%")
    said = sentences(found)
    assert "Answers without dates: right 8, outdated 11, cites outdated 1, other 0" in said[1]
    assert "outdated answers with dates less without -50.0 points" in said[2]
    assert said[2].endswith("no difference can be told")  # four policies are too few, whatever their 20 answers say
    assert [name for name, _ in picture(found).curves] == [
        "right, with dates", "right, without dates", "outdated, with dates", "outdated, without dates",
    ]  # fmt: skip
    assert write(found, tmp_path) is None
    assert (tmp_path / "curve.png").exists()
    assert len(found.curves()) == 2
