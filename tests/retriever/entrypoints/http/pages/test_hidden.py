"""What labels hide leaves no trace on any page, form or error."""

import re

import pytest
from starlette.testclient import TestClient

from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE, parsed
from tests.retriever.entrypoints.http.pages.test_signing_in import sign_in

TRACES = ("zanzibar", "clandestine", "counsel", "S-1@", "2024-02-03", "2025-07-08", "2026-11-11", "M-1@2")
"""Words, owner, handles and dates of the hidden policy, and of the hidden revision of a mixed one.

When that revision begins is told: on every outlet what a reader may read of the policy ends there.
"""

EVERY_DAY = re.compile(r'<time datetime="[0-9-]{10}" data-month[^<]*</time>')
"""A day of the month that is drawn: it is there whatever happens on it."""

RECEIPT = re.compile(r"<code>[0-9a-f]{16}|/receipts/[0-9a-f]{64}")
"""A receipt is of its request, which names the policy."""

PAGES = (
    "/", "/?as_of=2026-11-12", "/?q=parcels", "/?as_of=2025-10-01", "/p/P-7", "/p/M-1", "/p/M-1?as_of=2025-10-01",
    "/p/M-1/1", "/p/M-1/compare", "/p/M-1/compare?a=1&b=1", "/p/M-1/timeline", "/p/P-7/timeline", "/search",
    "/search?q=who+keeps+parcels&explain=1", "/search?q=words+for+lawyers&explain=1&as_of=2025-10-01",
    "/search?q=parcels&policy=S-1&explain=1", "/calendar", "/calendar?month=2026-11", "/calendar?month=2025-07",
    "/calendar?as_of=2024-01-01", "/log", "/log?policy=M-1", "/log?since=2025-06-01&until=2025-06-03", "/keys",
    "/health", "/drafts", "/drafts/new?policy=M-1", "/approvals", "/changes/1",
)  # fmt: skip

SAME_AS_UNKNOWN = (
    "/p/{}", "/p/{}?as_of=2024-03-01", "/p/{}/1", "/p/{}/2", "/p/{}/timeline", "/p/{}/compare", "/p/{}/compare?a=1&b=2",
    "/log?policy={}", "/search?q=parcels&policy={}", "/drafts/new?policy={}",
)  # fmt: skip


@pytest.mark.parametrize("role", ["reader", "author", "admin"])
@pytest.mark.parametrize("address", PAGES)
def test_no_byte_of_a_page_tells_of_what_is_hidden(
    visitor: TestClient, keys: dict[str, str], role: str, address: str
) -> None:
    sign_in(visitor, keys[role])
    for asked in (address, f"{address}{'&' if '?' in address else '?'}audience=legal"):
        answer = visitor.get(asked)
        assert answer.status_code in (200, 403), asked
        shown = EVERY_DAY.sub("", answer.text)
        for trace in TRACES:
            typed = trace in asked
            assert typed or trace.casefold() not in shown.casefold(), (asked, trace)


@pytest.mark.parametrize("address", SAME_AS_UNKNOWN)
def test_a_hidden_policy_is_answered_as_an_unknown_one(visitor: TestClient, keys: dict[str, str], address: str) -> None:
    sign_in(visitor, keys["admin"])
    hidden, unknown = (visitor.get(address.format(name)) for name in ("S-1", "S-9"))
    assert hidden.status_code == unknown.status_code
    shown, expected = (RECEIPT.sub("", answer.text) for answer in (hidden, unknown))
    assert shown.replace("S-1", "S-9") == expected
    assert hidden.headers.keys() == unknown.headers.keys()


def test_a_hidden_revision_is_answered_as_an_unknown_one(visitor: TestClient, keys: dict[str, str]) -> None:
    sign_in(visitor, keys["admin"])
    for address in ("/p/M-1/{}", "/p/M-1/compare?a=1&b={}", "/p/M-1/compare?a={}&b=1"):
        hidden, unknown = (visitor.get(address.format(number)) for number in (2, 7))
        assert hidden.status_code == unknown.status_code == 404
        shown, expected = (parsed(answer).words() for answer in (hidden, unknown))
        assert shown.replace("M-1@2", "M-1@7") == expected


def test_whoever_has_the_label_sees_it_on_every_page(visitor: TestClient, keys: dict[str, str]) -> None:
    """The walk above would pass over empty pages: this one shows that they hold it for others."""
    sign_in(visitor, keys["counsel"])
    for address, trace in (
        ("/", "Zanzibar parcels"),
        ("/p/S-1", "Clandestine lawyers"),
        ("/p/M-1", "Mixed zanzibar"),
        ("/p/S-1/compare?a=1&b=2", "come later"),
        ("/p/S-1/timeline", "S-1@2"),
        ("/search?q=who+keeps+zanzibar+parcels", "Clandestine lawyers"),
        ("/calendar", "2026-11-11"),
        ("/calendar?month=2025-07", "S-1@1"),
        ("/log", "S-1@2"),
    ):
        assert trace in visitor.get(address).text, address


def test_a_receipt_of_hidden_words_is_an_unknown_one(visitor: TestClient, keys: dict[str, str]) -> None:
    sign_in(visitor, keys["counsel"])
    asked = visitor.get("/search?q=who+keeps+zanzibar+parcels").text
    address = asked.partition('href="/receipts/')[2].partition('"')[0]
    assert visitor.get(f"/receipts/{address}").status_code == 200
    visitor.post("/sign-out", headers=SENT_FROM_HERE)
    sign_in(visitor, keys["reader"])
    hidden, unknown = (visitor.get(f"/receipts/{it}") for it in (address, "0" * 64))
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert "zanzibar" not in hidden.text
