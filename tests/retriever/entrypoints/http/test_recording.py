"""Traces that the service takes in: what they rest on is known, also where their evidence is not."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from policies.change import Erase, Restrict
from policies.revision import VersionId
from retriever.answering.abstention import Thresholds
from retriever.bootstrap import Asof
from retriever.entrypoints.http.app import create_service
from tests.retriever.homes import Home

P7 = VersionId("P-7", 1)


@pytest.fixture
def shop(home: Home) -> Home:
    home.publish("P-7", "Zanzibar parcels are eligible.", "2024-01-01")
    home.publish("P-8", "Gifts.", "2024-01-01")
    return home


def local(asof: Asof) -> TestClient:
    return TestClient(create_service(asof), "http://localhost")


def kept(service: TestClient, id: str, **fields: Any) -> httpx.Response:
    return service.post("/v1/traces", json={"id": id, "answer": "Zanzibar parcels, yes.", **fields})


def words_in(home: Path) -> bool:
    return b"anzibar" in b"".join(path.read_bytes() for path in home.glob("traces.db*"))


def test_a_trace_of_words_that_are_erased_by_then_comes_in_without_its_answer(shop: Home) -> None:
    with local(shop.asof) as service:
        shop.write(Erase(P7, "court order"))
        late = kept(service, "late", evidence=["P-7@1#1"])
        assert (late.status_code, late.json()["answer"], late.json()["erased"]) == (201, None, True)
        assert not words_in(shop.path)
        assert service.get("/v1/traces/late").json() == late.json()


def test_who_may_not_read_a_revision_is_not_told_that_it_was_erased(shop: Home) -> None:
    with local(shop.asof) as service:
        shop.write(Restrict(P7, ("legal",)), Erase(P7, "court order"))
        told = [kept(service, f"t-{id}", evidence=[f"{id}#1"]) for id in ("P-7@1", "P-99@1")]
        assert [answer.status_code for answer in told] == [201, 201]
        assert [answer.json()["answer"] for answer in told] == 2 * ["Zanzibar parcels, yes."]
        assert told[0].json().keys() == told[1].json().keys()
        theirs = kept(service, "theirs", evidence=["P-7@1#1"], audience=["legal"])
        assert (theirs.json()["answer"], theirs.json()["erased"]) == (None, True)


def test_of_unknown_evidence_an_answer_goes_with_a_later_erasure_and_not_with_an_earlier_one(shop: Home) -> None:
    with local(shop.asof) as service:
        shop.write(Erase(VersionId("P-8", 1), "court order"))
        assert kept(service, "t1").json()["answer"] == "Zanzibar parcels, yes."
        assert words_in(shop.path)
        shop.write(Erase(P7, "court order"))
        assert service.get("/v1/traces/t1").json()["answer"] is None
        assert not words_in(shop.path)


def test_where_a_receipt_is_of_another_pipeline_its_trace_rests_on_all_that_could_answer(shop: Home) -> None:
    with local(shop.asof) as service:
        id = service.post("/v1/retrieve", json={"query": "Which parcels?", "policies": ["P-7"]}).json()["receipt"]["id"]
    other = shop.asof.with_settings(thresholds=Thresholds(dense=0.01, coverage=0.01))
    with local(other) as service:
        content = kept(service, "t1", receipt_id=id)
        assert (content.status_code, "evidence" in content.json()) == (201, False)
        found = other.traces.find("t1")
        assert found is not None
        assert found.rests_on == (P7,)
        assert service.get("/v1/traces/t1").status_code == 200
        shop.write(Restrict(P7, ("legal",)))
        hidden = service.get("/v1/traces/t1")
        assert (hidden.status_code, hidden.json()["code"]) == (404, "unknown_trace")
    other.ledger.close()


def test_a_receipt_of_words_that_the_caller_may_not_read_any_more_brings_no_trace_in(shop: Home) -> None:
    with local(shop.asof) as service:
        id = service.post("/v1/retrieve", json={"query": "Which parcels?"}).json()["receipt"]["id"]
        shop.write(Restrict(P7, ("legal",)))
        refused = kept(service, "t1", receipt_id=id)
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_receipt")
        assert shop.asof.traces.find("t1") is None


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"id": "x", "answer": 5}, "answer"), ({"answer": "Yes."}, "id"), ([], "body"), ("Yes.", "body")],
)
def test_what_is_no_trace_is_refused_by_field(shop: Home, sent: object, field: str) -> None:
    with TestClient(create_service(shop.asof), "http://localhost") as client:
        answer = client.post("/v1/traces", json=sent)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert answer.json()["errors"][0]["field"] == field
        assert client.get("/v1/traces").json()["traces"] == []
