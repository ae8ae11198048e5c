"""Every command and option says what it is for."""

import re
from importlib.metadata import entry_points

import pytest
from typer.core import TyperOption
from typer.main import get_command

from tests.commands_page import all_commands, commands, page
from tests.root import ROOT

COMMANDS = all_commands()
MORE_THAN_ONE = {"--from", "--until", "--note", "--audience", "--reason", "--strict"}
"""Options whose meaning depends on the command."""

OURS = [name for name in COMMANDS if name.startswith("asof ")]


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "commands.md").read_text() == page(), (
        "run: python -m tests.commands_page > docs/commands.md"
    )


def test_every_command_and_every_option_is_on_the_page() -> None:
    sections = re.split(r"^## (.*)$", page(), flags=re.MULTILINE)
    described = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert described.keys() == COMMANDS.keys()
    missing = [
        (name, option)
        for name, command in COMMANDS.items()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if isinstance(parameter, TyperOption) and not re.search(rf"`{re.escape(option)}[ `]", described[name])
    ]
    assert missing == []


def test_the_commands_below_asof_eval_are_those_of_asof_eval() -> None:
    below = {found.name: get_command(found.load()) for found in entry_points(group="asof.commands")}
    assert {f"asof-{group} {name}" for group, app in below.items() for name, _ in commands(app, "")} == {
        f"asof-eval {name.removeprefix('asof-eval')}" for name in COMMANDS if name not in OURS
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_command_says_what_it_does_in_one_sentence_and_gives_an_example(name: str) -> None:
    text = COMMANDS[name].help or ""
    first = text.split("\n\n")[0].strip()
    assert first.endswith((".", ")"))
    assert re.search(rf"^\s*Example: {re.sub('^asof-eval', '(asof eval|asof-eval)', name)}\b", text, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_options_say_what_they_are_for(name: str) -> None:
    silent = [
        parameter.opts[-1]
        for parameter in COMMANDS[name].params
        if isinstance(parameter, TyperOption) and not (parameter.help or "").strip()
    ]
    assert silent == []


@pytest.mark.parametrize("name", OURS)
def test_command_that_works_on_a_home_takes_it_after_its_name(name: str) -> None:
    assert "--home" in {option for parameter in COMMANDS[name].params for option in parameter.opts}


def test_options_of_one_name_mean_the_same_everywhere() -> None:
    meanings: dict[str, set[str]] = {}
    for name, command in COMMANDS.items():
        for parameter in command.params:
            if isinstance(parameter, TyperOption) and name in OURS:
                meanings.setdefault(parameter.opts[-1], set()).add(str(parameter.help))
    several = {option: sorted(texts) for option, texts in meanings.items() if len(texts) != 1}
    assert several.keys() == MORE_THAN_ONE, several
