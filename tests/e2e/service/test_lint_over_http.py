"""Plan and publish over HTTP: what the lint finds, and what `strict` refuses."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from retriever.entrypoints.http.answers.writing import CorrectedAnswer, PlanAnswer, PublishedAnswer
from tests.e2e.command import Run
from tests.e2e.serving import problem, serving_here

FRONT = "---\npolicy: {}\ntitle: Items\neffective: 2025-03-01\n---\n"
GOOD = FRONT.format("P-7") + "Damaged items are eligible.\n"
BAD = FRONT.format("P-8") + "Gifts are handled as P-12 says.\n"
REASON = "There is no policy P-12"


@pytest.fixture
def service(run: Run, tmp_path: Path) -> Iterator[httpx.Client]:
    (tmp_path / "p7.md").write_text(GOOD)
    run("publish", tmp_path / "p7.md", "--home", tmp_path / "home")
    with serving_here(tmp_path / "home") as client:
        yield client


def test_a_plan_has_the_findings(service: httpx.Client) -> None:
    plan = PlanAnswer.model_validate(service.post("/v1/plan", json={"files": [GOOD, BAD]}).json())
    assert [(found.file, found.line, found.rule, found.reason) for found in plan.lint] == [
        ("files[1]", 6, "unknown-policy", REASON)
    ]
    refused = service.post("/v1/plan", json={"files": [GOOD, BAD], "strict": True})
    problem(refused, 422, "lint")


def test_strict_publishes_nothing_and_names_each_place(service: httpx.Client) -> None:
    refused = service.post("/v1/policies/P-8/revisions", json={"files": [BAD], "strict": True})
    problem(refused, 422, "lint")
    [error] = refused.json()["errors"]
    assert error["field"] == "files[0], line 6"
    assert error["problem"].startswith(f"unknown-policy: {REASON}. ")
    problem(service.get("/v1/policies/P-8"), 404, "unknown_policy")


def test_without_strict_it_is_published_with_its_findings(service: httpx.Client) -> None:
    sent = service.post("/v1/policies/P-8/revisions", json={"files": [BAD]})
    assert sent.status_code == 201
    answer = PublishedAnswer.model_validate(sent.json())
    assert [event.version for event in answer.events] == ["P-8@1"]
    assert [found.reason for found in answer.lint] == [REASON]


def test_a_correction_has_its_findings_and_strict_refuses_it(service: httpx.Client) -> None:
    asked = {"revision": 1, "file": GOOD + "\nGifts are handled as P-12 says.\n"}
    refused = service.post("/v1/policies/P-7/correct", json={**asked, "strict": True})
    problem(refused, 422, "lint")
    assert [error["field"] for error in refused.json()["errors"]] == ["file, line 8"]
    for more, status in (({"dry_run": True}, 200), ({}, 201)):
        sent = service.post("/v1/policies/P-7/correct", json={**asked, **more})
        assert sent.status_code == status
        answer = CorrectedAnswer.model_validate(sent.json())
        assert [(found.line, found.reason) for found in answer.lint] == [(8, REASON)]
    problem(service.post("/v1/policies/P-404/correct", json={**asked, "strict": True}), 404, "unknown_policy")
    described = service.post("/v1/policies/P-7/describe", json={"owner": "returns"})
    assert "lint" not in described.json()


def test_a_strict_write_sent_again_is_not_refused_for_what_changed_since(service: httpx.Client) -> None:
    names_p7 = FRONT.format("P-9") + "Gifts are handled as P-7 says.\n"
    send = {"json": {"files": [names_p7], "strict": True}, "headers": {"idempotency-key": "once"}}
    first = service.post("/v1/policies/P-9/revisions", **send)
    assert (first.status_code, first.json()["lint"]) == (201, [])
    assert service.post("/v1/policies/P-7/withdraw", json={"from": "2025-01-01"}).status_code == 201
    again = service.post("/v1/policies/P-9/revisions", **send)
    assert again.status_code == 201
    assert again.json()["events"] == first.json()["events"]
    assert [found["reason"] for found in again.json()["lint"]] == ["P-7 is not in force on 2025-03-01"]
