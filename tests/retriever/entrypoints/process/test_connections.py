"""What is left of a connection that ended."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from retriever.config import Limits
from retriever.entrypoints.process.connections import limited_connections

ENDED = 20


async def app(scope: Any, receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize(
    ("sent", "closes_first"),
    [
        (b"", True),
        (b"GET / HTTP/1.1\r\nhost: 127", True),
        (b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n", False),
    ],
    ids=["idle", "half a head", "answered", "ended by its answer"],
)
def test_nothing_is_left_of_ended_connections_without_a_collection_of_garbage(sent: bytes, closes_first: bool) -> None:
    made: list[weakref.ref[asyncio.Transport]] = []

    class Watched(limited_connections(Limits(), 100)):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.Transport) -> None:
            made.append(weakref.ref(transport))
            super().connection_made(transport)

    async def connect_and_end() -> None:
        config = Config(app, lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: Watched(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        for _ in range(ENDED):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            if sent.endswith(b"\r\n\r\n"):
                await reader.readuntil(b"ok")
            if not closes_first:
                assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
        while state.connections:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        server.close()

    gc.collect()
    gc.disable()
    try:
        asyncio.run(connect_and_end())
        alive = [ref for ref in made if ref() is not None]
    finally:
        gc.enable()
    assert (len(made), len(alive)) == (ENDED, 0)


def test_a_body_that_nobody_reads_keeps_no_connection_open_and_takes_no_place() -> None:
    limits = Limits(head_seconds=0.5)
    announced = b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000000\r\n\r\n"

    async def trickle() -> tuple[int, float]:
        config = Config(app, lifespan="off", log_config=None)
        config.load()
        state = ServerState()
        protocol = limited_connections(limits, 4)
        server = await asyncio.get_running_loop().create_server(
            lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        for reader, writer in held:
            writer.write(announced)
            await reader.readuntil(b"ok")
            writer.write(b"x")
        await asyncio.sleep(0.1)
        waiting = len(protocol.waiting)
        began = asyncio.get_running_loop().time()
        reader, writer = held[0]
        with suppress(ConnectionError):
            while not reader.at_eof() and asyncio.get_running_loop().time() < began + 4:
                writer.write(b"x")
                await asyncio.sleep(0.05)
        took = asyncio.get_running_loop().time() - began
        for _, writer in held:
            writer.close()
        server.close()
        return waiting, took

    waiting, took = asyncio.run(trickle())
    assert waiting == 4
    assert took < 4
