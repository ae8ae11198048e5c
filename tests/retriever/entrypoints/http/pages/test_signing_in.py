"""Signing in and out: one key sent once, one session, and nothing that another site could do with it."""

import time
from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.testclient import TestClient

from retriever.access.failures import MOST
from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE, Reader, parsed
from tests.retriever.homes import Home

NEXT = "/p/P-7?as_of=2024-07-01"


def sign_in(client: TestClient, key: str, there: str = "/", **headers: str) -> httpx.Response:
    return client.post("/sign-in", data={"key": key, "next": there}, headers={**SENT_FROM_HERE, **headers})


def cookie(response: httpx.Response) -> SimpleCookie:
    return SimpleCookie(response.headers["set-cookie"])


def test_without_a_session_every_page_leads_to_the_form_and_back_again(
    visitor: TestClient, keys: dict[str, str]
) -> None:
    sent = visitor.get(NEXT)
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Fp%2FP-7%3Fas_of%3D2024-07-01")
    form = parsed(visitor.get(sent.headers["location"]))
    assert form.one("input", name="next").attrib["value"] == NEXT
    assert form.one("form").attrib == {"class": "sheet", "method": "post", "action": "/sign-in"}
    done = sign_in(visitor, keys["reader"], NEXT)
    assert (done.status_code, done.headers["location"]) == (303, NEXT)
    assert Reader(visitor)(NEXT).one("form", class_="who").attrib["action"] == "/sign-out"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: TestClient, keys: dict[str, str]) -> None:
    made = cookie(sign_in(visitor, keys["reader"]))["asof"]
    assert (made["httponly"], made["samesite"], made["path"], made["domain"]) == (True, "lax", "/", "")
    assert keys["reader"] not in made.value
    assert made["max-age"] == str(7 * 24 * 3600)


@pytest.mark.parametrize("address", ["https://policies.example", "http://policies.example"])
def test_under_tls_the_cookie_is_bound_to_the_host(shop: Home, keys: dict[str, str], address: str) -> None:
    """Also where a proxy ended it: the browser says so, and the proxy sends the request on without TLS."""
    service = create_service(shop.asof, keys_required=True)
    with TestClient(service, address, follow_redirects=False) as client:
        made = cookie(sign_in(client, keys["reader"], origin="https://policies.example"))
        assert list(made) == ["__Host-asof"]
        assert (made["__Host-asof"]["secure"], made["__Host-asof"]["path"]) == (True, "/")
        client.cookies.clear()
        sent = {"cookie": f"__Host-asof={made['__Host-asof'].value}"}
        assert client.get("/", headers={**SENT_FROM_HERE, **sent}).status_code == 200
        plain = {"cookie": f"asof={made['__Host-asof'].value}"}
        assert client.get("/", headers={**SENT_FROM_HERE, **plain}).status_code == 303


@pytest.mark.parametrize("text", ["", "nonsense", "asof_1a2b3c4d_" + "A" * 43])
def test_a_wrong_key_gets_the_form_again_with_the_reason(visitor: TestClient, text: str) -> None:
    refused = sign_in(visitor, text, NEXT)
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers
    page = parsed(refused)
    assert page.words("p", class_="refused") == "Not signed in. This key is unknown, expired or revoked."
    assert page.one("input", name="next").attrib["value"] == NEXT
    assert text == "" or text not in refused.text


def test_a_feed_token_opens_no_page(visitor: TestClient, keys: dict[str, str]) -> None:
    refused = sign_in(visitor, keys["feed"])
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/v1/policies", "/sign-out", "\\evil"])
def test_signing_in_leads_to_no_other_site(visitor: TestClient, keys: dict[str, str], there: str) -> None:
    assert sign_in(visitor, keys["reader"], there).headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_a_form_of_another_site_is_refused(
    visitor: TestClient, keys: dict[str, str], path: str, headers: dict[str, str]
) -> None:
    sign_in(visitor, keys["reader"])
    refused = visitor.post(path, data={"key": keys["reader"]}, headers=headers)
    assert refused.status_code == 403
    assert "A page of another site sent it" in parsed(refused).words()
    assert "set-cookie" not in refused.headers
    assert visitor.get("/").status_code == 200


def test_a_browser_that_says_its_origin_alone_signs_in(visitor: TestClient, keys: dict[str, str]) -> None:
    done = visitor.post("/sign-in", data={"key": keys["reader"]}, headers={"origin": "http://localhost"})
    assert done.status_code == 303


def test_without_keys_another_site_may_send_nothing_to_any_route(local: Reader) -> None:
    for path in ("/v1/retrieve", "/v1/undo", "/v1/policies/P-7/withdraw", "/sign-in"):
        refused = local.client.post(path, json={"query": "x"}, headers={"sec-fetch-site": "cross-site"})
        assert refused.status_code == 403, path
    assert local.client.post("/v1/retrieve", json={"query": "damaged items"}).status_code == 200


def test_a_session_counts_for_pages_and_not_under_v1(visitor: TestClient, keys: dict[str, str]) -> None:
    sign_in(visitor, keys["author"])
    assert visitor.get("/").status_code == 200
    assert visitor.get("/v1/policies").status_code == 401
    assert visitor.post("/v1/undo", json={}, headers=SENT_FROM_HERE).status_code == 401
    assert visitor.get("/calendar.ics").status_code == 401


def test_a_token_that_somebody_else_chose_is_no_session_after_signing_in(
    visitor: TestClient, keys: dict[str, str]
) -> None:
    """Session fixation: what the browser had before is ended, and never becomes a session."""
    visitor.cookies.set("asof", "A" * 43)
    chosen = cookie(sign_in(visitor, keys["reader"]))["asof"].value
    assert chosen != "A" * 43
    visitor.cookies.clear()
    visitor.cookies.set("asof", "A" * 43)
    assert visitor.get("/").status_code == 303
    visitor.cookies.clear()
    visitor.cookies.set("asof", chosen)
    renewed = cookie(sign_in(visitor, keys["reader"]))["asof"].value
    visitor.cookies.clear()
    visitor.cookies.set("asof", chosen)
    assert visitor.get("/").status_code == 303
    visitor.cookies.clear()
    visitor.cookies.set("asof", renewed)
    assert visitor.get("/").status_code == 200


def test_signing_out_ends_the_session_for_whoever_kept_its_token(visitor: TestClient, keys: dict[str, str]) -> None:
    token = cookie(sign_in(visitor, keys["reader"]))["asof"].value
    out = visitor.post("/sign-out", headers=SENT_FROM_HERE)
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    visitor.cookies.clear()
    visitor.cookies.set("asof", token)
    assert visitor.get("/").status_code == 303
    assert visitor.get("/sign-out").status_code == 405


def test_a_revoked_key_ends_its_session_with_the_next_request(visitor: TestClient, shop: Home) -> None:
    key, text = shop.asof.key_ring.create(Role.READER)
    sign_in(visitor, text)
    assert visitor.get("/").status_code == 200
    shop.asof.key_ring.revoke(key.id)
    assert visitor.get("/").status_code == 303
    asked = visitor.get("/?q=x", headers={"hx-request": "true"})
    assert (asked.status_code, asked.headers["hx-redirect"]) == (401, "/sign-in?next=%2F%3Fq%3Dx")


def test_a_key_in_the_header_opens_pages_too(visitor: TestClient, keys: dict[str, str]) -> None:
    assert visitor.get("/", headers={"authorization": f"Bearer {keys['reader']}"}).status_code == 200
    assert visitor.get("/", headers={"authorization": "Bearer nonsense"}).status_code == 303


def test_many_wrong_keys_from_one_address_have_to_wait(home: Home) -> None:
    home.publish("P-1", "Words.", "2024-01-01")
    home.asof.key_ring.create(Role.READER)
    service = create_service(home.asof, keys_required=True)
    with TestClient(service, "http://localhost", follow_redirects=False) as client:
        statuses = {sign_in(client, "nonsense").status_code for _ in range(MOST + 1)}
        refused = sign_in(client, "nonsense")
    assert statuses == {401, 429}
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "Too many requests without a good key" in parsed(refused).words()


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("charset", ["punycode", "undefined", "utf-16", "nobody-knows"])
def test_a_form_names_no_codec(visitor: TestClient, charset: str) -> None:
    """Such as one that takes minutes for a megabyte, in the thread that takes all requests."""
    body = b'--x\r\ncontent-disposition: form-data; name="key"\r\n\r\ne28h' + b"a" * 10_000 + b"\r\n--x--\r\n"
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    sent = visitor.post("/sign-in", content=body, headers={**SENT_FROM_HERE, "content-type": kind})
    assert sent.status_code == 400
    assert "UTF-8" in sent.text


def test_empty_fields_of_a_form_are_counted(visitor: TestClient) -> None:
    """They are read in the thread that takes all requests."""
    sent = visitor.post("/sign-in", content="key=x" + "&" * 10, headers={**SENT_FROM_HERE, "content-type": FORM})
    assert sent.status_code == 400
    assert "at most 4 fields" in sent.text


def test_cookies_of_others_do_not_keep_a_page_waiting(visitor: TestClient) -> None:
    long = 'x="' + r"\a" * 30_000 + '"'
    began = time.monotonic()
    for path in ("/", "/sign-in", "/livez"):
        assert visitor.get(path, headers={"cookie": long}).status_code in (200, 303)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("there", ["//[", "//%5B", "//%E2%84%80.x", "///[", "/%5C["])
def test_an_address_that_is_none_leads_to_the_first_page(visitor: TestClient, there: str) -> None:
    assert parsed(visitor.get(f"/sign-in?next={there}")).one("input", name="next").attrib["value"] == "/"
