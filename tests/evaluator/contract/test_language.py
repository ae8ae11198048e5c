import pytest

from evaluator.contract.check_outcome import Source
from evaluator.contract.checks import parse_checks
from evaluator.errors import BadLine
from evaluator.files.json_lines import Line


def asked(answer: str, wanted: str) -> tuple[str, str]:
    line = Line("rows, line 1", {"checks": [{"check": "language", "is": wanted}]})
    (found,) = parse_checks(line, Source("Do it.", ""))[0].of("r1", answer)
    return found.verdict, found.reason


GERMAN = "Bitte bringen Sie das Paket vor Mittag zum Schalter."
ENGLISH = "Please bring the parcel to the counter before noon on the next working day."


def test_the_language_of_an_answer_is_told() -> None:
    assert asked(GERMAN, "de") == ("PASS", "held")
    assert asked(ENGLISH, "de") == ("FAIL", "wrong_language")
    assert asked("Le colis est arrivé endommagé hier matin.", "fr") == ("PASS", "held")


def test_a_whole_sentence_in_another_language_is_found_inside_an_answer() -> None:
    assert asked(f"{GERMAN} {GERMAN} {ENGLISH}", "de") == ("FAIL", "mixed_languages")


def test_too_few_words_to_tell_are_unknown_and_no_pass() -> None:
    assert asked("ok", "en") == ("UNKNOWN", "cannot_tell")


def test_a_language_that_is_not_known_is_refused() -> None:
    with pytest.raises(BadLine, match=r"checks\[0\]\.is is 'german'; give one of the ISO 639-1 codes"):
        asked(GERMAN, "german")
