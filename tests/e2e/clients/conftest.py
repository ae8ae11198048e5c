"""One service for every adapter that is tested, and a client of it."""

from collections.abc import Iterator

import pytest

from retriever.client import Client
from tests.e2e.clients.adapted import served
from tests.e2e.command import Run


@pytest.fixture(scope="session")
def adapted_service(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of the service that every adapter is tested against, and its readers' keys by label."""
    with served(run, tmp_path_factory.mktemp("adapted")) as found:
        yield found


@pytest.fixture
def client(adapted_service: tuple[str, dict[str, str]]) -> Iterator[Client]:
    """A client of it that holds the label `staff`."""
    address, keys = adapted_service
    with Client(address, key=keys["staff"]) as client:
        yield client
