"""A home in which words are written and approved, and a browser for each of the people who do it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexer.encoding.embedding import Encoder
from retriever.access.permissions import Role
from retriever.entrypoints.http.app import create_service
from tests.retriever.entrypoints.http.pages.reading import SENT_FROM_HERE, Page, parsed
from tests.retriever.homes import Home

HERE = "http://localhost"
NOW = "2026-01-15T12:00:00Z"

PEOPLE: dict[str, tuple[Role, str | None, tuple[str, ...]]] = {
    "bo": (Role.AUTHOR, "Bo Chen", ()),
    "cy": (Role.AUTHOR, "Cy Doe", ()),
    "ann": (Role.APPROVER, "Ann Lee", ()),
    "ada": (Role.ADMIN, "Ada Min", ()),
    "lea": (Role.AUTHOR, "Lea Gal", ("legal",)),
    "nobody": (Role.AUTHOR, None, ()),
    "reader": (Role.READER, None, ()),
}


def file(policy: str, words: str, **fields: str) -> str:
    front = {"policy": policy, "title": f"Title of {policy}", **fields}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in front.items()) + f"---\n{words}\n"


@dataclass(frozen=True)
class Browser:
    """A browser without JavaScript in which a person is signed in."""

    client: TestClient

    def get(self, address: str, status: int = 200) -> Page:
        page = parsed(self.client.get(address))
        assert page.status == status, page.words()
        return page

    def send(self, address: str, status: int = 303, files: Any = None, **fields: str) -> Any:
        """What a form is answered with: the address that it leads to, or a page."""
        answer = self.client.post(address, data=fields, files=files, headers=SENT_FROM_HERE)
        assert answer.status_code == status, answer.text
        return answer.headers["location"] if status == 303 else parsed(answer)

    def keep(self, text: str, *, submit: bool = False) -> str:
        """Keeps a draft, and hands it in; gives its id."""
        draft_id = self.send("/drafts/new", text=text).removeprefix("/drafts/").partition("?")[0]
        if submit:
            self.send(f"/drafts/{draft_id}/submit")
        return str(draft_id)

    def digest(self, draft_id: str) -> str:
        """What the form that approves or publishes a draft names."""
        return self.get(f"/drafts/{draft_id}").all("input", name="digest")[0].attrib["value"]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("drafting") / "home", encoder)
    made.publish("P-7", "# Damaged items\n\nWithin 30 days.\n\nWith a photo.", "2024-01-01", "2024-01-01T10:00:00Z")
    made.publish("S-1", "Clandestine zanzibar.", "2024-01-01", "2024-01-02T10:00:00Z", audience="[legal]")
    made.clock.set(NOW)
    yield made
    made.close()


@pytest.fixture(scope="session")
def people(desk: Home) -> Iterator[dict[str, Browser]]:
    """Everyone, of a service that asks for keys."""
    ring = desk.asof.key_ring
    service = create_service(desk.asof, keys_required=True)
    with TestClient(service, HERE) as client:
        found = {}
        for name, (role, person, labels) in PEOPLE.items():
            key = ring.create(role, list(labels), person=person)[1]
            browser = TestClient(client.app, HERE, follow_redirects=False)
            browser.portal = client.portal  # one event loop for all, as in a service
            assert browser.post("/sign-in", data={"key": key}, headers=SENT_FROM_HERE).status_code == 303
            found[name] = Browser(browser)
        yield found


@pytest.fixture(scope="session")
def bo(people: dict[str, Browser]) -> Browser:
    return people["bo"]


@pytest.fixture(scope="session")
def ann(people: dict[str, Browser]) -> Browser:
    return people["ann"]
