"""Commands for the keys of the HTTP service: create, list and revoke."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.access.permissions import Role
from retriever.entrypoints.options import AudienceOption, HomeOption, JsonOption, done, open_home

if TYPE_CHECKING:
    from retriever.entrypoints.printing import Dates

ExpiresOption = Annotated[
    str | None,
    typer.Option("--expires", metavar="DATE", help="The key is refused from this date on. Default never."),
]
PersonOption = Annotated[
    str | None,
    typer.Option("--person", metavar="NAME", help="Who holds it; a key of role approver needs a person."),
]
SERVICE = "http://localhost:8765"
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url", metavar="URL", help=f"Where the service is reached, for the addresses of a token. Default {SERVICE}."
    ),
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
    url: UrlOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Makes a key and prints its text. The text is kept nowhere and never shown again.

    With --role feed it prints the addresses with that text, as `asof key feed` does.

    Example: asof key create --role reader --audience legal --expires 2027-01-01 --note "search page"
    Example: asof key create --role approver --person "Ann Lee"
    """
    from retriever.asking.query import query_instant
    from retriever.entrypoints.printing import print_json

    if role is Role.FEED:
        feed(context, person, audience, expires, note, url, home, json)
        return
    if url is not None:
        raise typer.BadParameter("--url is for addresses with a token; give it with --role feed")
    asof = open_home(context, home)
    until = query_instant(expires, "--expires", asof.calendar.zone)
    key, text = asof.key_ring.create(role, audience or (), until, note, person)
    done.append(f"Key {key.id} was made. If its text did not reach you, `asof key revoke {key.id}` ends it")
    if json:
        print_json({**asof.key_ring.content(key), "text": text})
    else:
        print(text)
    print(
        f"Key {key.id} of {asof.settings.home}: keep this text where you keep secrets, it is not shown again. "
        f"`asof key revoke {key.id}` ends it.",
        file=sys.stderr,
    )


def feed(
    context: typer.Context,
    person: PersonOption = None,
    audience: AudienceOption = None,
    expires: ExpiresOption = None,
    note: KeyNoteOption = None,
    url: UrlOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Makes a token and prints the addresses of the feed and the calendar with it, for readers that send no headers.

    Example: asof key feed --audience legal --note "legal's calendar"
    """
    from retriever.asking.query import query_instant
    from retriever.entrypoints.printing import print_json

    service = _service(url)
    asof = open_home(context, home)
    until = query_instant(expires, "--expires", asof.calendar.zone)
    key, text = asof.key_ring.create(Role.FEED, audience or (), until, note, person)
    done.append(f"Key {key.id} was made. If its text did not reach you, `asof key revoke {key.id}` ends it")
    addresses = [f"{service}/{name}?token={text}" for name in ("feed.atom", "calendar.ics")]
    if json:
        print_json({**asof.key_ring.content(key), "text": text, "addresses": addresses})
    else:
        print(*addresses, sep="\n")
    print(
        f"Whoever has such an address sees what comes next under {', '.join(key.audience)}, and nothing else. "
        f"`asof key revoke {key.id}` ends it.",
        file=sys.stderr,
    )


def list_(context: typer.Context, home: HomeOption = None, json: JsonOption = False) -> None:
    """Lists all keys, also expired and revoked ones, with when each was last used, without their texts.

    Tokens of the feed and the calendar have the role feed.

    Example: asof key list
    """
    from retriever.entrypoints.printing import Dates, console, inert, print_json, table

    asof = open_home(context, home)
    found = asof.key_ring.keys()
    keys = [asof.key_ring.content(key) for key in found]
    if json:
        print_json({"keys": keys})
        return
    if not keys:
        print(f"There are no keys in {inert(str(asof.settings.home))}; `asof key create --role reader` makes one.")
        return
    dates = Dates(asof.calendar)
    rows = table("key", "role", "holder, labels, note", "state")
    for column in rows.columns:
        column.no_wrap = column.header != "holder, labels, note"
    for key in keys:
        said = (key["person"], ", ".join(key["audience"]), key["note"])
        used = "no use noted" if key["last_used"] is None else f"last used {dates.recorded(key['last_used'])}"
        rows.add_row(
            key["id"],
            key["role"],
            "\n".join(inert(line) for line in said if line),
            "\n".join((_state(key, dates), f"created {dates.recorded(key['created'])}", used)),
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
    content = asof.key_ring.content(asof.key_ring.revoke(key))
    if json:
        print_json(content)
    else:
        print(f"Key {content['id']} is revoked since {Dates(asof.calendar).recorded(content['revoked'])}.")


def _state(key: dict[str, Any], dates: "Dates") -> str:
    """What a key is now, and since or until when."""
    if key["revoked"] is not None:
        return f"revoked {dates.recorded(key['revoked'])}"
    if key["expires"] is None:
        return "active"
    return f"{'active until' if key['state'] == 'active' else 'expired'} {dates.at(key['expires'])}"


def _service(url: str | None) -> str:
    """Where the service is reached, without a slash at its end; BadParameter if a path cannot be added to it."""
    from urllib.parse import urlsplit

    if url is None:
        return SERVICE
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or not url.isprintable() or set("?#@ ") & set(url):
        raise typer.BadParameter(f"--url is {url!r}; give where the service is reached, such as https://asof.example")
    return url.rstrip("/")
