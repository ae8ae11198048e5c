"""What root makes in the home of another user, such as that of a service, belongs to that user."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.encoding.embedding import Encoder
from retriever.access.keys import KeyRing
from retriever.access.permissions import Role
from retriever.errors import KeysUnreadable
from tests.retriever.homes import Home
from tests.unwritable import needs_modes

NOBODY = 65534

READS_BY_MODES = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")


@needs_root
def test_all_that_root_makes_belongs_to_the_owner_of_the_home(tmp_path: Path, encoder: Encoder) -> None:
    path = tmp_path / "home"
    path.mkdir()
    os.chown(path, NOBODY, NOBODY)
    home = Home(path, encoder)
    key, text = home.asof.key_ring.create(Role.AUTHOR)
    home.publish("P-7", "Within 7 days.", "2024-01-01")
    assert home.asof.key_ring.check(text) == key
    home.asof.traces.close()
    found = [path, *path.rglob("*")]
    assert len(found) > 5
    assert {(file.stat().st_uid, file.stat().st_gid) for file in found} == {(NOBODY, NOBODY)}
    home.close()


@needs_modes
def test_keys_of_another_user_are_told_as_that_and_not_as_lost(home: Home) -> None:
    home.asof.key_ring.create(Role.READER)
    (home.path / "keys.json").chmod(0)
    program = "import sys; from retriever.bootstrap import Asof; Asof.at(sys.argv[1]).key_ring.keys()"
    command = [*READS_BY_MODES, sys.executable, "-c", program, str(home.path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60).stderr
    assert KeysUnreadable.__name__ in said
    assert f"belongs to another user. Give the home to the user of the service (`chown -R USER {home.path}`)" in said
    (home.path / "keys.json").chmod(0o600)
    assert KeyRing(home.path, home.clock).keys()
