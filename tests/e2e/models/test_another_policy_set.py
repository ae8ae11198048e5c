"""The same boundary over another set of policies: the warranty of bicycles, whose facts its own schema declares."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from evaluator.decisions.report import read_traces_by_case, report
from evaluator.files.policy_cases import read_policy_cases
from tests.e2e.command import Run
from tests.e2e.models.assistant import Assistant, labels
from tests.e2e.models.chat_server import WRITES, ChatServer
from tests.e2e.serving import serving_here

FRAMES = """\
---
policy: W-1
title: Bicycle frames
effective: {since}
---
# Bicycle frames

Frames that crack within {months} months of purchase may be exchanged.
"""

DECLARED: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "x-subject": "frame_number",
    "required": ["frame_number"],
    "properties": {
        "frame_number": {"type": "string", "pattern": "^FR-[0-9]{6}$", "examples": ["FR-004711"]},
        "part": {"enum": ["frame", "battery", "brake"]},
        "months_since_purchase": {"type": "integer", "minimum": 0},
        "bought_on": {"type": "string", "format": "date"},
        "registered": {"type": "boolean"},
        "wheel_inches": {"type": "number"},
    },
}

CRACKED = "The frame cracked. May it be exchanged?"
BICYCLE = ("--fact", "frame_number=FR-004711", "--fact", "part=frame", "--fact", "registered=true")


@pytest.fixture(scope="module")
def service(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The service over the warranty: 60 months, and 84 months from June 2025."""
    folder = tmp_path_factory.mktemp("warranty")
    for since, months in (("2024-01-01", 60), ("2025-06-01", 84)):
        (folder / f"{months}.md").write_text(FRAMES.format(since=since, months=months))
        run("publish", folder / f"{months}.md", "--home", folder / "home")
    with serving_here(folder / "home") as client:
        yield client


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    file = tmp_path / "bicycle_facts.json"
    file.write_text(json.dumps(DECLARED))
    return file


@pytest.fixture
def model(endpoint: ChatServer, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A model that grants each exchange by the 84 months."""
    answer = {
        "eligible": True,
        "policy_id": "W-1",
        "evidence": [{"citation": "W-1@2#1", "quote": "within 84 months of purchase"}],
        "citations": ["W-1@2#1"],
        "answer": "Yes, a frame that cracks within 84 months may be exchanged.",
        "requested_actions": ["create_label"],
    }
    monkeypatch.setitem(WRITES, "grants", json.dumps(answer))
    return ("--endpoint", endpoint.url, "--model", "grants")


def test_a_warranty_is_decided_by_its_own_facts_and_the_label_names_their_subject(
    assistant: Assistant, model: tuple[str, ...], declared: Path, endpoint: ChatServer, tmp_path: Path
) -> None:
    facts = (*BICYCLE, "--fact", "months_since_purchase=70")
    done = assistant(*model, "--facts-schema", declared, *facts, "--question", CRACKED, "--act")
    assert done.returncode == 0, done.stdout + done.stderr
    (label,) = json.loads(done.stdout)["done"]
    assert (label["name"], label["frame_number"]) == ("create_label", "FR-004711")
    assert labels(tmp_path) == [label]
    user = endpoint.asked[-1]["messages"][-1]["content"]
    assert '"months_since_purchase": "70"' in user
    assert '"registered": "true"' in user


def test_the_subject_is_no_facet_of_the_evidence_and_names_the_trace(
    assistant: Assistant, model: tuple[str, ...], declared: Path, service: httpx.Client
) -> None:
    done = assistant(*model, "--facts-schema", declared, *BICYCLE, "--question", CRACKED)
    printed = json.loads(done.stdout)
    trace = service.get(f"/v1/traces/{printed['trace']}").json()
    assert trace["id"].startswith("FR-004711-")
    assert trace["facts"] == {"frame_number": "FR-004711", "part": "frame", "registered": "true"}
    assert trace["receipt"]["request"]["facts"] == {"part": "frame", "registered": "true"}


def test_facts_of_another_set_contradict_a_decision_too(
    assistant: Assistant, model: tuple[str, ...], declared: Path
) -> None:
    facts = (*BICYCLE, "--fact", "months_since_purchase=90")
    done = assistant(*model, "--facts-schema", declared, *facts, "--question", CRACKED)
    escalation = json.loads(done.stdout)["escalation"]
    assert (done.returncode, escalation["reason"]) == (3, "decision_contradicted")
    assert "90 months, and not within 84 months" in escalation["detail"]


def test_cases_of_another_set_are_asked_and_judged_and_nothing_is_done(
    assistant: Assistant, model: tuple[str, ...], declared: Path, tmp_path: Path
) -> None:
    cases, out = tmp_path / "cases.jsonl", tmp_path / "traces.jsonl"
    decides = {"decision": "eligible", "policy_id": "W-1"}
    facts = {"frame_number": "FR-000001", "months_since_purchase": "70"}
    asked = {"id": "cracked", "group": "cracked", "question": CRACKED, "facts": facts, "as_of": "2025-07-01"}
    cases.write_text(json.dumps({**asked, "expected": decides}) + "\n")
    done = assistant(*model, "--facts-schema", declared, "--cases", cases, "--traces", out)
    assert done.returncode == 0, done.stderr
    read = read_policy_cases(cases)
    assert report(read, read_traces_by_case(out, read), None).verdicts == {"cracked": "PASS"}

    forbidding = {**decides, "forbidden_actions": ["create_label"]}
    cases.write_text(json.dumps({**asked, "expected": forbidding}) + "\n")
    read = read_policy_cases(cases)
    judged = report(read, read_traces_by_case(out, read), None)
    assert judged.verdicts == {"cracked": "FAIL"}
    (failed,) = [check for check in judged.checks["cracked"] if check.verdict == "FAIL"]
    assert failed.detail == "create_label would have been executed, which this case forbids"
    assert not (tmp_path / ".asof").exists()

    cases.write_text(json.dumps({**asked, "facts": {"order": "A1"}, "expected": decides}) + "\n")
    done = assistant(*model, "--facts-schema", declared, "--cases", cases, "--traces", tmp_path / "none.jsonl")
    assert done.returncode == 1
    assert 'Case cracked: Fact order is "A1", and bicycle_facts.json declares no such fact' in done.stderr
    assert not (tmp_path / "none.jsonl").exists()


@pytest.mark.parametrize(
    ("fact", "problem"),
    [
        (
            "order=A10234",
            'Fact order is "A10234", and bicycle_facts.json declares no such fact; it declares frame_number,',
        ),
        (
            "frame_number=4711",
            'Fact frame_number is "4711"; what is accepted: text, fits the pattern ^FR-[0-9]{6}$, such',
        ),
        (
            "months_since_purchase=soon",
            'Fact months_since_purchase is "soon"; what is accepted: whole number, at least 0',
        ),
        ("bought_on=2025-06-31", 'Fact bought_on is "2025-06-31"; what is accepted: text, as a date'),
        ("registered=yes", 'Fact registered is "yes"; what is accepted: true or false'),
        ("wheel_inches=NaN", 'Fact wheel_inches is "NaN"; what is accepted: number'),
    ],
)
def test_a_fact_is_refused_by_name_with_its_value_and_what_is_accepted(
    assistant: Assistant, declared: Path, fact: str, problem: str
) -> None:
    given = '{"frame_number": "FR-004711"}'
    done = assistant("--stand-in", "--facts-schema", declared, "--facts", "-", "--fact", fact, given=given)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(problem)


def _without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in DECLARED.items() if name not in names}


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ([], "is not a JSON object"),
        ({"type": "objekt"}, "is no JSON Schema: $.type"),
        (_without("properties"), "declares no facts"),
        (_without("x-subject"), 'write "x-subject": NAME, a required fact'),
        (_without("required"), 'write "x-subject": NAME, a required fact'),
        ({**DECLARED, "required": ["frame_number", "colour"]}, "requires colour, which is not declared"),
        (
            {**DECLARED, "properties": {"frame_number": {"type": "string", "format": "serial"}}},
            "asks for the format 'serial', which nothing checks here",
        ),
        ({**DECLARED, "properties": {"frame_number": {"$ref": "http://h/f.json"}}}, "refers to 'http://h/f.json'"),
    ],
)
def test_a_schema_that_declares_no_facts_as_it_should_is_refused_with_what_to_write(
    assistant: Assistant, tmp_path: Path, schema: Any, problem: str
) -> None:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(schema))
    done = assistant("--stand-in", "--facts-schema", file, *BICYCLE)
    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr


def test_facts_that_do_not_go_together_are_refused(assistant: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps({**DECLARED, "dependentRequired": {"part": ["months_since_purchase"]}}))
    done = assistant("--stand-in", "--facts-schema", file, *BICYCLE)
    assert done.returncode == 1
    assert "The facts do not go together: 'months_since_purchase' is a dependency of 'part'" in done.stderr


def test_the_stand_in_knows_no_other_facts_and_leaves_the_case_to_a_person(
    assistant: Assistant, declared: Path
) -> None:
    done = assistant("--stand-in", "--facts-schema", declared, *BICYCLE, "--question", CRACKED)
    assert (done.returncode, json.loads(done.stdout)["escalation"]["reason"]) == (3, "model_abstained")
