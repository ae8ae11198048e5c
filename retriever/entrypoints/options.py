"""Options that many commands share, and the home folder that they use."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retriever.home_folder import default_home

if TYPE_CHECKING:
    from policies.approving.authority import Authority
    from retriever.bootstrap import Asof


class PromptForm(StrEnum):
    """The forms of evidence for a language model."""

    PLAIN = "plain"
    JSON = "json"


HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Home folder of the ledger and its index.  [env: ASOF_HOME; default: .asof]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="The instant of the question: a date (00:00 in the home's time zone) or RFC 3339. Default now.",
    ),
]
KnownAtOption = Annotated[
    str | None,
    typer.Option("--known-at", metavar="DATE", help="Use only what was recorded by then. Default all."),
]
AudienceOption = Annotated[
    list[str] | None,
    typer.Option("--audience", metavar="LABEL", help="An access label of the reader, besides public; repeatable."),
]
FactOption = Annotated[
    list[str] | None, typer.Option("--fact", metavar="NAME=VALUE", help="A trusted fact; repeatable.")
]
PolicyOption = Annotated[
    list[str] | None, typer.Option("--policy", metavar="ID", help="Search this policy only; repeatable.")
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Refuse what the lint finds anything in; exit 1.")]
ReplaceScheduledOption = Annotated[
    bool,
    typer.Option(
        "--replace-scheduled",
        help="Also replace every revision that starts later than this one. If this one starts in the past, that is "
        "also what started since then and is in force now.",
    ),
]
AuthorOption = Annotated[str | None, typer.Option("--author", help="Who makes this change.")]
NoteOption = Annotated[str | None, typer.Option("--note", help="Why; kept with the change.")]


def home_folder(context: typer.Context, home: Path | None) -> Path:
    """The home folder: given after the command's name, before it, or by the environment."""
    return home or (context.find_root().obj or {}).get("home") or default_home()


def open_home(context: typer.Context, home: Path | None, reranker: str | None = None) -> "Asof":
    """Asof at that home folder."""
    from retriever.bootstrap import Asof
    from retriever.config import Settings

    return Asof(Settings.from_environment(home_folder(context, home), reranker))


def parse_facts(given: list[str] | None) -> dict[str, str]:
    """The facts of `--fact NAME=VALUE` options; BadParameter if one has another form, or if two contradict."""
    facts: dict[str, str] = {}
    for item in given or []:
        name, equals, value = item.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise typer.BadParameter(f"--fact {item!r} is not NAME=VALUE, such as region=US")
        if facts.get(name.strip(), value.strip()) != value.strip():
            raise typer.BadParameter(f"--fact {name.strip()} is given twice with different values")
        facts[name.strip()] = value.strip()
    return facts


def authority(asof: "Asof", force: str | None = None) -> "Authority":
    """What the key in ASOF_KEY lets its holder do. Where nothing requires an approval, no key is looked at."""
    from policies.approving.authority import NOBODY
    from retriever.access.authority import authority_of

    if force is None and not (asof.has_ledger() and asof.ledger.settings().approval):
        return NOBODY
    return authority_of(asof.key_holder(), force)
