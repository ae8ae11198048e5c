"""Commands that run and maintain: the service and the index."""

import ipaddress
from typing import Annotated

import typer

from retriever.entrypoints.options import HomeOption, JsonOption, open_home


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("serve")(serve)
    app.command("index")(index)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8765,
    home: HomeOption = None,
) -> None:
    """Serves `POST /v1/retrieve` over HTTP on this machine.

    Example: asof serve --port 8765
    """
    if not _loopback(host):
        raise typer.BadParameter(
            f"--host {host} is not a loopback address: without keys the service stays on this machine"
        )
    import uvicorn

    from retriever.entrypoints.service import create_service

    uvicorn.run(create_service(open_home(context, home)), host=host, port=port, log_level="warning")


def index(
    context: typer.Context,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make it anew from the ledger.")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Brings the index up to the ledger, or makes it anew.

    Example: asof index --rebuild
    """
    from dataclasses import asdict

    from retriever.entrypoints.printing import print_json, progress

    writer = open_home(context, home).writer(progress)
    indexed = writer.rebuild() if rebuild else writer.catch_up()
    if json:
        print_json(asdict(indexed))
    else:
        print(f"Generation {indexed.generation}; {indexed.embedded:,} passages embedded.")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
