"""Generated requests over the whole OpenAPI document: no 5xx, and every answer as the document says."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command import Run
from tests.e2e.serving import serving_here

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)


@pytest.mark.slow
def test_generated_requests_meet_no_server_error_and_no_surprise(run: Run, tmp_path: Path) -> None:
    (tmp_path / "P-7.md").write_text(
        "---\npolicy: P-7\ntitle: P-7\neffective: 2024-01-01\n---\nDamaged items may be returned.\n"
    )
    run("publish", tmp_path / "P-7.md", "--home", tmp_path / "home")
    with serving_here(tmp_path / "home") as client:
        schema = f"{client.base_url}/openapi.json".replace("//openapi", "/openapi")
        command = [sys.executable, "-m", "schemathesis.cli", "run", schema, "--checks", CHECKS]
        done = subprocess.run(
            [*command, "--max-examples", "15", "--seed", "7", "--no-color"],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert "No issues found" in done.stdout or "passed" in done.stdout
