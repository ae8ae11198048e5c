"""A small shop as its pages show it: in force, scheduled, withdrawn, erased, hidden and hostile policies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.encoding.embedding import Encoder
from policies.change import Erase, Publish, Withdraw
from policies.instant import parse_instant
from policies.revision import VersionId
from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.reading import Reader
from tests.retriever.homes import Home, draft

NOW = "2026-01-15T12:00:00Z"
HERE = "http://localhost"

RULES = """# Damaged items

## What counts

Damaged items within {days} days are eligible.

- A photo of the damage
- The order number

## Amounts

| Item | Refund |
|------|-------:|
| Book | 10 EUR |
| Lamp | 25 EUR |"""

HOSTILE = """# <b onclick="alert(1)">Heading</b><script>alert(2)</script>

Words <img src="https://evil.example/x.png" onerror="alert(3)"> with [a link](javascript:alert(4)),
[another](https://shop.example/x "title"), [a third](/sign-out) and ![a picture](https://evil.example/y.png).

<div id="p1" class="handle" style="position:fixed" onmouseover="alert(5)">
raw <form action="/sign-out"><input></form></div>

<iframe src="https://evil.example"></iframe>"""

MARKUP = '"><img src=x onerror=alert(1)>'


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("pages") / "home", encoder)
    made.publish("P-7", RULES.format(days=30), "2024-01-01", "2024-01-01T10:00:00Z", title="Damaged items")
    made.publish("P-8", "Gift cards are not refunded.", "2024-05-01", "2024-04-20T10:00:00Z", title="Gift cards")
    made.publish("M-1", "Mixed words for all.", "2024-01-01", "2024-05-01T10:00:00Z", title="Mixed rules")
    made.publish(
        "P-7", RULES.format(days=14), "2025-03-01", "2025-02-20T10:00:00Z",
        title="Damaged items", owner="returns-team", review_by="2025-06-01", note="Shorter since too many came back",
    )  # fmt: skip
    made.write(Withdraw("P-8", parse_instant("2025-06-01")), recorded="2025-05-20T10:00:00Z")
    made.publish(
        "S-1", "Clandestine lawyers keep zanzibar parcels.", "2024-02-03", "2025-06-01T10:00:00Z",
        title="Zanzibar parcels", audience="[legal]", owner="zanzibar-counsel", review_by="2025-07-08",
    )  # fmt: skip
    made.publish(
        "M-1", "Mixed zanzibar words for lawyers.", "2025-09-09", "2025-06-02T10:00:00Z",
        title="Zanzibar mixture", audience="[legal]",
    )  # fmt: skip
    made.publish("E-1", "Forgotten quokka words.", "2024-01-01", "2025-06-03T10:00:00Z", title="Quokka")
    made.write(Erase(VersionId("E-1", 1), "a court says so"), recorded="2025-06-04T10:00:00Z")
    made.publish("P-7", RULES.format(days=7), "2027-01-01", "2025-12-01T10:00:00Z", title="Damaged items")
    made.publish(
        "P-9", "Until the middle of January.", "2026-12-01", "2025-12-02T10:00:00Z",
        title="Holiday returns", until="2027-01-15",
    )  # fmt: skip
    made.publish(
        "S-1", "Clandestine zanzibar parcels come later.", "2026-11-11", "2025-12-03T10:00:00Z",
        title="Zanzibar parcels", audience="[legal]",
    )  # fmt: skip
    hostile = draft("X-1", HOSTILE, "2024-01-01", title=f"'{MARKUP}'", owner=f"'{MARKUP}'", note=f"'{MARKUP}'")
    made.write(Publish(hostile), recorded="2025-12-04T10:00:00Z")
    made.clock.set(NOW)
    yield made
    made.close()


@pytest.fixture(scope="session")
def local(shop: Home) -> Iterator[Reader]:
    """Someone on this machine, of a service that asks for no keys."""
    with TestClient(create_service(shop.asof), HERE, raise_server_exceptions=False) as client:
        yield Reader(client)


@pytest.fixture(scope="session")
def keys(shop: Home) -> dict[str, str]:
    """The text of a key of each kind."""
    ring = shop.asof.key_ring
    return {
        "reader": ring.create(Role.READER)[1],
        "counsel": ring.create(Role.READER, ["legal"])[1],
        "author": ring.create(Role.AUTHOR)[1],
        "admin": ring.create(Role.ADMIN)[1],
        "feed": ring.create(Role.FEED)[1],
    }


@pytest.fixture(scope="session")
def keyed(shop: Home, keys: dict[str, str]) -> Iterator[TestClient]:
    """A client of a service that asks every caller for a key, without a session."""
    service = create_service(shop.asof, keys_required=True)
    with TestClient(service, HERE, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def visitor(keyed: TestClient) -> Iterator[TestClient]:
    """The same client as a browser that has no cookie yet."""
    keyed.cookies.clear()
    yield keyed
    keyed.cookies.clear()


@pytest.fixture
def folder(shop: Home) -> Path:
    return shop.path
