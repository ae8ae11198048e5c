"""Five faults, planted one by one in the traces of a healthy run: each as a release would bring it.

They are planted behind the boundary, which stops some of them itself: the tour is of what measures a run.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

Trace = dict[str, Any]

AT_MOST = 15
"""So many answers get a fault."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the gate and the router have to say of a run."""

    verdict: str
    owner: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by its name: what it does, what names the release that brought it, and what has to come of it.

    `plant` changes a trace and says whether the fault fits it.
    """

    name: str
    said: str
    brought_by: dict[str, str]
    plant: Callable[[Trace], bool]
    expected: Expected


def planted(traces: Sequence[Trace], fault: Fault) -> list[Trace]:
    """The traces with the fault in the first answers that it fits, all by the release that brought it."""
    made, left = [], AT_MOST
    for trace in traces:
        copy: Trace = {**json.loads(json.dumps(trace)), **fault.brought_by}
        if left and fault.plant(copy):
            left -= 1
            made.append(copy)
        else:
            made.append({**trace, **fault.brought_by})
    return made


def _decides(trace: Trace) -> bool:
    answer = trace["answer"]
    return trace["escalation"] is None and isinstance(answer, dict) and answer["eligible"] is not None


def _stale_policy(trace: Trace) -> bool:
    """The index was not refreshed: the evidence and the answer are of the revision before."""
    if not _decides(trace) or "P-7@2#1" not in json.dumps(trace["answer"]):
        return False
    trace["evidence"] = [citation.replace("P-7@2", "P-7@1") for citation in trace["evidence"]]
    digest = sha256("\n".join(trace["evidence"]).encode()).hexdigest()
    trace["receipt"] = {**trace["receipt"], "evidence_digest": digest}
    old = json.dumps(trace["answer"]).replace("P-7@2", "P-7@1").replace("30 days", "7 days")
    trace["answer"] = json.loads(old)
    trace["answer"]["eligible"] = int(trace["facts"]["days_since_delivery"]) <= 7
    trace["answer"]["requested_actions"] = []
    trace["would_do"] = []
    return True


def _missing_policy_id(trace: Trace) -> bool:
    return _decides(trace) and trace["answer"].pop("policy_id", None) is not None


def _promised_label(trace: Trace) -> bool:
    if not _decides(trace) or trace["would_do"]:
        return False
    trace["answer"]["answer"] += " Your return label has been created."
    return True


def _slow_first_token(trace: Trace) -> bool:
    if not _decides(trace):
        return False
    trace["timings"] = {"first_token_ms": 2500.0, "total_ms": 4000.0}
    return True


def _regression(trace: Trace) -> bool:
    """The same evidence, and the contrary decision."""
    if not _decides(trace):
        return False
    trace["answer"] |= {"eligible": not trace["answer"]["eligible"], "requested_actions": []}
    trace["would_do"] = []
    return True


FAULTS = (
    Fault(
        "stale-policy",
        "the index was not refreshed, and yesterday's P-7 is cited",
        {"release": "2-stale-index"},
        _stale_policy,
        Expected("BLOCK", "retrieval index", "evidence-not-in-force"),
    ),
    Fault(
        "missing-policy-id",
        "after a prompt release the field policy_id is gone",
        {"release": "2-shorter-prompt", "prompt": "returns-shorter"},
        _missing_policy_id,
        Expected("BLOCK", "prompt contract or demonstrations", "answer-incomplete"),
    ),
    Fault(
        "promised-label",
        "the model says that a label was created, and none was",
        {"release": "2-friendlier", "checkpoint": "friendlier-model"},
        _promised_label,
        Expected("BLOCK", "preference data and safety eval", "action-not-executed"),
    ),
    Fault(
        "slow-first-token",
        "the first token comes after 2.5 seconds",
        {"release": "2-smaller-server"},
        _slow_first_token,
        Expected("BLOCK", "serving", "first-token-late"),
    ),
    Fault(
        "regression",
        "another checkpoint decides the contrary on the same evidence",
        {"release": "2-new-checkpoint", "checkpoint": "new-checkpoint"},
        _regression,
        Expected("BLOCK", "evaluation gate and rollback", "passed-before"),
    ),
)
