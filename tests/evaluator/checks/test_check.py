from evaluator.checks.check import Check, worst


def test_the_gravest_verdict_counts_and_nothing_asked_is_no_pass() -> None:
    assert worst(["PASS", "UNKNOWN", "FAIL", "ERROR"]) == "FAIL"
    assert worst(["PASS", "UNKNOWN", "ERROR"]) == "ERROR"
    assert worst(["PASS", "UNKNOWN"]) == "UNKNOWN"
    assert worst(["PASS", "PASS"]) == "PASS"
    assert worst([]) == "UNKNOWN"


def test_a_check_is_its_fields() -> None:
    check = Check("t1", "bullets", "format", "FAIL", "too_many", "4 bullets, 3 wanted", 0, 9)
    assert check.content() == {
        "id": "t1",
        "name": "bullets",
        "kind": "format",
        "verdict": "FAIL",
        "reason": "too_many",
        "detail": "4 bullets, 3 wanted",
        "start": 0,
        "end": 9,
    }
