"""Bare dates over HTTP begin in the home's time zone, as it is when they are sent; answers are in UTC."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from policies.change import Configure
from retriever.bootstrap import Asof
from tests.e2e.command import Run
from tests.e2e.serving import problem, serving_here

FRONT = (
    "---\npolicy: {}\ntitle: Items\neffective: 2025-03-09\nthrough: 2025-11-02\n{}---\nDamaged items are eligible.\n"
)


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    """A home in New York that holds P-7 from 2025-03-09T05:00:00Z until 2025-11-03T05:00:00Z."""
    run("settings", "timezone", "America/New_York", "--home", tmp_path / "home")
    (tmp_path / "p7.md").write_text(FRONT.format("P-7", ""))
    run("publish", tmp_path / "p7.md", "--home", tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def service(home: Path) -> Iterator[httpx.Client]:
    with serving_here(home) as client:
        yield client


def test_dates_of_files_and_fields_begin_in_the_zone_of_the_home(service: httpx.Client) -> None:
    sent = service.post("/v1/policies/P-8/revisions", json={"files": [FRONT.format("P-8", "")]}).json()
    [period] = sent["events"][0]["periods"]
    assert (period["valid_from"], period["valid_to"]) == ("2025-03-09T05:00:00Z", "2025-11-03T05:00:00Z")
    named = FRONT.format("P-9", "timezone: Asia/Kathmandu\n")
    [period] = service.post("/v1/policies/P-9/revisions", json={"files": [named]}).json()["events"][0]["periods"]
    assert (period["valid_from"], period["valid_to"]) == ("2025-03-08T18:15:00Z", "2025-11-02T18:15:00Z")
    withdrawal = {"from": "2025-05-01", "through": "2025-05-31"}
    withdrawn = service.post("/v1/policies/P-8/withdraw", json=withdrawal).json()
    [period] = withdrawn["events"][0]["periods"]
    assert (period["valid_from"], period["valid_to"]) == ("2025-05-01T04:00:00Z", "2025-06-01T04:00:00Z")
    problem(
        service.post("/v1/policies/P-8/withdraw", json={**withdrawal, "until": "2025-06-01"}), 422, "invalid_request"
    )
    assert service.get("/v1/policies", params={"as_of": "2025-03-09"}).json()["as_of"] == "2025-03-09T05:00:00Z"
    assert service.get("/v1/scheduled", params={"as_of": "2025-03-01"}).json()["as_of"] == "2025-03-01T05:00:00Z"


def test_question_is_asked_by_the_zone_of_now_and_its_receipt_stays_true(home: Path, service: httpx.Client) -> None:
    question = {"query": "Are damaged items eligible?", "as_of": "2025-03-09"}
    answer = service.post("/v1/retrieve", json=question).json()
    assert answer["receipt"]["request"]["as_of"] == "2025-03-09T05:00:00Z"
    assert [item["citation"] for item in answer["evidence"]] == ["P-7@1#1"]
    Asof.at(home).write([Configure(timezone="UTC")])
    again = service.post("/v1/retrieve", json=question).json()
    assert again["receipt"]["request"]["as_of"] == "2025-03-09T00:00:00Z"
    assert again["evidence"] == []
    replayed = service.post("/v1/receipts/replay", json={"receipt": answer["receipt"]}).json()
    assert replayed["verdict"] == "same"


def test_unknown_zone_is_refused_with_the_nearest_name(service: httpx.Client) -> None:
    refused = service.post("/v1/plan", json={"files": [FRONT.format("P-8", "timezone: New York\n")]})
    problem(refused, 422, "invalid_draft")
    assert "did you mean America/New_York?" in refused.json()["detail"]
