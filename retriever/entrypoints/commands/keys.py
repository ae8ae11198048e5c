"""Commands for the keys of the HTTP service: create, list and revoke."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.access.permissions import Role
from retriever.entrypoints.options import AudienceOption, HomeOption, JsonOption, open_home

if TYPE_CHECKING:
    from policies.instant import Instant
    from retriever.access.keys import Key

ExpiresOption = Annotated[
    str | None,
    typer.Option("--expires", metavar="DATE", help="The key is refused from this date on. Default never."),
]
PersonOption = Annotated[
    str | None,
    typer.Option("--person", metavar="NAME", help="Who holds it; a key of role approver needs a person."),
]
KeyNoteOption = Annotated[str | None, typer.Option("--note", help="Who or what it is for; `asof key list` shows it.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app, as `key create` and so on."""
    key = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        help="Keys of the HTTP service: who may call it, in which role and with which access labels.",
    )
    key.command("create")(create)
    key.command("feed")(feed)
    key.command("list")(list_)
    key.command("revoke")(revoke)
    app.add_typer(key, name="key")


def create(
    context: typer.Context,
    role: Annotated[
        Role,
        typer.Option(
            "--role",
            help="reader asks and reads; evaluator also traces; author asks, reads, plans, publishes and withdraws; "
            "approver does that too, and approves what others wrote; admin does everything; feed gets the feed and the "
            "calendar alone.",
        ),
    ],
    person: PersonOption = None,
    audience: AudienceOption = None,
    expires: ExpiresOption = None,
    note: KeyNoteOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Makes a key and prints its text. The text is kept nowhere and never shown again.

    Example: asof key create --role reader --audience legal --expires 2027-01-01 --note "search page"
    Example: asof key create --role approver --person "Ann Lee"
    """
    from retriever.asking.query import query_instant
    from retriever.entrypoints.printing import print_json

    asof = open_home(context, home)
    key, text = asof.key_ring.create(
        role, audience or (), query_instant(expires, "--expires", asof.calendar.zone), note, person
    )
    if json:
        print_json({**_content(key, asof.clock()), "text": text})
    else:
        print(text)
    print(
        f"Key {key.id} of {asof.settings.home}: keep this text where you keep secrets, it is not shown again. "
        f"`asof key revoke {key.id}` ends it.",
        file=sys.stderr,
    )


def feed(
    context: typer.Context,
    audience: AudienceOption = None,
    expires: ExpiresOption = None,
    note: KeyNoteOption = None,
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Where the service is reached.")
    ] = "http://localhost:8765",
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Makes a token and prints the addresses of the feed and the calendar with it, for readers that send no headers.

    Example: asof key feed --audience legal --note "legal's calendar"
    """
    from retriever.asking.query import query_instant
    from retriever.entrypoints.printing import print_json

    asof = open_home(context, home)
    key, text = asof.key_ring.create(
        Role.FEED, audience or (), query_instant(expires, "--expires", asof.calendar.zone), note
    )
    addresses = {name: f"{url.rstrip('/')}/{name}?token={text}" for name in ("feed.atom", "calendar.ics")}
    if json:
        print_json({**_content(key, asof.clock()), "text": text, "addresses": list(addresses.values())})
    else:
        print(*addresses.values(), sep="\n")
    print(
        f"Whoever has such an address sees what comes next under {', '.join(key.audience)}, and nothing else. "
        f"`asof key revoke {key.id}` ends it.",
        file=sys.stderr,
    )


def list_(context: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Lists all keys, also expired and revoked ones, without their texts.

    Example: asof key list
    """
    from retriever.entrypoints.printing import Dates, console, inert, print_json, table

    asof = open_home(context, home)
    now, found = asof.clock(), asof.key_ring.keys()
    keys = [_content(key, now) for key in found]
    if json:
        print_json({"keys": keys})
        return
    if not keys:
        print(f"There are no keys in {inert(str(asof.settings.home))}; `asof key create --role reader` makes one.")
        return
    dates = Dates(asof.calendar)
    rows = table("key", "role", "person", "audience", "created", "expires", "state", "note")
    for key in keys:
        rows.add_row(
            key["id"],
            key["role"],
            inert(key["person"] or ""),
            inert(", ".join(key["audience"])),
            dates.recorded(key["created"]),
            "never" if key["expires"] is None else dates.at(key["expires"]),
            key["state"] if key["revoked"] is None else f"revoked {dates.recorded(key['revoked'])}",
            inert(key["note"] or ""),
        )
    console().print(rows)


def revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, such as 1a2b3c4d.")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Ends a key for good, also in services that are running.

    Example: asof key revoke 1a2b3c4d
    """
    from retriever.entrypoints.printing import Dates, print_json

    asof = open_home(context, home)
    content = _content(asof.key_ring.revoke(key), asof.clock())
    if json:
        print_json(content)
    else:
        print(f"Key {content['id']} is revoked since {Dates(asof.calendar).recorded(content['revoked'])}.")


def _content(key: "Key", now: "Instant") -> dict[str, Any]:
    return {**key.content(), "state": key.state(now)}
