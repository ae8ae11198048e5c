"""Measures copied from other parts: what a cache counted, also after it was emptied."""

from starlette.testclient import TestClient

from policies.change import Erase
from policies.revision import VersionId
from retriever.entrypoints.http.app import create_service
from tests.retriever.homes import Home


def test_a_cache_that_an_erasure_emptied_costs_no_answer_and_is_counted_anew(home: Home) -> None:
    home.publish("P-7", "Seven days.", "2024-01-01", recorded="2024-01-02")
    home.publish("P-8", "Gift cards.", "2024-01-01", recorded="2024-01-03")
    home.asof.writer().rebuild()
    with TestClient(create_service(home.asof), "http://localhost") as client:

        def asked() -> int:
            body = {"query": "seven days", "as_of": "2024-06-01"}
            return client.post("/v1/retrieve", json=body).status_code

        def hits() -> float:
            name = 'asof_cache_lookups_total{cache="query",outcome="hit"} '
            return float(
                next(it for it in client.get("/metrics").text.splitlines() if it.startswith(name))[len(name) :]
            )

        assert [asked() for _ in range(5)] == [200] * 5
        before = hits()
        home.write(Erase(VersionId("P-8", 1), "asked to"), recorded="2024-01-04")
        assert [asked() for _ in range(3)] == [200] * 3
        assert hits() >= before
