"""The files of the pages: vendored ones are what their authors released, and all of them are in the wheel."""

import hashlib
import tomllib
from fnmatch import fnmatch

import pytest

from retriever.entrypoints.http.pages.dressing import DOCS_POLICY
from retriever.entrypoints.http.pages.page import HERE, STATIC
from tests.retriever.entrypoints.http.pages.reading import Reader
from tests.root import ROOT

VENDORED = {
    "htmx.min.js": "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
    "htmx.LICENSE.txt": "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
    "swagger/swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger/swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
    "swagger/LICENSE.txt": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
}
"""SHA-256 of the files of htmx.org 2.0.11 and swagger-ui-dist 5.35.0 as the npm registry has them."""


@pytest.mark.parametrize("name", VENDORED)
def test_a_vendored_file_is_as_it_was_released(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == VENDORED[name]


def test_every_template_and_file_is_in_the_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["retriever.entrypoints.http.pages"]
    files = [
        str(path.relative_to(HERE)) for path in HERE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    assert len(files) > 15
    assert [name for name in files if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_the_documentation_is_drawn_from_here_alone(local: Reader) -> None:
    page = local("/docs")
    assert page.response.headers["content-security-policy"] == DOCS_POLICY
    loaded = [it.attrib["src"] for it in page.all("script")] + [it.attrib["href"] for it in page.all("link")]
    assert all(address.startswith("/static/") for address in loaded)
    for address in loaded:
        assert local.client.get(address).status_code == 200
    assert page.links() == {} or set(page.links().values()) == {"/openapi.json"}


def test_no_file_names_another_site_to_load_from() -> None:
    for name in ("pages.css", "pages.js", "docs.js"):
        assert "http" not in (STATIC / name).read_text(encoding="utf-8"), name
