"""The command for the settings of a home: what holds, and what holds from now on."""

from typing import Annotated

import typer

from retriever.entrypoints.options import AuthorOption, HomeOption, JsonOption, NoteOption, authority, open_home

NAMES = ("timezone", "approval")


def register(app: typer.Typer) -> None:
    """Adds the command of this module to an app."""
    app.command("settings")(settings)


def settings(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[timezone|approval]", help="Which to change.")] = None,
    value: Annotated[
        str | None, typer.Argument(metavar="[VALUE]", help="A time zone such as Europe/Berlin; required or optional.")
    ] = None,
    policies: Annotated[
        str | None,
        typer.Option("--policies", metavar="PATTERN", help="Approval: of these policies only, such as 'HR-*'."),
    ] = None,
    note: NoteOption = None,
    author: AuthorOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Prints the settings of the home, or changes one. A change is recorded in the ledger: who, when and why.

    `timezone` is where a bare date begins, in files and options that name no time zone. `approval` says whether
    policies need another person's approval before they come into force. The last pattern that matches counts. To change
    that takes an admin's key in ASOF_KEY, once the home has keys or a rule.

    Example: asof settings timezone America/New_York

    Example: asof settings approval required --policies 'HR-*'
    """
    from policies.change import Configure
    from policies.home_settings import EVERY
    from retriever.entrypoints.commands.telling.recorded import Calendars, print_written
    from retriever.entrypoints.printing import print_json

    asof = open_home(context, home)
    if name is None:
        held = asof.ledger.settings()
        if json:
            print_json(held.content())
            return
        print(f"timezone  {held.timezone}")
        for rule in held.approval:
            print(f"approval  {'required' if rule.required else 'optional'} for {rule.policies}")
        if not held.approval:
            print("approval  optional for every policy")
        return
    if name not in NAMES:
        raise typer.BadParameter(f"there is no setting {name!r}; there are {' and '.join(NAMES)}")
    if value is None:
        raise typer.BadParameter(f"say what {name} should be, such as `asof settings {name} {_EXAMPLES[name]}`")
    if policies is not None and name != "approval":
        raise typer.BadParameter("--policies belongs to approval alone")
    if name == "timezone":
        change = Configure(timezone=value, note=note, author=author)
    else:
        change = Configure(approval=value, policies=policies or EVERY, note=note, author=author)
    written = asof.write([change], authority=authority(asof))
    print_written(written, Calendars(asof.calendar), json)
    if name == "approval" and not json:
        _print_effect(policies or EVERY, value)


def _print_effect(policies: str, value: str) -> None:
    """Says what a rule does from now on."""
    which = "every policy" if policies == "*" else f"policies {policies}"
    if value == "required":
        print(f"From now on, words of {which} come into force when another person approves them: `asof draft FILE`.")
        print("publish, correct and import are refused there; undo, unschedule and restore take an approver's key.")
    else:
        print(f"From now on, words of {which} come into force when their author publishes them.")


_EXAMPLES = {"timezone": "Europe/Berlin", "approval": "required"}
