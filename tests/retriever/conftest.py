"""A home in tmp_path, behind the real composition root and the real encoder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.encoding.embedding import Encoder
from tests.retriever.homes import Home


@pytest.fixture
def home(tmp_path: Path, encoder: Encoder) -> Iterator[Home]:
    made = Home(tmp_path / "home", encoder)
    yield made
    made.close()
