"""What tests of every package share: the data folder, the real encoder, and an environment that is not the user's."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.encoding.embedding import Encoder, load_encoder
from tests.root import ROOT

pytest_plugins = ("tests.tiers",)

gc.set_threshold(50_000, 10, 10)
"""Each whole collection of garbage walks through thousands of tests; with the interpreter's own 700 there are many."""

OF_THE_RUN = ("ASOF_TEST_DATA", "ASOF_MODEL_CACHE")
"""What is left of the user's environment: where the data for tests lies, and where the exported model is kept."""


@pytest.fixture(scope="session", autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's own home folder, nor follows the user's settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("ASOF_", "OTEL_")) and name not in OF_THE_RUN:
                patch.delenv(name)
        patch.setenv("ASOF_HOME", str(tmp_path_factory.mktemp("default") / "home"))
        yield


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real material described in its README; the test is skipped where there is none."""
    folder = Path(os.environ.get("ASOF_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"there is no test data in {folder}; set ASOF_TEST_DATA to where it lies")
    return folder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The default model, loaded once; its graph is exported first (about 20 seconds) if this user has none yet."""
    return load_encoder()
