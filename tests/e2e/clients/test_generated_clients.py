"""Clients that other people's tools generate from /openapi.json: without a warning, and they work.

What the tools and the calls say is printed: `python -m pytest --all -s tests/e2e/clients/test_generated_clients.py`.
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retriever.bootstrap import Asof
from retriever.entrypoints.http.app import create_service
from tests.e2e.command import Run
from tests.e2e.serving import serving

pytestmark = pytest.mark.slow

FILE = "---\npolicy: {policy}\ntitle: Damaged items\neffective: 2024-01-01\n---\n{words}\n"
PIP = "openapi-python-client==0.29.1"
GENERATE = "generate --meta none --output-path asof_client --fail-on-warning".split()
NPM = ("openapi-typescript@7.13.0", "typescript@5.9.3")
USE = """
import type { components, operations } from "./asof";

const question: components["schemas"]["RetrieveRequest"] = { query: "May a damaged item be returned?", k: 3 };
const files: components["schemas"]["AuthoredFiles"] = { files: ["---\\npolicy: P-7\\n---\\nWords."] };
type Answers = operations["retrieve"]["responses"];
type Problem = Answers[401 | 422 | 429 | 503]["content"]["application/problem+json"];

export function said(answer: Answers[200]["content"]["application/json"] | Problem): string {
    if ("code" in answer) return answer.errors?.map((each) => each.field).join(", ") ?? answer.detail;
    return answer.evidence.map((item) => item.citation + (item.also ?? [])).join(question.query + files.files);
}
"""
"""What a program in TypeScript says of a question and its outcomes: fields that may be left out are optional."""


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    (folder / "P-7.md").write_text(FILE.format(policy="P-7", words="Damaged items may be returned within 30 days."))
    run("publish", folder / "P-7.md", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def key(run: Run, home: Path) -> str:
    text: str = run("key", "create", "--role", "author", "--home", home).stdout.split()[0]
    return text


@pytest.fixture(scope="module")
def service(home: Path, key: str, environment: dict[str, str]) -> Iterator[httpx.Client]:
    """`asof serve`, which needs a key since there is one."""
    with serving(home, environment) as client:
        yield client


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The command openapi-python-client, in an environment of its own: it needs an older typer than Asof may have."""
    folder = tmp_path_factory.mktemp("generator")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", PIP]
    if subprocess.run(pip, capture_output=True, timeout=240, check=False).returncode:
        pytest.skip("pip cannot install openapi-python-client here")
    return str(folder / "bin" / "openapi-python-client")


@pytest.fixture(scope="module")
def generated(service: httpx.Client, generator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the package `asof_client` that openapi-python-client made, with its import path set."""
    folder = tmp_path_factory.mktemp("python")
    told(generator, *GENERATE, "--url", document(service), folder=folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder / "asof_client"


def document(service: httpx.Client) -> str:
    return str(service.base_url.join("/openapi.json"))


def told(*command: str, folder: Path) -> None:
    """Runs a command and prints what it said; the test fails where it failed or warned."""
    ours = str(Path(sys.executable).parent)
    tool = shutil.which(command[0], path=ours) or shutil.which(command[0])
    assert tool is not None
    found = {**os.environ, "PATH": f"{ours}{os.pathsep}{os.environ['PATH']}"}  # the generator formats with our ruff
    run = [tool, *command[1:]]
    done = subprocess.run(run, cwd=folder, env=found, capture_output=True, text=True, timeout=240, check=False)
    said = done.stdout + done.stderr
    print(f"\n$ {' '.join(command)}\n{said.strip()}\nexit {done.returncode}")
    assert done.returncode == 0, said
    assert "warning" not in said.lower(), said


def operation(name: str) -> Any:
    """The module of an operation in the generated package, wherever its tag put it."""
    tags = importlib.import_module("asof_client.api").__path__[0]
    [found] = Path(tags).glob(f"*/{name}.py")
    return importlib.import_module(f"asof_client.api.{found.parent.name}.{name}")


def test_every_operation_is_in_the_generated_python_client(service: httpx.Client, generated: Path) -> None:
    paths = service.get("/openapi.json").json()["paths"]
    named = {described["operationId"] for methods in paths.values() for described in methods.values()}
    made = {path.stem for path in (generated / "api").glob("*/*.py")} - {"__init__"}
    assert made == named
    assert len(named) == 40


def test_the_generated_python_client_asks_verifies_publishes_and_reads_problems(
    service: httpx.Client, generated: Path, key: str
) -> None:
    package, models = importlib.import_module("asof_client"), importlib.import_module("asof_client.models")
    address = str(service.base_url).rstrip("/")
    settings = {"raise_on_unexpected_status": True, "httpx_args": {"trust_env": False}}

    def call(name: str, token: str, *path: Any, **fields: Any) -> Any:
        with package.AuthenticatedClient(address, token=token, **settings) as client:
            answer = operation(name).sync_detailed(*path, client=client, **fields)
        print(f"{name}: {int(answer.status_code)} {type(answer.parsed).__name__} {str(answer.parsed)[:150]}")
        return answer

    asked = call("retrieve", key, body=models.RetrieveRequest(query="May a damaged item be returned?", k=1))
    assert asked.status_code == 200
    [item] = asked.parsed.evidence
    assert (item.citation, item.words) == ("P-7@1#1", "Damaged items may be returned within 30 days.")

    body = models.CitationRequest(citation=item.citation, quote="within 30 days", as_of="2025-04-01")
    checked = call("verify_citation", key, body=body)
    assert (checked.status_code, checked.parsed.verdict.value) == (200, "supported")

    files = models.AuthoredFiles(files=[FILE.format(policy="N-1", words="Umbrellas may be exchanged.")])
    planned = call("plan", key, body=files)
    assert planned.parsed.policies[0].revisions[0].version == "N-1@1"
    written = call("publish_revision", key, "N-1", body=files, idempotency_key="k-1")
    assert (written.status_code, written.parsed.events[0].version) == (201, "N-1@1")

    unknown = call("retrieve", "asof_1a2b3c4d_nonsense", body=models.RetrieveRequest(query="q"))
    missing = call("get_policy", key, "P-404")
    invalid = call("withdraw_policy", key, "P-7", body=models.WithdrawRequest(from_="soon"))
    for answer, status, code in (
        (unknown, 401, "unauthorized"),
        (missing, 404, "unknown_policy"),
        (invalid, 422, "invalid_request"),
    ):
        assert isinstance(answer.parsed, models.Problem)
        assert (answer.status_code, answer.parsed.status, answer.parsed.code) == (status, status, code)
    assert unknown.headers["www-authenticate"] == "Bearer"

    untyped = call("retrieve", key, body=models.RetrieveRequest.from_dict({"query": "q", "strict": "perhaps"}))
    assert [error.field for error in untyped.parsed.errors] == ["strict"]


def test_a_client_is_generated_for_a_service_without_keys_too(generator: str, tmp_path: Path) -> None:
    whole = create_service(Asof.at(tmp_path / "home")).openapi()
    (tmp_path / "openapi.json").write_text(json.dumps(whole))
    told(generator, *GENERATE, "--path", "openapi.json", folder=tmp_path)


def test_the_generated_types_of_typescript_hold_what_a_program_sends_and_reads(
    service: httpx.Client, tmp_path: Path
) -> None:
    if shutil.which("npm") is None:
        pytest.skip("there is no npm, which openapi-typescript comes by")
    npm = ["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error", *NPM]
    installed = subprocess.run(npm, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    if installed.returncode:
        pytest.skip("npm cannot install openapi-typescript here")
    told("npx", "openapi-typescript", document(service), "--output", "asof.d.ts", folder=tmp_path)
    (tmp_path / "use.ts").write_text(USE)
    told("npx", "tsc", "--noEmit", "--strict", "--exactOptionalPropertyTypes", "use.ts", folder=tmp_path)
