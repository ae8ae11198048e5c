"""Only the names of this machine are its names, and only in their one form."""

import pytest

from retriever.entrypoints.http.loopback import is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8765",
        "localhost.",
        "127.0.0.1",
        "127.8.9.1:80",
        "[::1]",
        "[::1]:8765",
        "[0:0:0:0:0:0:0:1]:1",
        "::1",
    ],
)
def test_name_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "asof",
        "evil.example",
        "[::1]evil.example",
        "[::1].evil.example:80",
        "[::1",
        "[::1]]",
        "[127.0.0.1]",
        "[localhost]",
        "[::1%evil.example]",
        "::1%evil.example",
        "::1:8765:x",
        "localhost:x@evil",
        "localhost:80@evil.example",
        "evil@localhost",
        "localhost:",
        "localhost:8765:8765",
        "localhost:123456",
        "localhost:٨",
        "localhost/x",
        "localhost,evil.example",
        " localhost",
        "localhost\n",
        "127.0.0.1.evil.example",
        "127.1",
        "0127.0.0.1",
        "2130706433",
        "0x7f.0.0.1",
        "10.0.0.1",
        "::ffff:10.0.0.1",
        "0.0.0.0",
        "[::]",
    ],
)
def test_name_of_another(host: str) -> None:
    assert not is_loopback(host)
