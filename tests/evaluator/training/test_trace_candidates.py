import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.files.policy_cases import Expected, PolicyCase
from evaluator.training.held_out import HeldOut, Index
from evaluator.training.shingles import normalised
from evaluator.training.shown_prompt import Prompts
from evaluator.training.trace_candidates import CandidateWriter, Judged, read_judged
from policies.instant import parse_instant
from policies.ledger import Ledger

Written = Callable[..., Path]

CASE = PolicyCase(
    id="jug",
    group="jug",
    question="Is a cracked jug taken back?",
    facts={"order": "A1"},
    as_of=parse_instant("2025-04-01"),
    expected=Expected("eligible"),
)
RIGHT = {"eligible": True, "policy_id": "P-7", "evidence": [{"citation": "P-7@2#1", "quote": "within 30 days"}]}
WRONG = {"eligible": True}


def trace(id: str, answer: Any = RIGHT, **fields: Any) -> dict[str, Any]:
    """A trace of the jug, shown the first passage of P-7@2, with the fields given in place of its own."""
    whole = {
        "id": id,
        "case": "jug",
        "question": CASE.question,
        "facts": CASE.facts,
        "as_of": "2025-04-01",
        "evidence": ["P-7@2#1"],
        "answer": answer,
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def check(id: str, verdict: str = "PASS", **fields: Any) -> dict[str, Any]:
    found = {"reason": "no_policy", "detail": "names no policy", **fields}
    return {"id": id, "name": "policy_id", "kind": "decision", "verdict": verdict, **found}


@pytest.fixture
def judged(written: Written) -> Callable[..., list[Judged]]:
    """Traces, each with the verdict of its one check."""

    def read(*found: tuple[dict[str, Any], str], name: str = "t") -> list[Judged]:
        traces = written(f"{name}.jsonl", *(it for it, _ in found))
        return read_judged(traces, [written(f"{name}-checks.jsonl", *(check(it["id"], said) for it, said in found))])

    return read


@pytest.fixture
def writer(ledger: Ledger) -> CandidateWriter:
    return CandidateWriter(Prompts(ledger), Index([]), "Be brief.")


def test_an_answer_that_passed_becomes_a_demonstration(
    judged: Callable[..., list[Judged]], writer: CandidateWriter
) -> None:
    found = judged((trace("t1"), "PASS"), (trace("t2", WRONG), "FAIL"), (trace("t3"), "UNKNOWN"))
    (made,) = writer.demonstrations(found).candidates
    assert json.loads(made.pop("response")) == RIGHT
    assert CASE.question in made.pop("prompt")
    assert made == {"id": "t1", "system": "Be brief.", "trace_ids": ["t1"], "citations": ["P-7@2#1"]}


@pytest.mark.parametrize(
    ("escalation", "passes"),
    [
        (None, True),
        ({"reason": "model_abstained", "detail": "it says so"}, True),
        ({"reason": "applicability_unconfirmed", "detail": "who knows"}, False),
        ("stopped", False),
    ],
)
def test_an_answer_that_the_boundary_stopped_did_not_pass(
    judged: Callable[..., list[Judged]], escalation: Any, passes: bool
) -> None:
    (found,) = judged((trace("t1", escalation=escalation), "PASS"))
    assert found.passes is passes


def test_an_answer_without_checks_neither_passed_nor_failed(written: Written, writer: CandidateWriter) -> None:
    (found,) = read_judged(written("t.jsonl", trace("t1")), [written("c.jsonl", check("another"))])
    assert (found.passes, found.failures) == (False, [])
    for made in (writer.demonstrations([found]), writer.preferences([found])):
        assert made.candidates == ()
        assert [str(problem) for problem in made.left_out] == ["t1: no check names it or its case"]


def test_checks_of_the_case_and_of_its_citations_count_and_slowness_does_not(written: Written) -> None:
    stale = {"id": "t1", "citation": "P-7@1#1", "outcome": "FAIL", "why": "stale_contradicted"}
    slow = check("jug", "FAIL", kind="serving", name="first_token")
    checks = written("c.jsonl", check("jug", "FAIL"), check("jug", "PASS", name="decision"), stale, stale, slow)
    (found,) = read_judged(written("t.jsonl", trace("t1", WRONG)), [checks])
    assert found.failures == ["policy_id: names no policy", "P-7@1#1: stale_contradicted"]


def test_of_several_answers_to_a_case_each_has_the_checks_of_its_trial(
    written: Written, writer: CandidateWriter
) -> None:
    traces = written("t.jsonl", trace("t1", WRONG, trial=1), trace("t2", trial=2))
    checks = written("c.jsonl", check("jug", "FAIL", trial=1), check("jug", trial=2))
    (made,) = writer.preferences(read_judged(traces, [checks])).candidates
    assert made["trace_ids"] == ["t1", "t2"]
    assert "to_write" not in made


def test_an_answer_that_failed_is_paired_with_one_that_passed_in_the_same_file(
    judged: Callable[..., list[Judged]], writer: CandidateWriter
) -> None:
    found = judged((trace("bad", WRONG), "FAIL"), (trace("good"), "PASS"))
    other = judged((trace("other", {**RIGHT, "more": 1}), "PASS"), name="other")
    (made,) = writer.preferences(found, other).candidates
    assert (json.loads(made["chosen"]), json.loads(made["rejected"])) == (RIGHT, WRONG)
    assert made["reason"] == "policy_id: names no policy"
    assert (made["id"], made["trace_ids"], made["citations"]) == ("bad", ["bad", "good"], ["P-7@2#1"])
    assert "to_write" not in made


def test_it_is_paired_with_one_of_another_file_where_its_own_has_none(
    judged: Callable[..., list[Judged]], writer: CandidateWriter
) -> None:
    found, other = judged((trace("bad", WRONG), "FAIL")), judged((trace("good"), "PASS"), name="other")
    (made,) = writer.preferences(found, other).candidates
    assert made["trace_ids"] == ["bad", "good"]


@pytest.mark.parametrize(
    "better",
    [
        trace("good", case="another"),
        trace("good", question="Is a jug taken back?"),
        trace("good", facts={"order": "A2"}),
        trace("good", as_of="2025-04-02"),
        trace("good", evidence=["P-7@2#1", "P-7@2#2"]),
        trace("good", evidence=None),
        trace("good", " {'eligible' true} "),
    ],
)
def test_what_answers_anything_else_is_not_chosen_and_a_slot_stays_open(
    judged: Callable[..., list[Judged]], writer: CandidateWriter, better: dict[str, Any]
) -> None:
    found = judged((trace("bad", WRONG), "FAIL"), (better, "PASS"))
    made = writer.preferences(found)
    assert made.to_write == 1
    assert (made.candidates[0]["chosen"], made.candidates[0]["to_write"]) == (None, True)


def test_the_order_of_the_evidence_counts(judged: Callable[..., list[Judged]], writer: CandidateWriter) -> None:
    bad = trace("bad", WRONG, evidence=["P-7@2#2", "P-7@2#1"])
    assert writer.preferences(judged((bad, "FAIL"), (trace("good"), "PASS"))).to_write == 1


def test_where_one_does_not_list_its_evidence_the_digest_of_the_receipt_decides(
    judged: Callable[..., list[Judged]], writer: CandidateWriter
) -> None:
    same, other = ({"evidence_digest": digest} for digest in ("abc", "def"))
    bad = trace("bad", WRONG, receipt=same)
    for receipt, open_slots in ((same, 0), (other, 1)):
        found = judged((bad, "FAIL"), (trace("good", evidence=None, receipt=receipt), "PASS"))
        assert writer.preferences(found).to_write == open_slots


def test_what_cannot_become_a_candidate_is_named_with_its_reason(
    judged: Callable[..., list[Judged]], ledger: Ledger
) -> None:
    held = Index([HeldOut("cases.jsonl, line 1", normalised("Is a worn sofa taken back?"))])
    found = judged(
        (trace("silent", ""), "FAIL"),
        (trace("stale", WRONG, evidence=["P-7@1#1"]), "FAIL"),
        (trace("held", WRONG, question="Is a worn sofa taken back?"), "FAIL"),
    )
    made = CandidateWriter(Prompts(ledger), held).preferences(found)
    assert made.candidates == ()
    assert [str(problem).split(":")[0] for problem in made.left_out] == ["silent", "stale", "held"]
    assert made.left_out[0].problem == "there is no answer: the model gave none, or it was erased"
    assert made.left_out[1].problem.startswith("P-7@1#1 was not in force")
    assert made.left_out[2].problem.endswith("it shares 100% of its runs of words with cases.jsonl, line 1")
