"""Receipts and traces over real HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.command import Run
from tests.e2e.serving import problem, serving, serving_here

QUESTION = {"query": "May a damaged item be returned?", "as_of": "2025-02-01"}


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traces")
    front = "---\npolicy: P-7\ntitle: Damaged items\neffective: 2024-01-01\n---\n"
    (folder / "P-7.md").write_text(front + "Damaged items may be returned within 7 days.\n")
    run("publish", folder / "P-7.md", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[httpx.Client]:
    with serving_here(home) as client:
        yield client


def asked(service: httpx.Client, **fields: Any) -> dict[str, Any]:
    content: dict[str, Any] = service.post("/v1/retrieve", json={**QUESTION, **fields}).json()
    return content


def test_a_receipt_is_kept_under_its_id(service: httpx.Client) -> None:
    receipt = asked(service)["receipt"]
    assert service.get(f"/v1/receipts/{receipt['id']}").json() == receipt
    problem(service.get("/v1/receipts/" + "0" * 64), 404, "unknown_receipt")


def test_a_trace_with_a_receipts_id_is_kept_with_the_receipt_and_its_citations(service: httpx.Client) -> None:
    receipt = asked(service)["receipt"]
    trace = {"id": "by-receipt", "answer": "Yes [P-7@1#1].", "receipt_id": receipt["id"]}
    kept = service.post("/v1/traces", json=trace)
    assert kept.status_code == 201
    assert (kept.json()["receipt"], kept.json()["evidence"]) == (receipt, ["P-7@1#1"])
    assert service.get("/v1/traces/by-receipt").json() == kept.json()
    problem(service.post("/v1/traces", json={**trace, "id": "x", "receipt_id": "r"}), 404, "unknown_receipt")


def test_a_trace_with_a_whole_retrieval_is_kept_without_the_words(service: httpx.Client) -> None:
    kept = service.post("/v1/traces", json={"id": "whole", "answer": "Yes.", "retrieval": asked(service)}).json()
    assert kept["evidence"] == ["P-7@1#1"]
    assert "within 7 days" not in str(kept)


def test_the_same_trace_again_is_no_change_and_another_is_refused(service: httpx.Client) -> None:
    trace = {"id": "once", "answer": {"eligible": True}}
    assert [service.post("/v1/traces", json=trace).status_code for _ in range(2)] == [201, 200]
    problem(service.post("/v1/traces", json={**trace, "answer": "No"}), 409, "trace_exists")


def test_traces_are_listed_a_page_at_a_time(service: httpx.Client) -> None:
    for number in range(5):
        service.post("/v1/traces", json={"id": f"page-{number}", "answer": str(number)}).raise_for_status()
    names, after = [], ""
    while after is not None:
        params = {"limit": 2, **({"after": after} if after else {})}
        page = service.get("/v1/traces", params=params).json()
        assert len(page["traces"]) <= 2
        names += [trace["id"] for trace in page["traces"]]
        after = page["next"]
    assert [name for name in names if name.startswith("page-")] == [f"page-{number}" for number in range(5)]
    assert len(set(names)) == len(names)
    problem(service.get("/v1/traces/nowhere"), 404, "unknown_trace")
    problem(service.get("/v1/traces", params={"after": "nowhere"}), 404, "unknown_trace")


def test_pages_do_not_tell_of_traces_that_the_caller_may_not_see(service: httpx.Client) -> None:
    for name, audience in (("seen-1", []), ("hidden", ["legal"]), ("seen-2", []), ("seen-3", [])):
        service.post("/v1/traces", json={"id": name, "answer": "x", "audience": audience}).raise_for_status()
    page = service.get("/v1/traces", params={"after": "seen-1", "limit": 1}).json()
    assert ([trace["id"] for trace in page["traces"]], page["next"]) == (["seen-2"], "seen-2")
    problem(service.get("/v1/traces", params={"after": "hidden"}), 404, "unknown_trace")


def test_an_id_may_hold_a_slash(service: httpx.Client) -> None:
    service.post("/v1/traces", json={"id": "a/b", "answer": "x"}).raise_for_status()
    assert service.get("/v1/traces/a%2Fb").json()["id"] == "a/b"


def test_the_same_trace_again_is_no_change_though_its_receipt_is_given_out_again(service: httpx.Client) -> None:
    trace = {"id": "again", "answer": "Yes.", "receipt_id": asked(service, k=2)["receipt"]["id"]}
    first = service.post("/v1/traces", json=trace)
    front = "---\npolicy: Z-1\ntitle: Z\neffective: 2030-01-01\n---\nLater words.\n"
    service.post("/v1/policies/Z-1/revisions", json={"file": front}).raise_for_status()
    assert asked(service, k=2)["receipt"]["generation"] > first.json()["receipt"]["generation"]
    again = service.post("/v1/traces", json=trace)
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize(
    ("trace", "field"),
    [({"answer": "x"}, "id"), ({"id": "b", "answer": 3}, "answer"), ({"id": "b", "answer": "", "as_of": "x"}, "as_of")],
)
def test_a_bad_trace_is_refused_by_its_field(service: httpx.Client, trace: dict[str, Any], field: str) -> None:
    refused = problem(service.post("/v1/traces", json=trace), 422, "invalid_request")
    assert refused["errors"][0]["field"] == field


def test_what_is_not_json_is_refused(service: httpx.Client) -> None:
    content = b'{"id": "nan", "answer": "x", "extra": NaN}'
    sent = service.post("/v1/traces", content=content, headers={"content-type": "application/json"})
    problem(sent, 422, "invalid_request")


def test_receipts_and_traces_are_there_after_a_restart(
    service: httpx.Client, home: Path, environment: dict[str, str], run: Run
) -> None:
    with serving(home, environment) as other:
        receipt = asked(other, k=1)["receipt"]
        other.post("/v1/traces", json={"id": "kept", "answer": "x"}).raise_for_status()
    assert service.get(f"/v1/receipts/{receipt['id']}").json() == receipt
    assert service.get("/v1/traces/kept").status_code == 200


def test_a_page_ends_before_it_is_too_long(service: httpx.Client) -> None:
    for number in range(3):
        kept = service.post("/v1/traces", json={"id": f"long-{number}", "answer": "x" * 4_500_000})
        assert kept.status_code == 201
    page = service.get("/v1/traces", params={"after": "long-0"}).json()
    assert ([trace["id"] for trace in page["traces"]], page["next"]) == (["long-1"], "long-1")
    page = service.get("/v1/traces", params={"after": page["next"]}).json()
    assert ([trace["id"] for trace in page["traces"]], page["next"]) == (["long-2"], None)
