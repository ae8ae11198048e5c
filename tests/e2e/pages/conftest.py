"""The pages of a real service in a real browser: Debian's Chromium, driven by Playwright; nothing is downloaded."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.command import Run
from tests.e2e.serving import serving_here

BODY = """# Damaged items

## What counts

Damaged items within {days} days are eligible.

- A photo of the damage
- The order number

## Amounts

| Item | Refund |
|------|-------:|
| Book | 10 EUR |
| Lamp | 25 EUR |
"""

FILES = (
    ("P-7", BODY.format(days=30), {"title": "Damaged items", "effective": "2024-01-01", "owner": "returns-team"}),
    ("P-7", BODY.format(days=14), {"title": "Damaged items", "effective": "2025-03-01", "review_by": "2025-06-01"}),
    ("P-7", BODY.format(days=7), {"title": "Damaged items", "effective": "2090-01-01"}),
    ("P-8", "Gift cards are not refunded.", {"title": "Gift cards", "effective": "2024-05-01"}),
    (
        "P-9",
        "Holiday returns end late.",
        {"title": "Holiday returns", "effective": "2091-01-01", "until": "2091-02-01"},
    ),
    (
        "X-1",
        '# Markup <img src="https://evil.example/x.png">\n\n![far](https://evil.example/y.png) [out](https://a.example)\n',
        {"title": "'<b>Markup</b>'", "effective": "2024-01-01"},
    ),
)

PAGES = (
    "/", "/?q=nothing+has+this", "/?as_of=2024-07-01", "/p/P-7", "/p/P-7?as_of=2024-07-01", "/p/P-7/1", "/p/P-8",
    "/p/P-9", "/p/X-1", "/p/P-77", "/p/P-7/compare?a=1&b=2", "/p/P-7/compare?a=1&b=2&view=both", "/p/P-7/timeline",
    "/search", "/search?q=damaged+items&explain=1", "/search?q=gift&policy=P-8", "/calendar", "/calendar?month=2090-01",
    "/log", "/keys", "/health", "/sign-in",
)  # fmt: skip


@pytest.fixture(scope="session")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    for number, (policy, body, fields) in enumerate(FILES):
        front = "".join(f"{name}: {value}\n" for name, value in {"policy": policy, **fields}.items())
        (folder / f"{number}.md").write_text(f"---\n{front}---\n{body}\n")
        run("publish", folder / f"{number}.md", "--home", folder / "home")
    run("withdraw", "P-8", "--from", "2026-01-01", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[httpx.Client]:
    with serving_here(home) as client:
        yield client


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser; the tests are skipped where there is none.

    While it is there, an event loop runs in this thread, and no test can run one of its own.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed; scripts/test --browser installs it"
    )
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium; install it with your system's packages")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path)
        yield browser
        browser.close()


Opened = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def opened(chromium: Any, service: httpx.Client) -> Opened:
    """Opens a tab on the service. It fails the test where the tab asks another site, or where something goes wrong."""

    @contextmanager
    def tab(width: int = 1200, *, client: httpx.Client = service, **options: Any) -> Iterator[Any]:
        base = str(client.base_url)
        context = chromium.new_context(viewport={"width": width, "height": 900}, base_url=base, **options)
        page = context.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        yield page
        context.close()
        assert [address for address in asked if not address.startswith(base)] == []
        assert [line for line in said if "Failed to load resource" not in line] == []

    return tab


@pytest.fixture(scope="module")
def office(home: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same policies, where those of P need an approval."""
    folder = tmp_path_factory.mktemp("office") / "home"
    shutil.copytree(home, folder)
    run("settings", "approval", "required", "--policies", "P-*", "--home", folder)
    return folder


@pytest.fixture(scope="module")
def keys(request: pytest.FixtureRequest, office: Path, run: Run) -> dict[str, str]:
    """A key of each of the module's `PEOPLE`: a role and a name, by what the tests call them."""
    people: dict[str, tuple[str, str]] = request.module.PEOPLE
    made = {
        name: run("key", "create", "--role", role, "--person", person, "--home", office)
        for name, (role, person) in people.items()
    }
    return {name: it.stdout.split()[0] for name, it in made.items()}


@pytest.fixture(scope="module")
def desk(office: Path, keys: dict[str, str]) -> Iterator[httpx.Client]:
    with serving_here(office) as client:
        yield client


@pytest.fixture
def signed_in(opened: Opened, desk: httpx.Client, keys: dict[str, str]) -> Any:
    """Opens a tab in which the holder of a key is signed in."""

    @contextmanager
    def tab(name: str, width: int = 1200, **options: Any) -> Iterator[Any]:
        with opened(width, client=desk, **options) as page:
            page.goto("/sign-in")
            page.fill("[name=key]", keys[name])
            page.press("[name=key]", "Enter")
            page.wait_for_url("**/")
            yield page

    return tab
