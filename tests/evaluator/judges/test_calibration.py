import pytest

from evaluator.judges.calibration import calibrate, consistency, length_bias, rates
from evaluator.judges.labels import JudgeLabel


def pairs(*counts: tuple[str | None, str, int]) -> list[JudgeLabel]:
    kinds = [(human, judge) for human, judge, count in counts for _ in range(count)]
    return [JudgeLabel(str(at), human, judge) for at, (human, judge) in enumerate(kinds)]


LABELS = pairs(
    ("PASS", "PASS", 20), ("PASS", "FAIL", 5), ("FAIL", "PASS", 10), ("FAIL", "FAIL", 15), (None, "PASS", 50)
)


def test_agreement_and_confusion_are_of_what_both_labelled() -> None:
    found = calibrate(LABELS, "PASS")
    assert found.counts == {"labelled": 50, "ids": 50, "judged_alone": 50, "not_judged": 0, "picked": 0}
    assert found.confusion == {"FAIL": {"FAIL": 15, "PASS": 10}, "PASS": {"FAIL": 5, "PASS": 20}}
    assert found.agreements["agreement"].value == 0.7
    assert found.agreements["cohens_kappa"].value == pytest.approx(0.4)
    content = found.content()
    assert content["agreements"]["gwets_ac1"]["n"] == 50
    assert content["rates"]["human"]["value"] == 0.5


def test_rates_are_corrected_by_what_people_said() -> None:
    found = rates(LABELS, "PASS")
    assert found["judge"].value == 1.0
    # s = 0.8, c = 0.6: (1 + 0.6 - 1) / 0.4 is cut to 1; and 1 + (25 - 30) / 50
    assert found["rogan_gladen"].value == 1.0
    assert found["prediction_powered"].value == pytest.approx(0.9)


def test_what_people_said_of_what_was_picked_for_being_hard_is_in_no_rate() -> None:
    hard = [JudgeLabel(f"h{at}", "FAIL", "PASS", random=False) for at in range(30)]
    alone = [JudgeLabel(f"h{at}", None, "PASS") for at in range(30)]
    assert rates([*LABELS, *hard], "PASS") == rates([*LABELS, *hard, *hard], "PASS") == rates([*LABELS, *alone], "PASS")
    assert calibrate([*LABELS, *hard], "PASS").counts["picked"] == 30


def test_scores_take_the_place_of_labels_where_all_have_one() -> None:
    scored = [
        JudgeLabel("1", "PASS", "PASS", 0.9),
        JudgeLabel("2", "FAIL", "PASS", 0.6),
        JudgeLabel("3", None, "PASS", 0.8),
        JudgeLabel("4", None, "FAIL", 0.3),
    ]
    # 0.55 + (0.1 - 0.6) / 2
    assert rates(scored, "PASS")["prediction_powered"].value == pytest.approx(0.3)
    mixed = [*scored, JudgeLabel("5", None, "FAIL")]
    # 1/3 + (0 - 1) / 2, cut to 0
    assert rates(mixed, "PASS")["prediction_powered"].value == 0.0


def test_flips_are_of_what_was_asked_again() -> None:
    labels = [
        JudgeLabel("1", None, "A", swapped="B", repeated="A"),
        JudgeLabel("2", None, "A", swapped="A", repeated="A"),
        JudgeLabel("3", None, "B"),
    ]
    found = consistency(labels)
    assert (found["swap_flips"].value, found["swap_flips"].n) == (0.5, 2)
    assert (found["repeat_flips"].value, found["repeat_flips"].n) == (0.0, 2)
    assert length_bias(labels)["longer_preferred"].value is None


def test_a_preference_for_length_is_compared_with_that_of_people() -> None:
    labels = [
        JudgeLabel("1", "A", "B", lengths=(10, 20)),
        JudgeLabel("2", "b", "b", lengths=(10, 20)),
        JudgeLabel("3", "tie", "A", lengths=(30, 20)),
        JudgeLabel("4", "A", "A", lengths=(20, 20)),
        JudgeLabel("5", "A", "tie", lengths=(30, 20)),
    ]
    found = length_bias(labels)
    assert (found["longer_preferred"].value, found["longer_preferred"].n) == (1.0, 3)
    # of 1 and 2, where both chose: the judge twice, people once
    assert (found["longer_preferred_excess"].value, found["longer_preferred_excess"].n) == (0.5, 2)


def test_an_excess_of_one_item_has_no_interval() -> None:
    found = length_bias([JudgeLabel("1", "A", "B", lengths=(10, 20))])["longer_preferred_excess"]
    assert (found.value, found.low, found.high, found.n) == (1.0, None, None, 1)


def test_without_people_there_is_no_agreement() -> None:
    found = calibrate(pairs((None, "PASS", 3)), "PASS")
    assert found.agreements["agreement"].value is None
    assert found.agreements["krippendorffs_alpha"].value is None
    assert found.rates["prediction_powered"].value is None
