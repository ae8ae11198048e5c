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


def _home(name: str) -> Path:
    if not name:
        raise typer.BadParameter("It is empty; was a variable not set? Name the home folder, or leave --home out")
    return Path(name)


HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        parser=_home,
        metavar="HOME",
        help="Home folder of the ledger and its index.  [env: ASOF_HOME; default: .asof]",
    ),
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
CasesOption = Annotated[
    Path | None,
    typer.Option("--cases", metavar="GOLDEN.jsonl", help="Golden questions to ask before and after a change."),
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


def said(value: str | None) -> str | None:
    """The one line that an option gives; BadParameter where it says nothing, or more than a line."""
    from policies.errors import DraftError
    from policies.sources.draft import one_line

    if value is not None and not value.strip():
        raise typer.BadParameter("is empty; leave it out, or say something")
    try:
        return None if value is None else one_line(value, "this", "")
    except DraftError as error:
        raise typer.BadParameter(error.problem) from error


def of_policy(value: str | None) -> str | None:
    """The id of a policy; BadParameter where it names a revision or a passage of one."""
    if value is not None and "@" in value:
        raise typer.BadParameter(f"{value} is a revision; name the policy, {value.split('@')[0]}")
    return value


def of_revision(value: str) -> str:
    """The id of a revision; BadParameter where it is none, such as that of a policy."""
    from policies.errors import UnknownRevision
    from policies.revision import VersionId

    try:
        VersionId.parse(value)
    except UnknownRevision as error:
        raise typer.BadParameter(str(error)) from error
    return value


AuthorOption = Annotated[str | None, typer.Option("--author", callback=said, help="Who makes this change.")]
NoteOption = Annotated[str | None, typer.Option("--note", callback=said, help="Why; kept with the change.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be answered otherwise; nothing is recorded.")
]
FilesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="FILE|DIR...", help="Markdown files with front matter, or folders with such files below."),
]
PolicyIdArgument = Annotated[str, typer.Argument(metavar="POLICY", callback=of_policy)]
VersionArgument = Annotated[str, typer.Argument(metavar="VERSION", callback=of_revision, help="Such as P-7@3.")]


def home_folder(context: typer.Context, home: Path | None) -> Path:
    """The home folder: given after the command's name, before it, or by the environment."""
    return home or (context.find_root().obj or {}).get("home") or default_home()


opened: list["Asof"] = []
"""What this command has opened: where it fails, `reported` says what was recorded before."""

done: list[str] = []
"""What else this command has done, for the same: a sentence with the next step."""


def open_home(context: typer.Context, home: Path | None, reranker: str | None = None) -> "Asof":
    """Asof at that home folder."""
    from retriever.bootstrap import Asof
    from retriever.config import Settings

    asof = Asof(Settings.from_environment(home_folder(context, home), reranker))
    opened.append(asof)
    return asof


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
    """What the key in ASOF_KEY lets its holder do, who the log then names; ApprovalRequired where it may not write."""
    from retriever.access.authority import authority_of, check_role
    from retriever.access.permissions import Action

    key = asof.key_holder()
    check_role(key, Action.WRITE)
    return authority_of(key, force)
