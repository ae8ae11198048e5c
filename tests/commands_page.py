"""The page of all commands and options, made from the commands themselves.

python -m tests.commands_page > docs/commands.md
"""

import re
from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

TOP = """# Commands

This page is made from the commands themselves: `python -m tests.commands_page > docs/commands.md`. Each command
prints the same with `--help`. `asof eval NAME` is another name of `asof-eval NAME`. A command exits 0 where it
succeeds, 1 where it refuses, and 2 where it is misused; other codes stand with the command.
"""


def commands(command: TyperCommand | TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """A command and all below it, by their full names."""
    if isinstance(command, TyperGroup):
        for child, found in command.commands.items():
            yield from commands(found, f"{name} {child}")
    else:
        yield name, command


def all_commands() -> dict[str, TyperCommand]:
    """Every command of `asof` and `asof-eval`."""
    from evaluator.cli import app as evaluating
    from retriever.entrypoints.cli import app

    own = [(name, found) for name, found in commands(get_command(app), "asof") if not name.startswith("asof eval ")]
    return dict([*own, *commands(get_command(evaluating), "asof-eval")])


def page() -> str:
    return "\n".join([TOP, *(_section(name, command) for name, command in sorted(all_commands().items()))])


def _section(name: str, command: TyperCommand) -> str:
    text = re.sub(r"^\s*Example: (.*)$", r"\nExample: `\1`", command.help or "", flags=re.MULTILINE)
    rows = [f"| {_given(parameter)} | {_said(parameter)} |\n" for parameter in command.params]
    table = "| given | says |\n|---|---|\n" + "".join(rows) if rows else ""
    return f"## {name}\n\n{text}\n\n{table}"


def _given(parameter: Any) -> str:
    """An argument by its name, an option as it is written."""
    if not isinstance(parameter, TyperOption):
        return f"`{_cell(parameter.metavar or parameter.name.upper())}`"
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    names = [*parameter.opts, *parameter.secondary_opts]
    return ", ".join(f"`{_cell(option)}{_cell(value)}`" for option in names)


def _said(parameter: Any) -> str:
    notes = [parameter.help or ""]
    if isinstance(parameter, TyperOption):
        default = getattr(parameter.default, "value", parameter.default)
        if parameter.required:
            notes.append("Required.")
        elif not parameter.is_flag and isinstance(default, str | int | float):
            notes.append(f"Default `{default}`.")
    return _cell(" ".join(notes).strip())


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
