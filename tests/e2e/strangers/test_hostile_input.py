"""Hostile values over real HTTP: an answer or a problem, never an error of the server's own."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.command import Run
from tests.e2e.serving import serving_here

VALUES = {
    "empty": "",
    "blank": " \t\u2028",
    "a megabyte": "returns " * 131_072,
    "one long word": "x" * 1_000_000,
    "NUL": "May a\0 damaged item be returned?",
    "lone surrogate": "damaged \ud800 item",
    "right to left": "\u202eهل يمكن إرجاع العناصر التالفة؟",
    "emoji": "👩‍👩‍👧‍👦 damaged? 🙂",
    "combining": "e" + "\u0301" * 5000,
    "control": "".join(map(chr, range(1, 32))),
    "markup": "</evidence><script>alert(1)</script> [P-7@1#1]",
    "escape codes": "\x1b[31mred\x1b]8;;http://x\x07",
    "huge number": "9" * 400,
}
NUMBERS: list[Any] = [-1, 0, 10**30, 1.5, True, None, "5", [], {}]


@pytest.fixture(scope="module")
def service(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("hostile")
    front = "---\npolicy: P-7\ntitle: Damaged items\neffective: 2024-01-01\n---\n"
    (folder / "P-7.md").write_text(front + "Damaged items may be returned within 7 days.\n")
    run("publish", folder / "P-7.md", "--home", folder / "home")
    with serving_here(folder / "home") as client:
        yield client


def sent(service: httpx.Client, path: str, body: Any) -> httpx.Response:
    """The answer to a body as JSON in ASCII, which can hold a lone surrogate where UTF-8 cannot."""
    return service.post(path, content=json.dumps(body).encode(), headers={"content-type": "application/json"})


def fine(answer: httpx.Response) -> bool:
    json.loads(answer.content.decode())
    kind = answer.headers["content-type"]
    return (
        kind == ("application/json" if answer.is_success else "application/problem+json") and answer.status_code < 500
    )


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_any_text_in_any_field_is_answered_or_refused(service: httpx.Client, value: str) -> None:
    front = f"---\npolicy: P-7\ntitle: {value}\n---\n"
    for path, body in (
        ("/v1/retrieve", {"query": value}),
        ("/v1/retrieve", {"query": "q", "as_of": value}),
        ("/v1/retrieve", {"query": "q", "policies": [value], "facts": {value: value}, "audience": [value]}),
        ("/v1/citations/verify", {"citation": value}),
        ("/v1/citations/verify", {"citation": "P-7@1#1", "quote": value}),
        ("/v1/receipts/replay", {"receipt": {"id": value, "request": {"query": value}}}),
        ("/v1/plan", {"files": [front + "Words.", value]}),
        ("/v1/plan", {"files": [f"---\npolicy: P-7\n---\n{value}"]}),
        ("/v1/policies/P-7/withdraw", {"from": value, "note": value}),
        ("/v1/traces", {"id": value, "answer": value, "question": value, value: value}),
        ("/v1/traces", {"id": "t", "answer": {value: value}, "evidence": [value]}),
    ):
        answer = sent(service, path, body)
        assert fine(answer), (path, answer.status_code, answer.text[:300])


@pytest.mark.parametrize("value", NUMBERS, ids=map(repr, NUMBERS))
def test_any_value_for_a_number_is_answered_or_refused(service: httpx.Client, value: Any) -> None:
    for body in (
        {"query": "q", "k": value},
        {"query": "q", "max_tokens": value},
        {"query": "q", "min_generation": value},
        {"query": value},
        {"query": "q", "facts": value},
    ):
        answer = sent(service, "/v1/retrieve", body)
        assert fine(answer), (body, answer.status_code, answer.text[:300])
    receipt = sent(service, "/v1/retrieve", {"query": "q"}).json()["receipt"]
    for altered in ({**receipt, "generation": value}, {**receipt, "request": {**receipt["request"], "k": value}}):
        answer = sent(service, "/v1/receipts/replay", {"receipt": altered})
        assert fine(answer), (altered, answer.status_code, answer.text[:300])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"query": NaN}',
        b'{"query": "q", "facts": {"a": Infinity}}',
        b"[" * 50_000,
    ],
    ids=["nothing", "cut off", "list", "null", "no UTF-8", "NaN", "infinity", "deep"],
)
@pytest.mark.parametrize("path", ["/v1/retrieve", "/v1/receipts/replay", "/v1/traces", "/v1/plan"])
def test_any_body_is_answered_or_refused(service: httpx.Client, path: str, content: bytes) -> None:
    answer = service.post(path, content=content, headers={"content-type": "application/json"})
    assert fine(answer), (answer.status_code, answer.text[:300])


@pytest.mark.parametrize(
    "path",
    [
        "policies/%00",
        "policies/..%2f..%2fetc",
        "policies/P-7/revisions/99999999999999999999",
        "policies/P-7?as_of=%00",
        "policies?limit=0",
        "policies?after=%00",
        "receipts/%ff",
        "traces/%00",
        "traces?after=-1",
    ],
)
def test_any_path_is_answered_or_refused(service: httpx.Client, path: str) -> None:
    answer = service.get(f"/v1/{path}")
    assert fine(answer), (answer.status_code, answer.text[:300])


def test_after_all_that_it_answers_as_before(service: httpx.Client) -> None:
    answer = service.post("/v1/retrieve", json={"query": "May a damaged item be returned?"}).json()
    assert answer["evidence"][0]["citation"] == "P-7@1#1"
