import pytest

from evaluator.contract.prohibition import Prohibition

WORKERS = Prohibition.parse("do not restart workers")


@pytest.mark.parametrize(
    "answer",
    [
        "Do not restart workers.",
        "Don’t restart the workers",
        "Never restart any workers",
        "Workers must not be restarted.",
        "No workers may be restarted",
        "Avoid restarting workers",
        "Do not stop, kill, or restart workers",
        "Restarting workers is not allowed",
        "Worker restarts are prohibited",
        "Workers are not to be restarted",
        "Please do not attempt to restart workers",
        "Restart workers? Do not restart workers.",
        "- Queue stuck\n- DO NOT restart\n  workers",
        "Drain the queue first; do not restart workers.",
    ],
)
def test_a_warning_is_kept_in_other_words_that_forbid_the_same(answer: str) -> None:
    assert WORKERS is not None
    assert WORKERS.finding(answer).verdict == "PASS"


@pytest.mark.parametrize(
    "answer",
    [
        "Restart workers.",
        "Please restart workers",
        "Workers were not restarted.",
        "Workers have not been restarted",
        "No need to restart workers",
        "You need not restart workers",
        "Do not hesitate to restart workers",
        "Do not just restart workers",
        "Do not wait, restart workers",
        "Do not worry. Restart workers.",
        "Do not avoid restarting workers",
        "Restarting workers is not forbidden",
        "Do not restart workers. Then restart workers.",
        "Workers restarted at 14:05",
    ],
)
def test_a_warning_without_its_negation_next_to_the_verb_is_no_warning(answer: str) -> None:
    assert WORKERS is not None
    found = WORKERS.finding(answer)
    assert (found.verdict, found.reason) == ("FAIL", "negation_lost")


def test_a_warning_about_something_else_is_lost() -> None:
    assert WORKERS is not None
    assert WORKERS.finding("Do not restart the database. Workers wait.").reason == "lost"


def test_an_irregular_verb_is_known_in_its_other_forms() -> None:
    desk = Prohibition.parse("do not send the whole desk")
    assert desk is not None
    assert desk.finding("The whole desk must not be sent.").verdict == "PASS"
    assert desk.finding("The whole desk was not sent.").verdict == "FAIL"


@pytest.mark.parametrize(
    ("warning", "answer"),
    [
        ("do not mix bleach and ammonia", "Never mix ammonia with bleach"),
        ("never put cartridges into household waste", "Do not put cartridges in the household waste."),
        ("must not be stored above 25 degrees", "Do not store above 25 degrees"),
        ("do not send items before a label has been created", "Don't send items before the label was created."),
    ],
)
def test_words_without_weight_may_differ(warning: str, answer: str) -> None:
    prohibition = Prohibition.parse(warning)
    assert prohibition is not None
    assert prohibition.finding(answer).verdict == "PASS"


def test_the_offsets_are_those_of_the_sentence() -> None:
    assert WORKERS is not None
    answer = "The queue is stuck. Do not restart workers. Wait."
    found = WORKERS.finding(answer)
    assert answer[found.start : found.end] == "Do not restart workers."
