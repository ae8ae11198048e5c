"""What a browser sends for a page: paths, addresses to go back to, cookies, and who sent it."""

from typing import Any

import pytest

from retriever.entrypoints.http.browsing import (
    is_for_all,
    is_from_elsewhere,
    is_page,
    is_under_tls,
    keep_session_cookies,
    local_address,
    session_token,
)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/p/P-7",
        "/p/P-7/3",
        "/search",
        "/calendar",
        "/static/pages.css",
        "/sign-in",
        "/drafts",
        "/drafts/new",
        "/changes/12",
        "/approvals",
    ],
)
def test_pages_are_told_from_routes(path: str) -> None:
    assert is_page(path)


@pytest.mark.parametrize(
    "path", ["/v1/policies", "/calendar.ics", "/feed.atom", "/metrics", "/mcp", "/openapi.json", "/p"]
)
def test_routes_are_no_pages(path: str) -> None:
    assert not is_page(path)


def test_only_signing_in_files_and_documentation_are_for_all() -> None:
    assert [is_for_all(path) for path in ("/sign-in", "/sign-out", "/docs", "/static/x")] == [True] * 4
    assert [is_for_all(path) for path in ("/", "/p/P-7", "/keys", "/search")] == [False] * 4


@pytest.mark.parametrize(
    "text", ["/p/P-7?as_of=2025-01-01", "/", "/search?q=a+b", "/calendar", "/drafts/d-7k2mq9xa", "/keys/new"]
)
def test_a_page_of_this_service_is_gone_back_to(text: str) -> None:
    assert local_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        None, "", "https://evil.example/", "//evil.example/", "/\\evil.example", "///evil.example", "/\tevil", "p/P-7",
        "javascript:alert(1)", "/sign-out", "/v1/policies", "/p/P-7\r\nset-cookie: a=b", "/static/x.css", "/\x00",
        "//[", "//]", "//[::zz]/", "//\u2100.x", "//[/p/P-7",
    ],
)  # fmt: skip
def test_any_other_address_leads_to_the_first_page(text: str | None) -> None:
    assert local_address(text) == "/"


def request(scheme: str = "http", **headers: str) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "scheme": scheme, "headers": named}


def test_tls_that_a_proxy_ended_is_told_by_the_browser() -> None:
    assert is_under_tls(request("https"))
    assert is_under_tls(request(origin="https://a.example", host="a.example"))
    assert is_under_tls(request(sec_fetch_site="none", host="a.example"))
    assert not is_under_tls(request(sec_fetch_site="none", host="localhost:8765"))
    assert not is_under_tls(request(host="a.example", x_forwarded_proto="https"))
    assert not is_under_tls(request(origin="http://a.example", host="a.example"))


def test_under_tls_a_cookie_that_another_host_can_set_is_no_session() -> None:
    both = "asof=plain; __Host-asof=safe"
    assert session_token(request("https", cookie=both)) == "safe"
    assert session_token(request(cookie=both, host="a.example")) == "safe"
    assert session_token(request("https", cookie="asof=plain")) is None
    assert session_token(request(cookie="asof=plain", sec_fetch_site="none", host="a.example")) is None
    assert session_token(request(cookie="asof=plain", host="a.example")) == "plain"
    assert session_token(request()) is None
    assert session_token(request(cookie='=;;"=bad, asof')) is None


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://a.example", "host": "a.example"}, True),
        ({"origin": "http://a.example:8765", "host": "a.example:8765"}, False),
        ({"origin": "https://A.example", "host": "a.example"}, False),
        ({"origin": "https://b.example", "host": "a.example"}, True),
        ({"origin": "null", "host": "a.example"}, True),
        ({"origin": "http://a.example:1", "host": "a.example"}, True),
        ({"origin": "http://[", "host": "a.example"}, True),
        ({"origin": "http://[", "host": "["}, True),
        ({"origin": "http://[::zz]", "host": "[::zz]"}, True),
        ({"origin": "", "host": "a.example"}, True),
    ],
)
def test_who_sent_a_request_is_said_by_the_browser(headers: dict[str, str], elsewhere: bool) -> None:
    assert is_from_elsewhere(headers, of_a_page=True) is elsewhere
    assert is_from_elsewhere(headers, of_a_page=False) is elsewhere


def test_what_says_nothing_of_its_sender_is_a_program_and_sends_no_form() -> None:
    assert is_from_elsewhere({"host": "a.example"}, of_a_page=True)
    assert not is_from_elsewhere({"host": "a.example"}, of_a_page=False)


@pytest.mark.parametrize("other", ["x[y]=1", "a{b=1", '{"json": true}', "=", ";;", "asof-theme=dark"])
def test_another_cookie_of_this_host_hides_no_session(other: str) -> None:
    scope = {"type": "http", "scheme": "http", "headers": [(b"cookie", f"{other}; asof=abc".encode())]}
    assert session_token(scope) == "abc"


def test_cookies_of_others_are_taken_out_whatever_they_say() -> None:
    """A reader of all cookies needs seconds for the first: its time grows with the square of such a value."""
    scope: dict[str, Any] = {
        "type": "http",
        "scheme": "http",
        "headers": [
            (b"host", b"localhost"),
            (b"cookie", b'x="' + rb"\a" * 30_000 + b'"; asof=right-token_1; theme=dark'),
            (b"cookie", b'__Host-asof="' + rb"\a" * 30_000 + b'"'),
        ],
    }
    keep_session_cookies(scope)
    assert scope["headers"] == [(b"host", b"localhost"), (b"cookie", b"asof=right-token_1")]
    assert session_token(scope) == "right-token_1"
