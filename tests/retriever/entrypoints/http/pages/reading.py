"""Pages as tests read them: parsed as a browser does, and asked for their words, links and elements."""

from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import httpx
from starlette.testclient import TestClient

SENT_FROM_HERE = {"sec-fetch-site": "same-origin"}


@dataclass(frozen=True)
class Page:
    """One answer, parsed."""

    response: httpx.Response
    root: Element

    @property
    def status(self) -> int:
        return self.response.status_code

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of a kind with these attributes; `class_` must be one of the classes."""
        return [it for it in self.root.iter(tag) if _fits(it, attributes)]

    def one(self, tag: str, **attributes: str) -> Element:
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements {tag} {attributes}"
        return found[0]

    def words(self, tag: str = "main", **attributes: str) -> str:
        """The words of an element on one line."""
        return said(self.one(tag, **attributes))

    def links(self) -> dict[str, str]:
        """Where the links of the page lead, by their words."""
        return {said(it): it.attrib["href"] for it in self.all("a") if "href" in it.attrib}

    def rows(self, table: int = 0) -> list[list[str]]:
        """The rows of a table in its body."""
        body = self.all("tbody")[table]
        return [[said(cell) for cell in row if cell.tag in ("td", "th")] for row in body.iter("tr")]


def said(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def parsed(response: httpx.Response) -> Page:
    assert response.headers["content-type"].startswith("text/html"), response.text
    root = html5lib.parse(response.text, namespaceHTMLElements=False)
    for it in root.iter():
        it.tag = it.tag.rpartition("}")[2] if isinstance(it.tag, str) else ""  # drawings have a namespace of their own
    return Page(response, root)


@dataclass(frozen=True)
class Reader:
    """A browser without JavaScript."""

    client: TestClient

    def __call__(self, address: str, status: int = 200, **headers: str) -> Page:
        page = parsed(self.client.get(address, headers=headers))
        assert page.status == status, page.words()
        return page


def _fits(element: Element, attributes: dict[str, Any]) -> bool:
    for name, value in attributes.items():
        if name == "class_":
            if value not in element.attrib.get("class", "").split():
                return False
        elif element.attrib.get(name.replace("_", "-")) != value:
            return False
    return True
