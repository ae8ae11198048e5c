from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from evaluator.models.reply import Reply
from evaluator.positions.calls import CallStore
from evaluator.positions.cases import Passage, SweepCase
from evaluator.positions.reports.files import PICTURES, RESULTS, write
from evaluator.positions.reports.table import comparison, table_rows
from evaluator.positions.results import Results
from evaluator.positions.settings import Setting
from evaluator.positions.sweep import Plan, calls
from tests.evaluator.positions.positions_made import colour_settings

PLAN = Plan("m", {}, (0, 1, 2, 3, 4), ("rank", "edges"))


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Six cases: right and cited at both ends, right alone at 2. The barn has no answer at 3."""
    made = calls(PLAN, colour_settings(ranked=True))
    with CallStore.opened(tmp_path) as store:
        for call in made:
            case, arm = call.setting.case, call.arm
            if (case.id, arm) == ("barn", "position:3"):
                continue
            right = {
                "position:0": f"{case.answers[0]} [1]",
                "position:2": case.answers[0],
                "position:4": f"{case.answers[0]} [5]",
                "oracle": f"{case.answers[0]} [1]",
                "order:rank": case.answers[0] if case.id in ("barn", "boat", "leaf") else "unknown",
                "order:edges": case.answers[0] if case.id != "barn" else "unknown",
            }
            cut = "length" if (case.id, arm) == ("snow", "closed_book") else "stop"
            store.keep(call.key, Reply(right.get(arm, "unknown"), cut))
        missing = next(call.key for call in made if call.key not in store)
        return Results(PLAN, made, store, {missing: "HTTP 500 after 6 sends: no"})


def test_brackets_in_a_records_value_are_no_citation(tmp_path: Path) -> None:
    records = [Passage(f"key{at}", f"value[{at}]") for at in range(5)]
    case = SweepCase("1", "key-value", "key2", ("value[2]",), "key2", records[2])
    plan = Plan("m", {}, (0, 1, 2, 3, 4))
    made = calls(plan, [Setting(case, records[2], (*records[:2], *records[3:]))])
    with CallStore.opened(tmp_path) as store:
        for call in made:
            store.keep(call.key, Reply("value[2]"))
        assert Results(plan, made, store, {}).curve().rows == ((1, 1, 1, 1, 1),)


def test_a_full_disk_leaves_the_results_of_before(
    results: Results, tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    (tmp_path / RESULTS).write_text("before")
    with full_disk(), pytest.raises(OSError, match=RESULTS):
        write(results, tmp_path)
    assert (tmp_path / RESULTS).read_text() == "before"


def test_where_nothing_was_answered_there_is_no_picture(results: Results, tmp_path: Path) -> None:
    assert write(results, tmp_path) is None
    assert all((tmp_path / name).exists() for name in PICTURES)
    with CallStore.opened(tmp_path / "none") as store:
        unanswered = Results(PLAN, calls(PLAN, colour_settings(ranked=True)), store, {})
    assert write(unanswered, tmp_path) == "No picture: no case was answered at every position"
    assert not any((tmp_path / name).exists() for name in PICTURES)


def test_the_curve_holds_cases_that_were_answered_at_every_position(results: Results) -> None:
    assert results.complete_cases() == ["boat", "leaf", "lamp", "coal", "snow"]
    content = results.content()
    assert content["correct"]["accuracy"] == [100, 0, 100, 0, 100]
    assert content["correct"]["n"] == 5
    assert content["correct"]["outcomes"] == [[1, 0, 1, 0, 1]] * 5
    assert content["cites_gold"]["outcomes"] == [[1, 0, 0, 0, 1]] * 5
    # Wilson at 5 of 5: 1 / (1 + 1.96^2 / 5) = 0.5655
    assert content["correct"]["intervals"][0] == [pytest.approx(56.5518, abs=1e-3), 100]


def test_what_is_missing_is_named_with_its_reason(results: Results) -> None:
    assert results.missing == [{"case": "barn", "arm": "position:3", "error": "HTTP 500 after 6 sends: no"}]
    barn = results.content()["cases"][0]["arms"]["position:3"]
    assert (barn["correct"], barn["cited"], barn["error"]) == (None, None, "HTTP 500 after 6 sends: no")


def test_controls_count_all_that_answered_them_and_cut_answers_are_counted(results: Results) -> None:
    oracle, closed = results.control("oracle"), results.control("closed_book")
    assert (oracle.value, oracle.n, closed.value, closed.n) == (1, 6, 0, 6)
    assert results.cut() == 1


def test_orders_are_compared_case_by_case(results: Results) -> None:
    orders = results.orders()
    assert orders is not None
    # By rank right: barn, boat, leaf. By edges right: all but barn.
    assert (orders.rank.value, orders.edges.value) == (pytest.approx(3 / 6), pytest.approx(5 / 6))
    assert (orders.only_edges_right, orders.only_rank_right, orders.cases_with_the_gold_passage) == (3, 1, 6)
    assert orders.gain.value == pytest.approx(2 / 6)
    assert orders.gain.low is not None
    assert orders.gain.low < 0
    assert "+33.3 points" in comparison(orders)
    assert "no difference can be told" in comparison(orders)


def test_the_table_has_a_row_for_each_position_and_control(results: Results) -> None:
    rows = table_rows(results)
    assert [row[0] for row in rows] == ["0", "1", "2", "3", "4", "gold passage alone", "no passages"]
    assert rows[0][1:] == ("100.0%", "56.6% to 100.0%", "100.0%", "56.6% to 100.0%", "5")
    assert rows[-1][1] == "0.0%"


def test_the_curve_file_is_a_list_of_curves_with_outcomes_by_case(results: Results) -> None:
    (curve,) = results.curves()
    assert (curve["model"], curve["task"], curve["simulated"]) == ("m", "question, 5 passages", False)
    assert curve["positions"] == [0, 1, 2, 3, 4]
    assert len(curve["clusters"]) == curve["n"] == 5
