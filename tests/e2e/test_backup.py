"""The backup of docs/deploying.md, line by line as the page has it, while the service's home is published into."""

import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from indexer.encoding.embedding import Encoder
from retriever.access.permissions import Role
from tests.retriever.homes import Home
from tests.root import ROOT

HEAD = re.compile(r"\b[0-9a-f]{64}\b")


def recipe() -> tuple[list[str], list[str]]:
    """The commands that make a backup, and those that restore one; not those that move it into place."""
    section = (ROOT / "docs" / "deploying.md").read_text().split("\n## Backup\n")[1].split("\n## ")[0]
    making, restoring, _ = re.findall(r"(?:^    \S.*\n)+", section, re.MULTILINE)
    return making.splitlines(), restoring.splitlines()


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="the command sqlite3 is not installed")
def test_a_backup_made_while_publishing_goes_on_is_restored_and_holds_the_noted_head(
    tmp_path: Path, encoder: Encoder, environment: dict[str, str]
) -> None:
    def shell(line: str) -> str:
        for place in ("/var/lib/asof", "/backup", "/srv/restored"):
            line = line.replace(place, f"{tmp_path}{place}")
        line = line.replace("2026-11-24", "$(date +%F)")
        asof = f'asof() {{ {sys.executable} -m retriever.entrypoints.cli "$@"; }}'
        done = subprocess.run(
            ["bash", "-ec", f"{asof}\n{line}"], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    (tmp_path / "backup").mkdir()
    home = Home(tmp_path / "var/lib/asof", encoder)
    key, _ = home.asof.key_ring.create(Role.ADMIN)
    published: list[str] = []
    done = threading.Event()

    def publish() -> None:
        while not done.is_set():
            published.append(home.publish("P-7", f"Within {len(published)} days.", "2025-01-01"))

    making, restoring = recipe()
    author = threading.Thread(target=publish)
    author.start()
    try:
        printed = ""
        for line in making:
            before, until = len(published), time.monotonic() + 30
            while len(published) < before + 2:
                assert time.monotonic() < until
                time.sleep(0.005)
            printed += shell(line)
    finally:
        done.set()
        author.join()
    [head] = HEAD.findall(printed)
    for line in restoring:
        printed = shell(HEAD.sub(head, line))
    assert f"head {head}" in printed
    shown = shell("asof --home /srv/restored retrieve 'Within how many days?' --as-of 2025-02-01")
    assert "Within" in shown
    assert key.id in shell("asof --home /srv/restored key list")
    home.close()
