"""Every command and option says what it is for."""

import re
from collections.abc import Iterator
from importlib.metadata import entry_points

import pytest
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from retriever.entrypoints.cli import app


def commands(command: TyperCommand | TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """A command and all below it, by their full names."""
    if isinstance(command, TyperGroup):
        for child, found in command.commands.items():
            yield from commands(found, f"{name} {child}")
    else:
        yield name, command


COMMANDS = dict(commands(get_command(app), "asof"))
for found in entry_points(group="asof.commands"):
    COMMANDS.update(commands(get_command(found.load()), f"asof {found.name}"))

DESIGNED = "publish import withdraw restore retrieve cite show history policies status serve index".split()


def test_commands_of_the_issue_are_there() -> None:
    assert {f"asof {name}" for name in DESIGNED} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_command_says_what_it_does_in_one_sentence_and_gives_an_example(name: str) -> None:
    text = COMMANDS[name].help or ""
    first = text.split("\n\n")[0].strip()
    assert first.endswith((".", ")"))
    assert re.search(rf"^\s*Example: {re.sub('^asof eval', '(asof eval|asof-eval)', name)}\b", text, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_options_say_what_they_are_for(name: str) -> None:
    silent = [
        parameter.opts[-1]
        for parameter in COMMANDS[name].params
        if isinstance(parameter, TyperOption) and not (parameter.help or "").strip()
    ]
    assert silent == []


@pytest.mark.parametrize("name", [name for name in COMMANDS if not name.startswith("asof eval")])
def test_command_that_works_on_a_home_takes_it_after_its_name(name: str) -> None:
    assert "--home" in {option for parameter in COMMANDS[name].params for option in parameter.opts}


def test_options_of_one_name_mean_the_same_everywhere() -> None:
    meanings: dict[str, set[str]] = {}
    for name, command in COMMANDS.items():
        for parameter in command.params:
            if isinstance(parameter, TyperOption) and not name.startswith("asof eval"):
                meanings.setdefault(parameter.opts[-1], set()).add(str(parameter.help))
    shared = {"--home", "--json", "--as-of", "--known-at"}
    assert {option: texts for option, texts in meanings.items() if option in shared and len(texts) != 1} == {}
