"""What checks say of answers in a language that their rules do not know."""

import pytest

from evaluator.contract.check_outcome import Source
from evaluator.contract.checks import parse_checks
from evaluator.files.json_lines import Line


@pytest.mark.parametrize(
    ("check", "answer", "verdict"),
    [
        ({"check": "no_refusal"}, "Die Frist beträgt 30 Tage ab der Lieferung.", "PASS"),
        ({"check": "no_refusal"}, "Il cliente può restituire la merce entro 30 giorni.", "UNKNOWN"),
        ({"check": "no_refusal"}, "Leider kann ich das nicht tun.", "FAIL"),
        ({"check": "no_refusal"}, "The window is 30 days from delivery.", "PASS"),
        ({"check": "only_the_answer"}, "期限为三十天。", "UNKNOWN"),
        (
            {"check": "keeps", "facts": [{"warning": "do not restart it"}]},
            "Starten Sie keine Arbeiter neu.",
            "UNKNOWN",
        ),
        ({"check": "keeps", "facts": [{"quantity": "30"}]}, "Die Frist beträgt 30 Tage ab der Lieferung.", "PASS"),
        ({"check": "words", "max": 9}, "Die Frist beträgt 30 Tage ab der Lieferung.", "PASS"),
    ],
)
def test_rules_of_english_do_not_pass_another_language(check: dict[str, object], answer: str, verdict: str) -> None:
    (ready,) = parse_checks(Line("rows, line 1", {"checks": [check]}), Source("Do not restart it.", "30 days"))
    assert [found.verdict for found in ready.of("r1", answer)] == [verdict]
