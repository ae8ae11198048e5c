"""How the tests here are an assistant: the protocol's own client, over either of its ways."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import mcp
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from tests.e2e.command import COMMAND
from tests.root import ROOT

Call = tuple[str, dict[str, Any]]


def asked_over_stdio(home: Path, environment: dict[str, str], options: tuple[str, ...], *calls: Call) -> list[Any]:
    """What `asof mcp` with these options gives to each call, one after the other; what it can, where none is made."""
    arguments = [*COMMAND[1:], "mcp", "--home", str(home), *options]
    program = mcp.StdioServerParameters(command=sys.executable, args=arguments, env=environment, cwd=ROOT)

    async def conversation() -> list[Any]:
        async with mcp.Client(program) as client:
            return await _asked(client, calls)

    return asyncio.run(conversation())


def asked_over_http(address: str, key: str, *calls: Call, mode: str = "auto") -> list[Any]:
    """What a service gives to each call under a key; `mode` says by which version of the protocol."""

    async def conversation() -> list[Any]:
        async with (
            create_mcp_http_client(headers={"authorization": f"Bearer {key}"}) as http,
            mcp.Client(streamable_http_client(address, http_client=http), mode=mode) as client,
        ):
            return await _asked(client, calls)

    return asyncio.run(conversation())


async def _asked(client: mcp.Client, calls: tuple[Call, ...]) -> list[Any]:
    """The structured content of each, or its error's text; the tools where nothing is called."""
    if not calls:
        return list((await client.list_tools()).tools)
    results = [await client.call_tool(name, given) for name, given in calls]
    for result in results:
        if not result.is_error:
            assert json.loads(result.content[0].text) == result.structured_content
    return [result.content[0].text if result.is_error else result.structured_content for result in results]
