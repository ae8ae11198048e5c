"""Commands that run and maintain: the service, the tools of assistants, and the index."""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.entrypoints.http.loopback import is_loopback
from retriever.entrypoints.options import (
    AudienceOption,
    CasesOption,
    FactOption,
    HomeOption,
    JsonOption,
    PolicyOption,
    open_home,
    parse_facts,
)
from retriever.errors import BadSetting

if TYPE_CHECKING:
    from collections.abc import Callable

    from retriever.bootstrap import Asof
    from retriever.entrypoints.process.serve_options import ServeOptions

MAPPED_MEASURES = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")
"""Names of a folder where prometheus_client would map its files into memory: a full disk there kills the process."""


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("serve")(serve)
    app.command("mcp")(mcp)
    app.command("index")(index)
    app.command("verify")(verify)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="A loopback address; any other needs keys.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8765,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer.")] = 1,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Also give assistants their tools, at /mcp (Model Context Protocol).")
    ] = False,
    fact: FactOption = None,
    cases: CasesOption = None,
    home: HomeOption = None,
) -> None:
    """Serves questions, citations, receipts and policies over HTTP; /docs lists the routes.

    Facts given here hold for those who cannot send any along: the tools of assistants, and `/retrieval` for Dify.

    With --cases, the page of a draft says which of these questions lose, gain or change their evidence by it. The file
    has the lines of `asof plan --cases`. It is checked at the start, and read again when it changes.

    Without keys it stays on this machine and lets everyone in. Once there are keys (`asof key create`), a service that
    starts asks every caller for one, on any address. Workers share the port and the index; one that dies is replaced.

    Example: asof serve --port 8765
    """
    facts = parse_facts(fact)
    asof = open_home(context, home)
    keys_required = bool(asof.key_ring.keys())
    if not keys_required and asof.key_ring.missing:
        raise typer.BadParameter(f"{asof.key_ring.missing}. Without it the service would let everyone in")
    if not keys_required and not is_loopback(host):
        raise typer.BadParameter(
            f"--host {host} is not a loopback address: without keys the service stays on this machine. "
            "Make one with `asof key create --role admin`"
        )
    from retriever.entrypoints.process.serve_options import ServeOptions

    for name in MAPPED_MEASURES:
        os.environ.pop(name, None)
    options = ServeOptions(
        keys_required, facts, mcp, _json_log(), workers, None if cases is None else str(cases.absolute())
    )
    asked = "" if cases is None else _golden(asof, cases)
    with _listening(host, port) as listener:
        reranked = f", re-ranked by {asof.settings.reranker}" if asof.settings.reranker else ""
        keyed, tools = (", keys required" if keys_required else ""), (", assistants at /mcp" if mcp else "")
        where = f"{_url(listener)}{reranked}, documentation at /docs{tools}{asked}{keyed}"

        def ready() -> None:
            with suppress(OSError):  # a service whose log cannot be written serves all the same
                print(f"Serving on {where}; Ctrl-C stops", file=sys.stderr)

        if workers > 1:
            raise typer.Exit(_serve_with_workers(asof, listener, workers, options, ready))
        from retriever.entrypoints.process.serving import serve_here

        asof.check_index()
        serve_here(asof, listener, options, ready)


def _golden(asof: "Asof", path: Path) -> str:
    """How many golden questions the file holds, as the line of a service that is ready says it."""
    from retriever.inspecting.golden_questions import GoldenFile

    count = GoldenFile.at(path).check(asof.calendar.zone)
    return f", {count} golden question{'' if count == 1 else 's'}"


def mcp(
    context: typer.Context,
    audience: AudienceOption = None,
    fact: FactOption = None,
    policy: PolicyOption = None,
    home: HomeOption = None,
) -> None:
    """Gives an assistant the tools `search` and `fetch`, over standard input and output (Model Context Protocol).

    The assistant reads what is public and what the labels given here allow, under the facts given here, and with
    --policy those policies only; it cannot name any itself. Needs the extra: pip install 'asof[mcp]'.

    Example: asof mcp --audience staff --fact region=US
    """
    from retriever.asking.query import parse_labels
    from retriever.entrypoints.assistants.mcp_server import create_server
    from retriever.entrypoints.assistants.tools import Reader

    reader = Reader(parse_labels(audience or []), parse_facts(fact), tuple(policy) if policy else None)
    asof = open_home(context, home)
    server = create_server(asof, lambda request: reader)
    asof.check_index()
    with asof.warm_views():
        server.run("stdio")


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

    asof = open_home(context, home)
    writer = asof.writer(progress)
    indexed = writer.rebuild() if rebuild else writer.catch_up()
    asof.forget_erased()
    asof.index.newest()  # a file of it may be missing
    if json:
        print_json(asdict(indexed))
    else:
        print(f"Generation {indexed.generation}; {indexed.embedded:,} passages embedded.")


def verify(
    context: typer.Context,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="HEX", help="A head noted earlier: refuses a ledger that does not hold it."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Walks the chain of events and the words, and checks the index by both; names the first that does not fit.

    Note the head it prints, and give it to --head later: then a removed tail shows too.

    Example: asof verify --head 8b408393d75a9f17b2a0b83c9d83ae55804d7c6b2b8c00054911380a48033dc5
    """
    from retriever.entrypoints.printing import print_json

    asof = open_home(context, home)
    found = asof.ledger.verify(head.strip().lower() if head else None)
    segments = asof.verify_index()
    policies, revisions = asof.ledger.counts()
    problems = list(asof.problems())
    content = {
        "events": asof.ledger.head()[0],
        "policies": policies,
        "revisions": revisions,
        "segments": segments,
        "head": found,
        **({"problems": problems} if problems else {}),
    }
    if json:
        print_json(content)
    else:
        print(
            f"Every hash fits: {content['events']:,} events, {revisions:,} revisions of {policies:,} policies, "
            f"{content['segments']} index segments.\nhead {found}"
        )
        for problem in problems:
            print(f"Beside that: {problem}")


def _serve_with_workers(
    asof: "Asof", listener: socket.socket, count: int, options: "ServeOptions", ready: "Callable[[], None]"
) -> int:
    """Serves with several processes; this one keeps nothing of the index or the model."""
    from retriever.config import Limits
    from retriever.entrypoints.process.logs import standard_log
    from retriever.entrypoints.process.supervisor import Supervisor

    home, limits = asof.settings.home.resolve(), Limits.from_environment()
    asof.ledger.close()
    return Supervisor(home, listener, count, options, limits, standard_log(options.as_json), ready).run()


def _listening(host: str, port: int) -> socket.socket:
    """A socket bound to an address; OSError where it is taken or not of this machine."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _json_log() -> bool:
    """Whether log lines are JSON: where nobody reads them on a terminal, or ASOF_LOG says so."""
    wanted = os.environ.get("ASOF_LOG") or ("text" if sys.stderr.isatty() else "json")
    if wanted not in ("json", "text"):
        raise BadSetting(f"ASOF_LOG is {wanted!r}; give json or text")
    return wanted == "json"
