from typing import Any

import pytest

from evaluator.citations.accuracy import CitationAccuracy, measure
from evaluator.citations.record import in_evidence
from evaluator.errors import BadLine
from evaluator.traces.trace import Trace
from policies.change import Erase, Restrict
from policies.instant import Instant, parse_instant
from policies.ledger import Ledger
from policies.revision import VersionId
from retriever.evidence.citations import Handle
from retriever.traces.trace import Trace as Recorded

FEBRUARY, APRIL, JULY = (parse_instant(f"2025-0{month}-01") for month in (2, 4, 7))


def trace(answer: str, as_of: Instant | None = APRIL, evidence: tuple[str, ...] | None = None, **rest: object) -> Trace:
    known_at, audience = rest.get("known_at"), rest.get("audience", ("public",))
    recorded = Recorded.model_validate({"id": "t1", "answer": answer, "evidence": evidence})
    return Trace("t.jsonl, line 1", recorded, as_of, known_at, audience)  # type: ignore[arg-type]


def checked(ledger: Ledger, *traces: Trace) -> CitationAccuracy:
    return measure(traces, ledger, JULY)


def record(ledger: Ledger, answer: str, *args: object, **rest: object) -> dict[str, Any]:
    (found,) = checked(ledger, trace(answer, *args, **rest)).records  # type: ignore[arg-type]
    return found


def outcome(found: dict[str, Any]) -> tuple[object, ...]:
    return tuple(found[name] for name in ("exists", "in_force", "in_evidence", "quoted", "verdict", "reason"))


def test_a_citation_of_the_words_in_force_is_supported(ledger: Ledger) -> None:
    found = record(ledger, 'Accepted "within 30 days" [P-7@2#1].', APRIL, ("P-7@2#1",))
    assert outcome(found) == (True, True, True, True, "supported", "supported")
    assert (found["id"], found["citation"], found["quote"]) == ("t1", "P-7@2#1", "within 30 days")


def test_a_citation_of_an_older_revision_exists_but_was_not_in_force(ledger: Ledger) -> None:
    found = record(ledger, "Accepted within 7 days [P-7@1#1].", APRIL, ("P-7@2#1",))
    assert outcome(found) == (True, False, False, None, "not_supported", "not_in_force")
    assert "within 30 days" in found["detail"]


def test_the_same_citation_was_in_force_at_an_earlier_date(ledger: Ledger) -> None:
    assert outcome(record(ledger, "[P-7@1#1]", FEBRUARY)) == (True, True, None, None, "supported", "supported")


def test_a_quotation_that_the_passage_does_not_hold_is_not_supported(ledger: Ledger) -> None:
    found = record(ledger, "Accepted “within 14 days” [P-7@2#1].")
    assert outcome(found) == (True, True, None, False, "not_supported", "quote_not_found")


@pytest.mark.parametrize(
    ("citation", "in_force", "reason"),
    [
        ("P-9@1#1", None, "unknown_version"),
        ("P-7@9#1", None, "unknown_version"),
        ("P-7@2#9", True, "unknown_passage"),
        ("P-7@2#0", None, "bad_citation"),
        ("P-7@2#3-1", None, "bad_citation"),
    ],
)
def test_a_citation_of_what_does_not_exist_says_so(
    ledger: Ledger, citation: str, in_force: bool | None, reason: str
) -> None:
    found = record(ledger, f"See {citation}.", APRIL, ("P-7@2#1",))
    assert outcome(found) == (False, in_force, False, None, "not_supported", reason)


def test_a_citation_of_a_withdrawn_policy_was_not_in_force(ledger: Ledger) -> None:
    assert outcome(record(ledger, "[G-1@1#1]"))[:2] == (True, False)


def test_nobody_can_tell_what_an_erased_revision_said(ledger: Ledger) -> None:
    ledger.record(ledger.propose([Erase(VersionId("P-7", 2), "asked for")]), [], "by hand")
    accuracy = checked(ledger, trace("[P-7@2#1]"))
    assert outcome(accuracy.records[0]) == (None, True, None, None, "cannot_tell", "erased")
    assert accuracy.counts()["cannot_tell"] == 1
    assert (accuracy.estimates()["existence"].value, accuracy.estimates()["supported"].value) == (0.0, 0.0)


def test_a_citation_that_its_reader_may_not_read_does_not_exist_to_them(ledger: Ledger) -> None:
    ledger.record(ledger.propose([Restrict(VersionId("P-7", 2), ("legal",))]), [], "by hand")
    assert record(ledger, "[P-7@2#1]")["reason"] == "unknown_version"
    assert record(ledger, "[P-7@2#1]", audience=("legal", "public"))["verdict"] == "supported"


def test_an_answer_without_an_instant_is_checked_as_of_now(ledger: Ledger) -> None:
    assert record(ledger, "[P-7@2#1]", None)["in_force"] is True
    (found,) = measure([trace("[P-7@2#1]", None)], ledger, FEBRUARY).records
    assert found["in_force"] is False


def test_a_revision_recorded_later_is_unknown_at_an_earlier_known_at(ledger: Ledger) -> None:
    first = next(ledger.events()).recorded_at
    assert record(ledger, "[P-7@2#1]", known_at=first)["reason"] == "unknown_version"
    assert record(ledger, "[P-7@1#1]", known_at=first)["verdict"] == "supported"


def test_an_answer_known_later_than_this_home_is_refused(ledger: Ledger) -> None:
    with pytest.raises(BadLine, match=r"t.jsonl, line 1: known_at 2025-07-01T00:00:00Z lies past .* --home"):
        record(ledger, "[P-7@2#1]", known_at=JULY)


def test_rates_keep_what_does_not_exist_in_the_denominator(ledger: Ledger) -> None:
    accuracy = checked(
        ledger,
        trace('Accepted "within 30 days" [P-7@2#1], earlier "a week" [P-7@1#1].', evidence=("P-7@2#1-2",)),
        trace("Also [P-9@1#1] and [P-7@2#9] and [P-7@2#3]."),
        trace("I cannot say."),
    )
    assert accuracy.counts() == {
        "answers": 3,
        "uncited_answers": 1,
        "uncited_claims": 1,
        "citations": 5,
        "cannot_tell": 0,
    }
    assert {name: (estimate.value, estimate.n) for name, estimate in accuracy.estimates().items() if estimate.n} == {
        "existence": (3 / 5, 5),
        "version_accuracy": (2 / 5, 5),
        "in_evidence": (1 / 2, 2),
        "quotes": (1 / 2, 2),
        "applicability": (1.0, 3),
        "supported": (2 / 5, 5),
        "passed": (2 / 5, 5),
    }


def test_answers_without_citations_have_no_rates(ledger: Ledger) -> None:
    accuracy = checked(ledger, trace("Yes."), trace("No."))
    assert accuracy.counts()["uncited_answers"] == 2
    assert {estimate.value for estimate in accuracy.estimates().values()} == {None}


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        ("P-7@2#2", True),
        ("P-7@2#2-5", True),
        ("P-7@2#5-6", False),
        ("P-7@1#2", False),
        ("G-1@2#2", False),
    ],
)
def test_a_citation_is_in_the_evidence_where_all_its_passages_are(citation: str, expected: bool) -> None:
    evidence = [Handle.parse("P-7@2#1-3"), Handle.parse("P-7@2#4-5")]
    assert in_evidence(Handle.parse(citation), evidence) is expected
