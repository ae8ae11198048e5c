"""A home whose keys are made and revoked on pages, and a browser for each of those who may and may not."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.drafting.conftest import Browser
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE, Page
from tests.retriever.homes import Home

HERE = "http://localhost"
TEXT = re.compile(r"asof_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Office:
    """A service that asks for keys. `said` is what it wrote to its log."""

    home: Home
    app: Any
    said: io.StringIO

    def browser(self, key: str | None = None) -> Browser:
        """A browser, in which the holder of a key is signed in."""
        client = TestClient(self.app, HERE, follow_redirects=False)
        if key is not None:
            assert client.post("/sign-in", data={"key": key}, headers=SENT_FROM_HERE).status_code == 303
        return Browser(client)

    def key(self, role: Role, person: str | None = None, *labels: str) -> str:
        """The text of a new key."""
        return self.home.asof.key_ring.create(role, labels, person=person)[1]


@pytest.fixture
def office(home: Home) -> Iterator[Office]:
    home.publish("P-1", "Words.", "2024-01-01")
    said = io.StringIO()
    log = structlog.wrap_logger(structlog.PrintLogger(said), processors=[structlog.processors.JSONRenderer()])
    service = create_service(home.asof, keys_required=True, log=log)
    with TestClient(service, HERE):
        yield Office(home, service, said)


@pytest.fixture
def ada(office: Office) -> Browser:
    """An admin who may read what is for legal."""
    return office.browser(office.key(Role.ADMIN, "Ada Min", "legal"))


def make(browser: Browser, status: int = 201, **fields: str) -> Page:
    """The page that a form for a key leads to."""
    page: Page = browser.send("/keys/new", status, id=proposed(browser), **fields)
    return page


def proposed(browser: Browser) -> str:
    """The id that a new form chose."""
    return browser.get("/keys/new").one("input", name="id").attrib["value"]


def text_on(page: Page) -> str:
    """The text of the key that a page shows."""
    found = {match[0] for match in TEXT.finditer(page.response.text)}
    assert len(found) == 1
    return found.pop()
